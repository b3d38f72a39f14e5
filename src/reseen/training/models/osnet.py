"""OSNet and OSNet-AIN at any width.

"Omni-Scale Feature Learning for Person Re-Identification" (ICCV 2019) and "Learning Generalisable Omni-Scale
Representations for Person Re-Identification" (TPAMI 2021): every block has four streams of one to four light
3x3 convolutions, summed under one shared channel gate; AIN puts instance norm where the search of the second
paper placed it.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

STREAMS = 4
BASE_CHANNELS = (64, 256, 384, 512)
GATE_REDUCTION = 16
BOTTLENECK_REDUCTION = 4

# Which of the two blocks of each stage carry instance norm in OSNet-AIN x1.0.
AIN_PLACES = ((True, True), (False, True), (True, False))


def _conv_norm(inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _light_conv(channels: int) -> nn.Sequential:
    """Pointwise (linear), then depthwise 3x3."""
    return nn.Sequential(
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    )


class ChannelGate(nn.Module):
    """Weights channels by a small network of their means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        hidden = max(1, channels // GATE_REDUCTION)
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, hidden, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Keeps the shape ``(N, C, h, w)``."""
        out: Tensor = x * self.gate(x)
        return out


class OmniScaleBlock(nn.Module):
    """Bottleneck with four streams of growing receptive field."""

    def __init__(self, inputs: int, outputs: int, instance_norm: bool = False) -> None:
        super().__init__()
        middle = outputs // BOTTLENECK_REDUCTION
        self.reduce = _conv_norm(inputs, middle)
        self.streams = nn.ModuleList(
            nn.Sequential(*(_light_conv(middle) for _ in range(length))) for length in range(1, STREAMS + 1)
        )
        self.gate = ChannelGate(middle)
        self.expand = nn.Conv2d(middle, outputs, 1, bias=False)
        self.norm = nn.InstanceNorm2d(outputs, affine=True) if instance_norm else nn.BatchNorm2d(outputs)
        self.shortcut = (
            nn.Identity()
            if inputs == outputs
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, inputs, h, w)`` to ``(N, outputs, h, w)``."""
        reduced = self.reduce(x)
        gated = sum(self.gate(stream(reduced)) for stream in self.streams)
        out: Tensor = self.relu(self.norm(self.expand(gated)) + self.shortcut(x))
        return out


class OSNet(nn.Module):
    """The omni-scale network, without its classifier.

    Args:
        width: Factor of the channel numbers 64, 256, 384, 512 (published: 1.0, 0.75, 0.5, 0.25).
        instance_norm: Whether this is OSNet-AIN.

    Attributes:
        feature_dim: Channels of the last map.
    """

    def __init__(self, width: float = 1.0, instance_norm: bool = False) -> None:
        super().__init__()
        channels = tuple(max(GATE_REDUCTION, int(c * width)) for c in BASE_CHANNELS)
        self.feature_dim = channels[-1]
        stem_norm: nn.Module = (
            nn.InstanceNorm2d(channels[0], affine=True) if instance_norm else nn.BatchNorm2d(channels[0])
        )
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels[0], 7, 2, 3, bias=False),
            stem_norm,
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        )
        layers: list[nn.Module] = []
        for stage, (inputs, outputs) in enumerate(pairwise(channels)):
            norms = AIN_PLACES[stage] if instance_norm else (False, False)
            layers.append(OmniScaleBlock(inputs, outputs, norms[0]))
            layers.append(OmniScaleBlock(outputs, outputs, norms[1]))
            if stage < 2:
                layers.append(nn.Sequential(_conv_norm(outputs, outputs), nn.AvgPool2d(2, 2)))
        layers.append(_conv_norm(channels[-1], channels[-1]))
        self.stages = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Maps ``(N, 3, H, W)`` to ``(N, feature_dim, H/16, W/16)``."""
        out: Tensor = self.stages(self.stem(images))
        return out
