"""The losses of a detector that is taught cell by cell."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reseen.training.detector.cells import from_boxes, to_boxes
from reseen.training.detector.net import Said
from reseen.training.detector.settings import DetectorLossSettings
from reseen.training.detector.targets import Targets


def quality_focal(logits: Tensor, wanted: Tensor, focus: float) -> Tensor:
    """Cross-entropy times the distance to the power ``focus``.

    Li et al., "Generalized Focal Loss", arXiv 2006.04388.
    """
    distance = (logits.detach().sigmoid() - wanted).abs() ** focus
    return distance * F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")


def generalised_overlap(a: Tensor, b: Tensor) -> Tensor:
    """Rezatofighi et al., "Generalized Intersection over Union" (CVPR 2019), of boxes ``(..., 4)``: -1..1."""
    inner = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    outer = (torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])).clamp(min=0).prod(-1)
    union = (a[..., 2:] - a[..., :2]).clamp(min=0).prod(-1) + (b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1) - inner
    return inner / union.clamp(min=1e-6) - (outer - union) / outer.clamp(min=1e-6)


class DetectorLoss(nn.Module):
    """All losses; holds the layer that turns the network's features into the teacher's.

    Args:
        settings: Weights.
        inside: The network's features of a cell.
        taught: The teacher's.
    """

    def __init__(self, settings: DetectorLossSettings, inside: int, taught: int) -> None:
        super().__init__()
        self.settings = settings
        self.adapter = nn.Linear(inside, taught)

    def forward(
        self, said: Said, targets: Targets, features: Tensor, places: Tensor, strides: Tensor
    ) -> dict[str, Tensor]:
        """The losses by name, and ``total``.

        Args:
            said: What the network says.
            targets: What is wanted.
            features: ``(B, N, F)`` of the teacher.
            places: ``(N, 2)`` columns and rows of the cells.
            strides: ``(N, 1)``.
        """
        settings = self.settings
        many = targets.weights.sum().clamp(min=1.0)
        score = (quality_focal(said.scores, targets.scores, settings.focus) * targets.counted).sum() / many
        chosen = targets.weights > 0
        weights = targets.weights[chosen]
        batch, cells = torch.nonzero(chosen, as_tuple=True)
        raw, wanted = said.boxes[batch, cells], targets.boxes[batch, cells]
        boxes = to_boxes(raw, places[cells], strides[cells])
        overlap = ((1 - generalised_overlap(boxes, wanted)) * weights).sum() / many
        goal = from_boxes(wanted, places[cells], strides[cells])
        sides = (F.smooth_l1_loss(raw, goal, reduction="none", beta=0.2).sum(-1) * weights).sum() / many
        attention = 1 + 4 * targets.scores
        apart = (self.adapter(said.features) - features).square().mean(-1)
        imitation = (apart * attention).sum() / attention.sum()
        losses = {"score": score, "overlap": overlap, "sides": sides, "features": imitation}
        total = sum((getattr(settings, name) * value for name, value in losses.items()), score.new_zeros(()))
        return {"total": total, **losses}
