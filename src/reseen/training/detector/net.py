"""The network: residual stages of dense 3x3 layers, three levels joined both ways, one head for all levels.

Dense layers of few channels, batch norm and ReLU, which runtimes fold into one operation each. The stages split
their channels as in Wang et al., "CSPNet" (arXiv 1911.11929); the neck sums instead of joining, as a small form of
Liu et al., "Path Aggregation Network" (CVPR 2018).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reseen.training.detector.cells import LARGEST
from reseen.training.detector.settings import DetectorNetSettings

PIXEL_MEAN = 114.0
PIXEL_SCALE = 1 / 64.0
PRIOR = -4.6
"""Score of a fresh network before the sigmoid: about 0.01, as most cells see nobody."""


@dataclass(frozen=True, eq=False)
class Said:
    """What the network says of N cells.

    Attributes:
        boxes: ``(B, N, 4)`` in YOLOX's parametrisation.
        scores: ``(B, N)`` before the sigmoid.
        features: ``(B, N, C)`` of the neck.
    """

    boxes: Tensor
    scores: Tensor
    features: Tensor


def layer(
    inside: int, outside: int, size: int = 3, stride: int = 1, *, groups: int = 1, act: bool = True
) -> nn.Sequential:
    """Convolution, batch norm and (with ``act``) ReLU."""
    parts: list[nn.Module] = [
        nn.Conv2d(inside, outside, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outside),
    ]
    return nn.Sequential(*parts, nn.ReLU(inplace=True)) if act else nn.Sequential(*parts)


class Residual(nn.Module):
    """Two 3x3 layers beside a straight way."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = layer(channels, channels)
        self.second = layer(channels, channels, act=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        return torch.relu(x + self.second(self.first(x)))


class Split(nn.Module):
    """Half of the channels go through residual blocks, the others past them."""

    def __init__(self, channels: int, depth: int) -> None:
        super().__init__()
        half = channels // 2
        self.into = layer(channels, half, 1)
        self.past = layer(channels, half, 1)
        self.blocks = nn.Sequential(*(Residual(half) for _ in range(depth)))
        self.out = layer(2 * half, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        joined: Tensor = self.out(torch.cat([self.blocks(self.into(x)), self.past(x)], 1))
        return joined


class Wide(nn.Module):
    """Sees far on the coarsest level: pooled over 9x9 cells beside what is there."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.out = layer(2 * channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) to the same."""
        joined: Tensor = self.out(torch.cat([x, self.pool(self.pool(x))], 1))
        return joined


class Neck(nn.Module):
    """Joins three levels, from coarse to fine and back."""

    def __init__(self, widths: tuple[int, int, int], channels: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(layer(width, channels, 1) for width in widths)
        self.down = nn.ModuleList(Split(channels, 1) for _ in range(2))
        self.shrink = nn.ModuleList(
            nn.Sequential(layer(channels, channels, 3, 2, groups=channels, act=False), layer(channels, channels, 1))
            for _ in range(2)
        )
        self.up = nn.ModuleList(Split(channels, 1) for _ in range(2))

    def forward(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features of strides 8, 16 and 32 to the same with equal channels."""
        top = self.lateral[2](coarse)
        centre = self.down[0](self.lateral[1](middle) + _twice(top))
        bottom = self.down[1](self.lateral[0](fine) + _twice(centre))
        centre = self.up[0](centre + self.shrink[0](bottom))
        return bottom, centre, self.up[1](top + self.shrink[1](centre))


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class Head(nn.Module):
    """Scores and boxes, with the same weights on every level."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.score_layers = self._branch(channels)
        self.box_layers = self._branch(channels)
        self.score = nn.Conv2d(channels, 1, 1)
        self.box = nn.Conv2d(channels, 4, 1)
        nn.init.constant_(self.score.bias, PRIOR)  # type: ignore[arg-type]
        nn.init.normal_(self.score.weight, std=0.01)
        nn.init.normal_(self.box.weight, std=0.01)
        with torch.no_grad():
            self.box.bias.copy_(torch.tensor([0.5, 0.5, 1.0, 1.6]))  # type: ignore[union-attr]

    @staticmethod
    def _branch(channels: int) -> nn.Sequential:
        return nn.Sequential(
            layer(channels, channels, groups=channels, act=False),
            layer(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, H, W) to boxes (B, 4, H, W) and scores (B, 1, H, W) before the sigmoid."""
        return self.box(self.box_layers(x)), self.score(self.score_layers(x))


class DetectorNet(nn.Module):
    """Pictures to what each cell sees.

    Args:
        settings: Widths and depths.
    """

    def __init__(self, settings: DetectorNetSettings) -> None:
        super().__init__()
        widths, neck = settings.widths, settings.neck
        self.stem = layer(3, widths[0], 3, 2)
        self.stages = nn.ModuleList(
            nn.Sequential(layer(before, width, 3, 2), Split(width, depth))
            for before, width, depth in zip(widths[:4], widths[1:], settings.depths, strict=True)
        )
        self.wide = Wide(widths[4])
        self.neck = Neck(widths[2:], neck)
        self.head = Head(neck)

    def forward(self, pictures: Tensor) -> Said:
        """(B, 3, H, W) RGB 0..255, sides multiples of 32, to what N = HW/64 + HW/256 + HW/1024 cells say."""
        x = self.stem((pictures - PIXEL_MEAN) * PIXEL_SCALE)
        levels = []
        for stage in self.stages:
            x = stage(x)
            levels.append(x)
        joined = self.neck(levels[1], levels[2], self.wide(levels[3]))
        said = [self.head(level) for level in joined]
        return Said(
            torch.cat([boxes.flatten(2) for boxes, _ in said], 2).transpose(1, 2),
            torch.cat([scores.flatten(1) for _, scores in said], 1),
            torch.cat([level.flatten(2) for level in joined], 2).transpose(1, 2),
        )


class RawForm(nn.Module):
    """What is exported: the raw output of the ``yolox`` family with one class.

    Args:
        net: The network.
    """

    def __init__(self, net: DetectorNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, pictures: Tensor) -> Tensor:
        """(B, 3, H, W) to ``(B, N, 6)``: box parameters, score, and 1 for the only class."""
        said = self.net(pictures)
        score = said.scores.sigmoid()[..., None]
        boxes = torch.cat([said.boxes[..., :2], said.boxes[..., 2:].clamp(max=LARGEST)], -1)
        return torch.cat([boxes, score, torch.ones_like(score)], -1)
