from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor

from reseen.training.losses import (
    LossSettings,
    hardest_pairs,
    identity_loss,
    image_to_text_loss,
    supervised_contrastive_loss,
    total_loss,
    triplet_loss,
)
from reseen.training.losses.triplet import pairwise_distances
from reseen.training.models import TrainingOutputs

if TYPE_CHECKING:
    from conftest import Reference

FEATURES = ("last", "mid", "proj")


class Losses:
    """Inputs of ``loss.npz`` with gradients, and the comparison."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.files = reference.npz("loss.npz")
        self.settings = reference.json("loss.json")
        self.labels = torch.from_numpy(self.files["labels"])

    def leaf(self, name: str) -> Tensor:
        return torch.from_numpy(self.files[name]).requires_grad_()

    def compare(self, name: str, loss: Tensor, leaves: dict[str, Tensor], kind: str) -> None:
        loss.backward()  # type: ignore[no-untyped-call]
        value = float(self.files[name])
        relative = abs(float(loss.detach()) - value) / abs(value)
        self.reference.check(f"loss {kind} value", relative, self.reference.bar("loss_value", "rel"))
        found = {key for key in self.files if key.startswith(f"{name}.grad_")}
        assert found == {f"{name}.grad_{leaf}" for leaf in leaves}
        for leaf, tensor in leaves.items():
            bar = self.reference.bar("loss_grad", "rel_to_max")
            self.reference.close(f"loss {kind} gradient", tensor.grad, self.files[f"{name}.grad_{leaf}"], bar)


@pytest.fixture(scope="module")
def losses(reference: Reference) -> Losses:
    return Losses(reference)


@pytest.mark.parametrize("name", ["ce_ls", "ce_plain", "ce_ls_timm_form"])
def test_identity(losses: Losses, name: str) -> None:
    scores = losses.leaf("score")
    smoothing = losses.settings["epsilon"] if "ls" in name else 0.0
    losses.compare(name, identity_loss(scores, losses.labels, smoothing), {"x": scores}, "identity")


@pytest.mark.parametrize("feature", FEATURES)
def test_triplets(losses: Losses, feature: str) -> None:
    cases: dict[str, Callable[[Tensor], Tensor]] = {
        f"tri_margin{index}_{feature}": lambda x, m=margin: triplet_loss(x, losses.labels, m)
        for index, margin in enumerate(losses.settings["triplet_margins"])
    }
    cases[f"tri_soft_{feature}"] = lambda x: triplet_loss(x, losses.labels, None)
    cases[f"tri_soft_normfeat_{feature}"] = lambda x: triplet_loss(x, losses.labels, None, normalise=True)
    if f"tri_hardfactor_{feature}" in losses.files:
        factor = losses.settings["hard_factor"]
        margins = losses.settings["triplet_margins"]
        candidates = (*margins, None)
        value = float(losses.files[f"tri_hardfactor_{feature}"])
        plain = torch.from_numpy(losses.files[f"feat_{feature}"])
        margin = min(
            candidates,
            key=lambda m: abs(float(triplet_loss(plain, losses.labels, m, hard_factor=factor)) - value),
        )
        cases[f"tri_hardfactor_{feature}"] = lambda x: triplet_loss(x, losses.labels, margin, hard_factor=factor)
    for name, loss in cases.items():
        features = losses.leaf(f"feat_{feature}")
        losses.compare(name, loss(features), {"x": features}, "triplet")


@pytest.mark.parametrize("feature", FEATURES)
def test_mining(losses: Losses, feature: str) -> None:
    prefix, files = f"tri_{feature}", losses.files
    bar = losses.reference.bar("triplet_distance", "rel_to_max")
    distances = pairwise_distances(torch.from_numpy(files[f"feat_{feature}"]))
    off_diagonal = ~np.eye(len(distances), dtype=bool)
    expected = files[f"{prefix}.dist_mat"][off_diagonal]
    losses.reference.close("triplet distances", distances.numpy()[off_diagonal], expected, bar)
    pairs = hardest_pairs(distances, losses.labels)
    assert pairs.positive_index.tolist() == files[f"{prefix}.p_inds"].tolist()
    assert pairs.negative_index.tolist() == files[f"{prefix}.n_inds"].tolist()
    losses.reference.close("triplet distances", pairs.positive_distance, files[f"{prefix}.dist_ap"], bar)
    losses.reference.close("triplet distances", pairs.negative_distance, files[f"{prefix}.dist_an"], bar)


@pytest.mark.parametrize("name", ["supcon_i2t", "supcon_t2i", "supcon_sum"])
def test_contrast(losses: Losses, name: str) -> None:
    images, texts, labels = losses.leaf("supcon_img"), losses.leaf("supcon_txt"), losses.labels
    terms = []
    if name in ("supcon_i2t", "supcon_sum"):
        terms.append(supervised_contrastive_loss(images, texts, labels, labels))
    if name in ("supcon_t2i", "supcon_sum"):
        terms.append(supervised_contrastive_loss(texts, images, labels, labels))
    losses.compare(name, torch.stack(terms).sum(), {"img": images, "txt": texts}, "contrast")


@pytest.mark.parametrize("name", ["supcon_rect_i2t", "supcon_rect_t2i"])
def test_contrast_with_fewer_texts(losses: Losses, name: str) -> None:
    text_labels = torch.from_numpy(losses.files["supcon_rect_text_labels"])
    images = losses.leaf("supcon_img")
    texts = torch.from_numpy(losses.files["text_features"])[text_labels].requires_grad_()
    sides: list[tuple[Any, Any]] = [(images, losses.labels), (texts, text_labels)]
    if name.endswith("t2i"):
        sides.reverse()
    (queries, query_labels), (keys, key_labels) = sides
    loss = supervised_contrastive_loss(queries, keys, query_labels, key_labels)
    losses.compare(name, loss, {"img": images, "txt": texts}, "contrast")


@pytest.mark.parametrize("name", ["i2tce_ls", "i2tce_plain"])
def test_images_against_sentences(losses: Losses, name: str) -> None:
    images, texts = losses.leaf("feat_proj"), losses.leaf("text_features")
    smoothing = losses.settings["epsilon"] if name.endswith("ls") else 0.0
    loss = image_to_text_loss(images, texts, losses.labels, smoothing)
    losses.compare(name, loss, {"img": images, "txt": texts}, "image to text")


def test_totals(losses: Losses) -> None:
    for case in losses.settings["cases"]:
        leaves = {name: losses.leaf(name) for name in ("score", "score_proj")}
        leaves |= {f"feat_{name}": losses.leaf(f"feat_{name}") for name in FEATURES}
        text = losses.leaf("text_features") if case["with_i2t"] else None
        settings = LossSettings(
            identity_weight=case["id_weight"],
            triplet_weight=case["triplet_weight"],
            text_weight=case["i2t_weight"],
            label_smoothing=losses.settings["epsilon"] if case["label_smooth"] else 0.0,
            margin=case["margin"] or 0.0,
            soft_margin=case["soft_margin"],
        )
        features = tuple(leaves[f"feat_{name}"] for name in FEATURES)
        outputs = TrainingOutputs(
            scores=(leaves["score"], leaves["score_proj"]),
            features=features,
            embedding=features[0],
            projected=leaves["feat_proj"],
        )
        total = total_loss(outputs, losses.labels, settings, text).total
        assert case["value"] == pytest.approx(float(losses.files[case["name"]]))
        if text is not None:
            leaves["text"] = text
        losses.compare(case["name"], total, leaves, "total")
