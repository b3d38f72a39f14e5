"""Position embeddings at another grid than they were learnt at."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from reseen.errors import InputError


def patch_grid(image_size: tuple[int, int], patch: int, stride: int) -> tuple[int, int]:
    """Gives rows and columns of patches of an image; pixels left over at the end are not looked at."""
    return (image_size[0] - patch) // stride + 1, (image_size[1] - patch) // stride + 1


def resize_positions(positions: Tensor, grid: tuple[int, int]) -> Tensor:
    """Resizes position embeddings bilinearly; the first row, of the class token, stays.

    Args:
        positions: ``(1 + s*s, W)``, of a square grid, rows first.
        grid: Rows and columns wanted.

    Returns:
        ``(1 + rows*columns, W)``.

    Raises:
        InputError: The source grid is not square.
    """
    side = math.isqrt(positions.shape[0] - 1)
    if side * side != positions.shape[0] - 1:
        raise InputError(
            f"the weights have {positions.shape[0] - 1} patch positions, which is not a square grid; "
            "set image size and stride to those the weights were trained with"
        )
    if (side, side) == grid:
        return positions
    source = positions[1:].T.reshape(1, -1, side, side).float()
    resized = F.interpolate(source, size=grid, mode="bilinear", align_corners=False)
    return torch.cat([positions[:1], resized[0].flatten(1).T.to(positions.dtype)])
