"""A backbone with a batch-norm neck and a classifier: the baseline of the field.

"Bag of Tricks and a Strong Baseline for Deep Person Re-identification" (CVPRW 2019): the triplet loss reads
the feature before the batch norm, the classifier the one after it; the batch norm has no trainable shift.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reseen.training.models.interface import ReidModel, TrainingOutputs
from reseen.training.models.spec import ModelSpec


class GemPool(nn.Module):
    """Generalised mean over a map, with a learnt exponent ("Fine-tuning CNN Image Retrieval", TPAMI 2019)."""

    def __init__(self, exponent: float = 3.0, floor: float = 1e-6) -> None:
        super().__init__()
        self.exponent = nn.Parameter(torch.tensor(exponent))
        self.floor = floor

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, C, h, w)`` to ``(N, C)``."""
        return x.clamp(min=self.floor).pow(self.exponent).mean(dim=(2, 3)).pow(1.0 / self.exponent)


class _AveragePool(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(2, 3))


class _MaxPool(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.amax(dim=(2, 3))


POOLS: dict[str, type[nn.Module]] = {"average": _AveragePool, "max": _MaxPool, "gem": GemPool}


def neck(dim: int) -> nn.BatchNorm1d:
    """Builds the batch norm of a neck: scale 1, shift 0 and frozen."""
    layer = nn.BatchNorm1d(dim)
    layer.bias.requires_grad_(False)
    return layer


class NeckModel(ReidModel):
    """Backbone, pooling, optional projection, batch-norm neck, classifier.

    Args:
        backbone: Maps images to ``(N, C, h, w)`` or ``(N, C)``.
        feature_dim: That C.
        spec: Image size, normalisation, embedding and neck settings.
        num_classes: Identities; 0 builds no classifier (distillation alone).
    """

    def __init__(self, backbone: nn.Module, feature_dim: int, spec: ModelSpec, num_classes: int) -> None:
        super().__init__()
        self.embedding_dim = spec.embedding_dim or feature_dim
        self.image_size = spec.image_size
        self.pixel_mean, self.pixel_std = spec.pixel_mean, spec.pixel_std
        self.after_neck = spec.neck_feature == "after"
        self.backbone = backbone
        self.pool = POOLS[spec.pooling]()
        self.projection = (
            nn.Identity()
            if self.embedding_dim == feature_dim
            else nn.Linear(feature_dim, self.embedding_dim, bias=False)
        )
        self.bottleneck = neck(self.embedding_dim)
        self.dropout = nn.Dropout(spec.dropout)
        self.classifier = nn.Linear(self.embedding_dim, num_classes, bias=False) if num_classes else None
        if self.classifier is not None:
            nn.init.normal_(self.classifier.weight, std=0.001)

    def _features(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Gives the feature before the neck, and the last map as tokens ``(N, h*w, C)`` if there is one."""
        out: Tensor = self.backbone(images)
        tokens = None
        if out.ndim == 4:
            tokens = out.flatten(2).transpose(1, 2)
            out = self.pool(out)
        projected: Tensor = self.projection(out)
        return projected, tokens

    def embed(self, images: Tensor, cams: Tensor | None = None, views: Tensor | None = None) -> Tensor:
        """Gives ``(N, embedding_dim)``; cameras and views are not used."""
        feature, _ = self._features(images)
        out: Tensor = self.bottleneck(feature) if self.after_neck else feature
        return out

    def training_outputs(
        self, images: Tensor, cams: Tensor | None = None, views: Tensor | None = None
    ) -> TrainingOutputs:
        """Gives one score table (none without classifier) and the feature before the neck."""
        feature, tokens = self._features(images)
        normed: Tensor = self.bottleneck(feature)
        scores = () if self.classifier is None else (self.classifier(self.dropout(normed)),)
        embedding = normed if self.after_neck else feature
        return TrainingOutputs(scores=scores, features=(feature,), embedding=embedding, tokens=tokens)


def initialise_convolutions(module: nn.Module) -> None:
    """Fills convolutions and linear layers for training from nothing (He et al., 2015)."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)
