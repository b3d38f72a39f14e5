"""What the network sees in a step: windows of canvases, mirrored, recoloured, blurred, darkened.

The teacher's answers are those for the canvas as it is; only the network's picture is altered, so that it learns to
say the same in worse conditions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reseen.training.augmentation import Draw, blur, colour, low_resolution
from reseen.training.detector.canvases import Canvases
from reseen.training.detector.cells import STRIDES, grid, to_boxes, window_cells
from reseen.training.detector.settings import DetectorRecipe

UNIT = 32


@dataclass(frozen=True, eq=False)
class Batch:
    """B windows with N cells.

    Attributes:
        pictures: ``(B, 3, W, W)`` float32 RGB 0..255.
        taught: ``(B, N, 4)`` the teacher's boxes ``x1, y1, x2, y2`` in pixels of the window.
        trust: ``(B, N)`` the teacher's scores.
        features: ``(B, N, F)`` its standardised features.
        owners: ``(B, N)`` int64: the person that a cell answers for, ``NOBODY`` or ``IGNORED``.
        people: ``(B, P, 4)`` boxes in pixels of the window; not cut at its edges.
        window: Side of the windows.
    """

    pictures: Tensor
    taught: Tensor
    trust: Tensor
    features: Tensor
    owners: Tensor
    people: Tensor
    window: int


def draw_batch(canvases: Canvases, recipe: DetectorRecipe, step: int) -> Batch:
    """The batch of a step: a function of the recipe's seed and the step alone."""
    phase = recipe.phase(step)
    rng = np.random.default_rng([recipe.seed, 77, step])
    generator = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
    chosen = rng.choice(len(canvases), phase.batch, replace=len(canvases) < phase.batch)
    room = (canvases.size - phase.window) // UNIT
    places = rng.integers(0, room + 1, (phase.batch, 2)) * UNIT
    batch = cut(canvases, chosen, places, phase.window, rng.random(phase.batch) < recipe.augment.flip)
    return Batch(**{**vars(batch), "pictures": alter(batch.pictures, recipe, generator)})


def cut(
    canvases: Canvases,
    chosen: NDArray[np.int64],
    places: NDArray[np.int64],
    window: int,
    mirrored: NDArray[np.bool_],
) -> Batch:
    """Windows of canvases with everything known of their cells.

    Args:
        canvases: The canvases.
        chosen: ``(B,)`` numbers of canvases.
        places: ``(B, 2)`` left and top of each window, multiples of 32.
        window: Side of the windows.
        mirrored: ``(B,)`` which are mirrored.
    """
    ways = mirrored_cells(window)
    pictures, cells, features, owners = [], [], [], []
    for number, (left, top), mirror in zip(chosen, places, mirrored, strict=True):
        index = window_cells(canvases.size, int(left), int(top), window)
        index = index[ways] if mirror else index
        picture = canvases.pictures[number, top : top + window, left : left + window]
        pictures.append(picture[:, ::-1] if mirror else picture)
        cells.append(canvases.cells[number][index])
        features.append(canvases.features[number][index])
        owners.append(canvases.owners[number][index])
    grid_places, strides = (torch.from_numpy(each) for each in grid(window, window))
    raw = torch.from_numpy(np.stack(cells)).float()
    flags = torch.from_numpy(mirrored)[:, None]
    raw[..., 0] = torch.where(flags, 1 - raw[..., 0], raw[..., 0])
    offset = torch.from_numpy(np.concatenate([places, places], 1).astype(np.float32))[:, None]
    people = torch.from_numpy(canvases.people[chosen]) - offset
    turned = torch.stack([window - people[..., 2], people[..., 1], window - people[..., 0], people[..., 3]], -1)
    taught = torch.from_numpy(np.stack(features)).float()
    return Batch(
        pictures=torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float(),
        taught=to_boxes(raw[..., :4], grid_places, strides),
        trust=raw[..., 4],
        features=(taught - torch.from_numpy(canvases.mean)) / torch.from_numpy(canvases.deviation),
        owners=torch.from_numpy(np.stack(owners)).long(),
        people=torch.where(flags[..., None], turned, people),
        window=window,
    )


def mirrored_cells(window: int) -> NDArray[np.int64]:
    """For each cell of a mirrored window the cell that it was before."""
    places, strides = grid(window, window)
    across = window // strides[:, 0]
    column = across - 1 - places[:, 0]
    starts = np.concatenate([[0], np.cumsum([(window // s) ** 2 for s in STRIDES[:-1]])])
    start = starts[np.searchsorted(STRIDES, strides[:, 0])]
    return np.asarray(start + places[:, 1] * across + column, np.int64)


def alter(pictures: Tensor, recipe: DetectorRecipe, generator: torch.Generator) -> Tensor:
    """Colour, darkness, noise, blur and low resolution of some pictures."""
    x = pictures
    count = len(x)
    order = torch.randperm(count, generator=generator)
    tinted = order[: round(recipe.augment.colour * count)]
    if len(tinted):
        settings = recipe.augment.model_copy(update={"colour": 1.0})
        x[tinted] = colour(x[tinted], Draw(generator, len(tinted), x.device), settings)
    draw = Draw(generator, count, x.device)
    if recipe.augment.low_resolution:
        x = low_resolution(x, draw, recipe.augment.low_resolution, recipe.augment.low_resolution_floor)
    if recipe.augment.blur:
        x = blur(x, draw, recipe.augment.blur, recipe.augment.blur_sigma)
    dark = torch.nonzero(draw.chance(recipe.night)).flatten()
    for number in dark.tolist():
        x[number] = night(x[number], generator, recipe.noise)
    return x.clamp_(0, 255)


def night(picture: Tensor, generator: torch.Generator, noise: float) -> Tensor:
    """A picture ``(3, H, W)`` as a camera sees it with little light: dark, pale, noisy."""
    share, pale, amount = torch.rand(3, generator=generator).tolist()
    gray = picture.mean(0, keepdim=True)
    x = gray + (picture - gray) * pale
    x = x * (0.25 + 0.45 * share)
    dim: Tensor = x + torch.randn(x.shape, generator=generator) * (noise * (0.3 + amount))
    return dim
