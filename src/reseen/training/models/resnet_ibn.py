"""ResNet-50, plain or with instance and batch norm mixed (IBN-a).

"Two at Once: Enhancing Learning and Generalization Capacities via IBN-Net" (ECCV 2018): half of the
channels after the first convolution of a block are normalised per picture, in all stages but the last.
Parameter names are those of the published ImageNet weights (torchvision, IBN-Net).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

BLOCKS = (3, 4, 6, 3)
PLANES = (64, 128, 256, 512)
EXPANSION = 4


class MixedNorm(nn.Module):
    """Instance norm on the first half of the channels, batch norm on the rest."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.per_picture = channels // 2
        self.IN = nn.InstanceNorm2d(self.per_picture, affine=True)
        self.BN = nn.BatchNorm2d(channels - self.per_picture)

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape ``(N, C, h, w)``."""
        per_picture, per_batch = x[:, : self.per_picture], x[:, self.per_picture :]
        return torch.cat([self.IN(per_picture), self.BN(per_batch)], dim=1)


class Bottleneck(nn.Module):
    """1x1, 3x3 (strided), 1x1 and a shortcut."""

    def __init__(self, inputs: int, planes: int, stride: int, mixed: bool) -> None:
        super().__init__()
        outputs = planes * EXPANSION
        self.conv1 = nn.Conv2d(inputs, planes, 1, bias=False)
        self.bn1: nn.Module = MixedNorm(planes) if mixed else nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride > 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, inputs, h, w)`` to ``(N, 4*planes, h/stride, w/stride)``."""
        shortcut = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        out: Tensor = self.relu(self.bn3(self.conv3(y)) + shortcut)
        return out


class ResNet50(nn.Module):
    """ResNet-50 without its classifier.

    Args:
        mixed_norm: Whether the first three stages use `MixedNorm` (ResNet-50-IBN-a).
        last_stride: Stride of the last stage, 1 or 2.

    Attributes:
        feature_dim: Channels of the last map (2048).
    """

    def __init__(self, mixed_norm: bool = True, last_stride: int = 1) -> None:
        super().__init__()
        self.feature_dim = PLANES[-1] * EXPANSION
        self.conv1 = nn.Conv2d(3, PLANES[0], 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(PLANES[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        inputs = PLANES[0]
        for index, (planes, blocks) in enumerate(zip(PLANES, BLOCKS, strict=True)):
            stride = (1, 2, 2, last_stride)[index]
            mixed = mixed_norm and index < 3
            stage = [Bottleneck(inputs, planes, stride, mixed)]
            inputs = planes * EXPANSION
            stage += [Bottleneck(inputs, planes, 1, mixed) for _ in range(1, blocks)]
            self.add_module(f"layer{index + 1}", nn.Sequential(*stage))

    def forward(self, images: Tensor) -> Tensor:
        """Maps ``(N, 3, H, W)`` to ``(N, 2048, h, w)``."""
        x: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        for index in range(1, len(PLANES) + 1):
            x = self.get_submodule(f"layer{index}")(x)
        return x
