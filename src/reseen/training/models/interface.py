"""What every trainable model offers: a test-time embedding, and the outputs that the losses read."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class TrainingOutputs:
    """What one forward pass in training gives to the losses; N images, C identities.

    Attributes:
        scores: Tables of identity scores (logits), each ``(N, C)``.
        features: Features for the metric losses, each ``(N, D_i)``, not normalised.
        embedding: ``(N, embedding_dim)``, the feature that `ReidModel.embed` gives, with its gradient: what
            distillation compares with a teacher.
        projected: ``(N, E)`` image feature in the space shared with text; None without a text side.
        tokens: ``(N, T, W)`` tokens after the last block, the class token first; None where there are none.
    """

    scores: tuple[Tensor, ...]
    features: tuple[Tensor, ...]
    embedding: Tensor
    projected: Tensor | None = None
    tokens: Tensor | None = None


class ReidModel(nn.Module):
    """A network from images of persons to embeddings.

    Images are ``(N, 3, height, width)`` float, RGB, scaled to 0..1 and normalised by `pixel_mean` and
    `pixel_std`.

    Attributes:
        embedding_dim: Length D of an embedding.
        image_size: ``(height, width)`` in pixels.
        pixel_mean: Per channel (R, G, B), of values in 0..1.
        pixel_std: Per channel (R, G, B), of values in 0..1.
    """

    embedding_dim: int
    image_size: tuple[int, int]
    pixel_mean: tuple[float, float, float]
    pixel_std: tuple[float, float, float]

    @abstractmethod
    def embed(self, images: Tensor, cams: Tensor | None = None, views: Tensor | None = None) -> Tensor:
        """Gives the test-time features, ``(N, embedding_dim)`` float, not normalised.

        Args:
            images: ``(N, 3, height, width)``, normalised.
            cams: ``(N,)`` int64 camera indices, -1 where unknown; None when all are unknown.
            views: ``(N,)`` int64 view indices, -1 where unknown; None when all are unknown.
        """

    @abstractmethod
    def training_outputs(
        self, images: Tensor, cams: Tensor | None = None, views: Tensor | None = None
    ) -> TrainingOutputs:
        """Gives what the losses read; arguments as for `embed`."""

    def forward(
        self, images: Tensor, cams: Tensor | None = None, views: Tensor | None = None
    ) -> Tensor | TrainingOutputs:
        """Calls `training_outputs` in training mode, else `embed` (distributed wrappers see this alone)."""
        if self.training:
            return self.training_outputs(images, cams, views)
        return self.embed(images, cams, views)
