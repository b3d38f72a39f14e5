"""CLIP's residual net (RN50), of any width, with the last stage at stride 1 as re-identification uses it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reseen.errors import UsageError
from reseen.training.models.clip_vision import VisionFeatures
from reseen.training.models.spec import ClipSpec

EXPANSION = 4
TOTAL_STRIDE = 16


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 with average pooling where others stride."""

    def __init__(self, inputs: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        outputs = planes * EXPANSION
        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.avgpool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.conv3 = nn.Conv2d(planes, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride > 1 or inputs != outputs:
            layers: list[tuple[str, nn.Module]] = [
                ("-1", nn.AvgPool2d(stride)),
                ("0", nn.Conv2d(inputs, outputs, 1, bias=False)),
                ("1", nn.BatchNorm2d(outputs)),
            ]
            self.downsample = nn.Sequential(OrderedDict(layers))

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, inputs, h, w)`` to ``(N, 4*planes, h/stride, w/stride)``."""
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.avgpool(self.relu(self.bn2(self.conv2(y))))
        out: Tensor = self.relu(self.bn3(self.conv3(y)) + shortcut)
        return out


class AttentionPool(nn.Module):
    """Attention over the positions of a map and their mean, which comes first."""

    def __init__(self, positions: int, width: int, heads: int, outputs: int) -> None:
        super().__init__()
        self.heads = heads
        self.positional_embedding = nn.Parameter(torch.randn(positions + 1, width) * width**-0.5)
        self.k_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.c_proj = nn.Linear(width, outputs)

    def forward(self, x: Tensor, every: bool = False) -> Tensor:
        """Maps ``(N, W, h, w)`` to ``(N, 1, E)``: the mean's row; with `every`, ``(N, 1 + h*w, E)``."""
        tokens = x.flatten(2).transpose(1, 2)
        tokens = torch.cat([tokens.mean(dim=1, keepdim=True), tokens], dim=1) + self.positional_embedding
        queries = tokens if every else tokens[:, :1]
        mixed = F.scaled_dot_product_attention(
            self._split(self.q_proj(queries)),
            self._split(self.k_proj(tokens)),
            self._split(self.v_proj(tokens)),
        )
        out: Tensor = self.c_proj(mixed.transpose(1, 2).flatten(2))
        return out

    def _split(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)


class ClipResnet(nn.Module):
    """Three-convolution stem, four stages of bottlenecks, attention pool.

    Args:
        spec: Sizes.
        image_size: ``(height, width)`` in pixels.

    Attributes:
        feature_dim: Channels of the last map.
        intermediate_dim: Channels of the last but one map.
        grid: Rows and columns of the last map.
    """

    def __init__(self, spec: ClipSpec, image_size: tuple[int, int]) -> None:
        super().__init__()
        width = spec.width
        self.feature_dim, self.intermediate_dim = width * 32, width * 16
        self.grid = (image_size[0] // TOTAL_STRIDE, image_size[1] // TOTAL_STRIDE)
        if self.feature_dim % spec.heads:
            raise UsageError(f"model.clip: {spec.heads} heads do not divide the width {self.feature_dim}")
        half = width // 2
        self.conv1 = nn.Conv2d(3, half, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(half)
        self.conv2 = nn.Conv2d(half, half, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(half)
        self.conv3 = nn.Conv2d(half, width, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.avgpool = nn.AvgPool2d(2)
        self.layer1 = self._stage(width, width, spec.blocks[0], 1)
        self.layer2 = self._stage(width * 4, width * 2, spec.blocks[1], 2)
        self.layer3 = self._stage(width * 8, width * 4, spec.blocks[2], 2)
        self.layer4 = self._stage(width * 16, width * 8, spec.blocks[3], 1)
        self.attnpool = AttentionPool(self.grid[0] * self.grid[1], self.feature_dim, spec.heads, spec.embed_dim)

    @staticmethod
    def _stage(inputs: int, planes: int, blocks: int, stride: int) -> nn.Sequential:
        first = Bottleneck(inputs, planes, stride)
        return nn.Sequential(first, *(Bottleneck(planes * EXPANSION, planes) for _ in range(1, blocks)))

    def maps(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Gives the maps after the third and the fourth stage, ``(N, C, h, w)`` each."""
        x = self.relu(self.bn1(self.conv1(images)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.avgpool(self.relu(self.bn3(self.conv3(x))))
        third: Tensor = self.layer3(self.layer2(self.layer1(x)))
        fourth: Tensor = self.layer4(third)
        return third, fourth

    def forward(
        self,
        images: Tensor,
        class_offset: Tensor | None = None,
        memory: Callable[[Tensor], Tensor] | None = None,
    ) -> VisionFeatures:
        """Gives pooled features; there is no class token, so `class_offset` and `memory` are not used."""
        third, fourth = self.maps(images)
        projected: Tensor = self.attnpool(fourth)[:, 0]
        tokens = fourth.flatten(2).transpose(1, 2)
        return VisionFeatures(third.mean(dim=(2, 3)), fourth.mean(dim=(2, 3)), projected, tokens)
