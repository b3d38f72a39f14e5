"""A student with its losses: one module, so that distributed wrappers see one forward pass a batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from reseen.training.captions import WordFilling
from reseen.training.losses import (
    LossSettings,
    MetricLoss,
    cosine_distillation,
    metric_loss,
    similarity_distillation,
    total_loss,
)
from reseen.training.models.interface import ReidModel, TrainingOutputs
from reseen.training.settings import DistillSettings, MetricSettings


class Learner(nn.Module):
    """A model, what distillation adds to it, and the weighted sum of losses.

    Args:
        model: The student.
        losses: Identity, triplet and text losses.
        metric: A loss of pytorch-metric-learning, if named.
        distill: Weights of distillation.
        people: Identities.
        taught_dim: Length of the teachers' joined embedding; 0 without teachers.
        words: The head of the text idea, if it is wanted.
    """

    def __init__(
        self,
        model: ReidModel,
        losses: LossSettings,
        *,
        metric: MetricSettings,
        distill: DistillSettings,
        people: int,
        taught_dim: int = 0,
        words: WordFilling | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.losses = losses
        self.metric_settings = metric
        self.distill = distill
        dim = model.embedding_dim
        self.metric: MetricLoss | None = metric_loss(metric.name, people, dim) if metric.name else None
        self.towards_teachers = nn.Linear(dim, taught_dim, bias=False) if taught_dim else None
        self.words = words
        self.text_features: Tensor | None
        self.register_buffer("text_features", None, persistent=False)

    def forward(
        self,
        images: Tensor,
        labels: Tensor,
        cameras: Tensor,
        views: Tensor,
        taught: Tensor | None = None,
        words: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Losses of a batch: ``total`` with gradient, its parts without.

        Args:
            images: (N, 3, H, W), normalised.
            labels: (N,) int64; unlabelled pictures (-1) come last.
            cameras: (N,) int64, -1 unknown.
            views: (N,) int64.
            taught: (N, D) unit embeddings of the teachers for the same pictures.
            words: (N, L) int64 words about the same pictures.
        """
        outputs: TrainingOutputs = self.model.training_outputs(images, cameras, views)
        with torch.autocast(images.device.type, enabled=False):
            return self._losses(in_single_precision(outputs), labels, taught, words)

    def _losses(
        self, outputs: TrainingOutputs, labels: Tensor, taught: Tensor | None, words: Tensor | None
    ) -> dict[str, Tensor]:
        known = int((labels >= 0).sum())
        total = outputs.embedding.sum() * 0.0
        result: dict[str, Tensor] = {}
        if known and (self.losses.identity_weight or self.losses.triplet_weight or self.text_features is not None):
            parts = total_loss(first_rows(outputs, known), labels[:known], self.losses, self.text_features)
            total = total + parts.total
            result |= {"identity": parts.identity, "triplet": parts.triplet, "accuracy": parts.accuracy}
            if self.text_features is not None:
                result["text"] = parts.text
        if self.metric is not None and known:
            value = self.metric(outputs.embedding[:known], labels[:known])
            total = total + self.metric_settings.weight * value
            result["metric"] = value.detach()
        if taught is not None and self.towards_teachers is not None:
            cosine = cosine_distillation(self.towards_teachers(outputs.embedding), taught)
            similar = similarity_distillation(outputs.embedding, taught)
            total = total + self.distill.cosine * cosine + self.distill.similarity * similar
            result |= {"cosine": cosine.detach(), "similarity": similar.detach()}
        if words is not None and self.words is not None:
            filled = self.words(outputs, words)
            total = total + self.words.settings.weight * filled
            result["words"] = filled.detach()
        return {"total": total, **result}


def in_single_precision(outputs: TrainingOutputs) -> TrainingOutputs:
    """The same outputs as float32: losses are not computed in half precision."""
    return _mapped(outputs, torch.Tensor.float)


def first_rows(outputs: TrainingOutputs, count: int) -> TrainingOutputs:
    """The outputs of the first pictures of a batch."""
    return _mapped(outputs, lambda tensor: tensor[:count])


def _mapped(outputs: TrainingOutputs, change: Callable[[Tensor], Tensor]) -> TrainingOutputs:
    def maybe(value: Tensor | None) -> Tensor | None:
        return None if value is None else change(value)

    return TrainingOutputs(
        scores=tuple(change(table) for table in outputs.scores),
        features=tuple(change(feature) for feature in outputs.features),
        embedding=change(outputs.embedding),
        projected=maybe(outputs.projected),
        tokens=maybe(outputs.tokens),
    )
