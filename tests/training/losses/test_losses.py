"""Every loss against a naive recomputation."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from reseen.errors import UsageError
from reseen.training.losses import (
    LossSettings,
    cosine_distillation,
    hardest_pairs,
    identity_loss,
    metric_loss,
    similarity_distillation,
    supervised_contrastive_loss,
    total_loss,
    triplet_loss,
)
from reseen.training.losses.distillation import joined_teachers
from reseen.training.losses.triplet import pairwise_distances
from reseen.training.models import TrainingOutputs

LABELS = st.lists(st.integers(0, 3), min_size=2, max_size=9)


def _naive_triplet(features: torch.Tensor, labels: list[int], margin: float | None) -> float:
    terms = []
    for anchor, own in enumerate(labels):

        def distance(other: int, anchor: int = anchor) -> float:
            return float((features[anchor] - features[other]).norm())

        positive = max((distance(i) for i, label in enumerate(labels) if label == own and i != anchor), default=0.0)
        others = [distance(i) for i, label in enumerate(labels) if label != own]
        if others:
            gap = positive - min(others)
            terms.append(math.log1p(math.exp(gap)) if margin is None else max(0.0, gap + margin))
    return sum(terms) / len(terms) if terms else 0.0


@given(labels=LABELS, seed=st.integers(0, 1000), margin=st.sampled_from([None, 0.0, 0.3, 2.0]))
@settings(max_examples=40, deadline=None)
def test_triplets_with_any_number_of_images_per_identity(labels: list[int], seed: int, margin: float | None) -> None:
    features = torch.randn(len(labels), 6, generator=torch.Generator().manual_seed(seed))
    found = float(triplet_loss(features, torch.tensor(labels), margin))
    assert found == pytest.approx(_naive_triplet(features.double(), labels, margin), abs=1e-4)


def test_one_identity_gives_no_triplet_but_a_gradient() -> None:
    features = torch.randn(4, 3, requires_grad=True)
    loss = triplet_loss(features, torch.zeros(4, dtype=torch.int64))
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss.item() == 0.0
    assert features.grad is not None
    assert features.grad.abs().max() == 0.0


def test_the_same_picture_twice_has_a_finite_gradient() -> None:
    features = torch.ones(4, 3, requires_grad=True)
    triplet_loss(features, torch.tensor([0, 0, 1, 1])).backward()  # type: ignore[no-untyped-call]
    assert features.grad is not None
    assert torch.isfinite(features.grad).all()


def test_an_image_is_its_own_positive_only_when_alone() -> None:
    distances = pairwise_distances(torch.tensor([[0.0], [1.0], [5.0]]))
    pairs = hardest_pairs(distances, torch.tensor([0, 0, 1]))
    assert pairs.positive_index.tolist() == [1, 0, 2]
    assert pairs.negative_index.tolist() == [2, 2, 1]
    assert pairs.positive_distance.tolist() == [1.0, 1.0, 0.0]
    assert distances.diagonal().tolist() == [0.0, 0.0, 0.0]


@given(labels=LABELS, seed=st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_contrast(labels: list[int], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    images, texts = torch.randn(2, len(labels), 5, generator=generator)
    expected = 0.0
    for row, own in enumerate(labels):
        logits = [float(images[row] @ text) / 0.7 for text in texts]
        total = math.log(sum(math.exp(logit) for logit in logits))
        positives = [logits[i] - total for i, label in enumerate(labels) if label == own]
        expected -= sum(positives) / len(positives) / len(labels)
    keys = torch.tensor(labels)
    assert float(supervised_contrastive_loss(images, texts, keys, keys, 0.7)) == pytest.approx(expected, rel=1e-4)


def test_smoothed_identity() -> None:
    scores, labels = torch.randn(3, 4), torch.tensor([0, 3, 1])
    log = torch.log_softmax(scores, dim=1)
    target = torch.full((3, 4), 0.2 / 4)
    target[torch.arange(3), labels] += 0.8
    assert float(identity_loss(scores, labels, 0.2)) == pytest.approx(float(-(target * log).sum() / 3), rel=1e-5)


def test_total_is_the_weighted_sum_of_its_parts() -> None:
    outputs = TrainingOutputs(
        scores=(torch.randn(6, 3), torch.randn(6, 3)),
        features=(torch.randn(6, 5), torch.randn(6, 4)),
        embedding=torch.randn(6, 5),
        projected=torch.randn(6, 4),
    )
    labels, text = torch.tensor([0, 0, 1, 1, 2, 2]), torch.randn(3, 4)
    chosen = LossSettings(identity_weight=0.5, triplet_weight=2.0, text_weight=3.0)
    parts = total_loss(outputs, labels, chosen, text)
    assert float(parts.total) == pytest.approx(
        0.5 * float(parts.identity) + 2.0 * float(parts.triplet) + 3.0 * float(parts.text), rel=1e-5
    )
    assert float(parts.identity) == pytest.approx(
        sum(float(identity_loss(s, labels, 0.1)) for s in outputs.scores), rel=1e-5
    )
    without = total_loss(outputs, labels, chosen)
    assert float(without.text) == 0.0
    assert float(without.accuracy) == pytest.approx(float((outputs.scores[0].argmax(1) == labels).float().mean()))


def test_distillation() -> None:
    student = torch.randn(4, 3)
    assert float(cosine_distillation(student, 5 * student)) == pytest.approx(0.0, abs=1e-6)
    assert float(cosine_distillation(student, -student)) == pytest.approx(2.0, abs=1e-6)
    assert float(similarity_distillation(student, torch.cat([student, student], 1))) < 1e-9
    teacher = torch.randn(4, 7)
    own, taught = (torch.nn.functional.normalize(x, dim=1) for x in (student, teacher))
    expected = [float((own[i] @ own[j] - taught[i] @ taught[j]) ** 2) for i in range(4) for j in range(4) if i != j]
    assert float(similarity_distillation(student, teacher)) == pytest.approx(sum(expected) / 12, rel=1e-4)
    assert float(similarity_distillation(student[:1], teacher[:1])) == 0.0
    with pytest.raises(UsageError, match="project the student"):
        cosine_distillation(student, teacher)


def test_joined_teachers_weigh_the_same() -> None:
    first, second = 100 * torch.randn(5, 3), torch.randn(5, 8)
    joined = joined_teachers([first, second])
    torch.testing.assert_close(joined.norm(dim=1), torch.ones(5))
    torch.testing.assert_close(joined[:, :3].norm(dim=1), joined[:, 3:].norm(dim=1))


def test_losses_by_name() -> None:
    pytest.importorskip("pytorch_metric_learning")
    features, labels = torch.randn(6, 4, requires_grad=True), torch.tensor([0, 0, 1, 1, 2, 2])
    for name in ("CircleLoss", "ArcFaceLoss", "MultiSimilarityLoss"):
        loss = metric_loss(name, num_classes=3, dim=4)
        value = loss(features, labels)
        assert torch.isfinite(value)
        value.backward()
    assert len(list(metric_loss("ArcFaceLoss", 3, 4).parameters())) == 1
    with pytest.raises(UsageError, match="no loss 'NoLoss'"):
        metric_loss("NoLoss", 3, 4)
    with pytest.raises(UsageError, match="CircleLoss"):
        metric_loss("CircleLoss", 3, 4, {"nonsense": 1})
