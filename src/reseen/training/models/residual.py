"""A small residual net of basic blocks, with instance norm at the end of the first stages.

Instance norm in early layers takes off what belongs to a camera rather than to a person (colour cast,
contrast), as in "Two at Once" (IBN-Net, ECCV 2018, variant b): it follows the sum of the last block of a
stage.
"""

from __future__ import annotations

from torch import Tensor, nn

STEM_STRIDE = 4


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut; optionally instance norm after the sum."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, instance_norm: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = (
            nn.Identity()
            if stride == 1 and inputs == outputs
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )
        self.norm = nn.InstanceNorm2d(outputs, affine=True) if instance_norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Maps ``(N, inputs, h, w)`` to ``(N, outputs, h/stride, w/stride)``."""
        y = self.relu(self.bn1(self.conv1(x)))
        out: Tensor = self.relu(self.norm(self.bn2(self.conv2(y)) + self.shortcut(x)))
        return out


class ResidualNet(nn.Module):
    """Stem (stride 4) and four stages of basic blocks.

    Args:
        widths: Channels of the four stages.
        depths: Blocks of the four stages.
        instance_norm_stages: How many of the first stages end with instance norm.
        last_stride: Stride of the fourth stage, 1 or 2.

    Attributes:
        feature_dim: Channels of the last map.
    """

    def __init__(
        self,
        widths: tuple[int, int, int, int] = (32, 64, 128, 256),
        depths: tuple[int, int, int, int] = (2, 3, 4, 3),
        instance_norm_stages: int = 2,
        last_stride: int = 1,
    ) -> None:
        super().__init__()
        self.feature_dim = widths[-1]
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, 2, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        )
        stages: list[nn.Module] = []
        inputs = widths[0]
        for index, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            stride = (1, 2, 2, last_stride)[index]
            blocks = [
                BasicBlock(
                    inputs if number == 0 else width,
                    width,
                    stride if number == 0 else 1,
                    instance_norm=index < instance_norm_stages and number == depth - 1,
                )
                for number in range(depth)
            ]
            stages.append(nn.Sequential(*blocks))
            inputs = width
        self.stages = nn.Sequential(*stages)

    def forward(self, images: Tensor) -> Tensor:
        """Maps ``(N, 3, H, W)`` to ``(N, feature_dim, h, w)``."""
        out: Tensor = self.stages(self.stem(images))
        return out
