"""What is wanted of each cell: labels where a person is, what the teacher says elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reseen.training.detector.settings import DetectorLossSettings
from reseen.training.detector.views import Batch

KEPT = 0.25
"""Share of a box inside the window under which a cell is left alone."""


@dataclass(frozen=True, eq=False)
class Targets:
    """B windows with N cells.

    Attributes:
        scores: ``(B, N)`` 0..1.
        counted: ``(B, N)`` 0 where the score is left alone, else 1.
        boxes: ``(B, N, 4)`` in pixels of the window, cut at its edges.
        weights: ``(B, N)`` of the boxes; 0 where none is wanted.
    """

    scores: Tensor
    counted: Tensor
    boxes: Tensor
    weights: Tensor


@torch.no_grad()
def make_targets(batch: Batch, settings: DetectorLossSettings) -> Targets:
    """Labels and teacher as one target a cell.

    A cell that answers for a labelled person wants that person's box and a score between ``labelled`` and 1, higher
    where the teacher is sure. Every other cell, ignored regions too, wants what the teacher says, and its box where
    its score is at least ``seen``. Boxes are cut at the window's edges, as those of pictures are; a cell whose box
    lies mostly outside is left alone.
    """
    owned = batch.owners >= 0
    index = batch.owners.clamp(min=0)[..., None].expand(-1, -1, 4)
    whole = torch.where(owned[..., None], batch.people.gather(1, index), batch.taught)
    boxes = whole.clamp(0, batch.window)
    inside = _area(boxes) >= KEPT * _area(whole).clamp(min=1e-6)
    wanted = settings.labelled + (1 - settings.labelled) * batch.trust
    scores = torch.where(owned, wanted, batch.trust)
    sure = owned | (batch.trust >= settings.seen)
    counted = (inside | ~sure).to(scores.dtype)
    weights = torch.where(sure & inside, scores, torch.zeros_like(scores))
    return Targets(scores * counted, counted, boxes, weights)


def _area(boxes: Tensor) -> Tensor:
    sides = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0)
    return sides[..., 0] * sides[..., 1]
