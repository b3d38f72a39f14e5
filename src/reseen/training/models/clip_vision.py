"""CLIP's vision transformer, of any width, depth, patch and stride."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from reseen.errors import UsageError
from reseen.training.models.position import patch_grid
from reseen.training.models.spec import ClipSpec
from reseen.training.models.transformer import Transformer


@dataclass(frozen=True, eq=False)
class VisionFeatures:
    """What an image encoder gives; N images.

    Attributes:
        intermediate: ``(N, W')``, an earlier feature: the class token after an earlier block (not
            normalised); the mean of the last but one map for the residual net.
        feature: ``(N, W)``, before projection.
        projected: ``(N, E)``, in the space shared with text.
        tokens: ``(N, T, W)``: normalised tokens after the last block; positions of the last map.
    """

    intermediate: Tensor
    feature: Tensor
    projected: Tensor
    tokens: Tensor


class ClipVision(nn.Module):
    """Patches, a class token, transformer blocks.

    Args:
        spec: Sizes.
        image_size: ``(height, width)`` in pixels.

    Attributes:
        feature_dim: Width W of a token, and of the intermediate feature.
        intermediate_dim: The same.
        grid: Rows and columns of patches.
    """

    def __init__(self, spec: ClipSpec, image_size: tuple[int, int]) -> None:
        super().__init__()
        width = spec.width
        if width % spec.heads:
            raise UsageError(f"model.clip: {spec.heads} heads do not divide the width {width}")
        if not -spec.layers <= spec.intermediate < 0:
            raise UsageError(f"model.clip.intermediate: {spec.intermediate} is not in -{spec.layers}..-1")
        self.feature_dim = self.intermediate_dim = width
        self.grid = patch_grid(image_size, spec.patch, spec.stride)
        self.intermediate_block = spec.layers + spec.intermediate
        self.memory_block = spec.memory_block
        scale = width**-0.5
        self.class_embedding = nn.Parameter(scale * torch.randn(width))
        self.positional_embedding = nn.Parameter(scale * torch.randn(self.grid[0] * self.grid[1] + 1, width))
        self.proj = nn.Parameter(scale * torch.randn(width, spec.embed_dim))
        self.conv1 = nn.Conv2d(3, width, spec.patch, spec.stride, bias=False)
        self.ln_pre = nn.LayerNorm(width)
        self.transformer = Transformer(width, spec.layers, spec.heads, spec.activation)
        self.ln_post = nn.LayerNorm(width)

    def token_sequences(
        self,
        images: Tensor,
        class_offset: Tensor | None = None,
        memory: Callable[[Tensor], Tensor] | None = None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Gives whole sequences: intermediate (not normalised) and last ``(N, T, W)``, projected (E wide).

        Args:
            images: ``(N, 3, height, width)``, normalised.
            class_offset: ``(N, W)``, added to the class token before the position embedding.
            memory: Applied to the tokens after `memory_block` blocks.
        """
        patches = self.conv1(images).flatten(2).transpose(1, 2)
        token = self.class_embedding.expand(images.shape[0], -1)
        if class_offset is not None:
            token = token + class_offset
        x = torch.cat([token[:, None].to(patches.dtype), patches], dim=1) + self.positional_embedding
        x = self.ln_pre(x)
        intermediate = x
        for index, block in enumerate(self.transformer.resblocks):
            if memory is not None and index == self.memory_block:
                x = memory(x)
            x = block(x)
            if index == self.intermediate_block:
                intermediate = x
        last: Tensor = self.ln_post(x)
        return intermediate, last, last @ self.proj

    def forward(
        self,
        images: Tensor,
        class_offset: Tensor | None = None,
        memory: Callable[[Tensor], Tensor] | None = None,
    ) -> VisionFeatures:
        """Gives the features of the class token; arguments as for `token_sequences`."""
        intermediate, last, projected = self.token_sequences(images, class_offset, memory)
        return VisionFeatures(intermediate[:, 0], last[:, 0], projected[:, 0], last)
