"""The triplet loss with the hardest positive and negative of the batch.

"In Defense of the Triplet Loss for Person Re-Identification" (2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

SMALLEST_SQUARE = 1e-12


@dataclass(frozen=True, eq=False)
class MinedPairs:
    """The hardest pairs of a batch of N anchors.

    Attributes:
        positive_distance: ``(N,)`` distance to the farthest image of the same identity; 0 where there is no
            other.
        negative_distance: ``(N,)`` distance to the nearest image of another identity; infinite where there
            is none.
        positive_index: ``(N,)`` which image that is; the anchor itself where there is no other.
        negative_index: ``(N,)`` which image that is; 0 where there is none.
    """

    positive_distance: Tensor
    negative_distance: Tensor
    positive_index: Tensor
    negative_index: Tensor


def pairwise_distances(features: Tensor) -> Tensor:
    """Gives euclidean distances, ``(N, N)`` float32, of features ``(N, D)``; exactly 0 on the diagonal."""
    features = features.float()
    squares = features.pow(2).sum(dim=1)
    squared = squares[:, None] + squares[None] - 2.0 * features @ features.T
    itself = torch.eye(len(features), dtype=torch.bool, device=features.device)
    return squared.clamp(min=SMALLEST_SQUARE).sqrt().masked_fill(itself, 0.0)


def hardest_pairs(distances: Tensor, labels: Tensor) -> MinedPairs:
    """Finds for every anchor its farthest positive and nearest negative.

    Identities may have any number of images; an image is its own positive only if it has no other.

    Args:
        distances: ``(N, N)``, 0 on the diagonal.
        labels: ``(N,)`` int64.
    """
    same = labels[:, None] == labels[None]
    positive = distances.masked_fill(~same, -1.0).max(dim=1)
    negative = distances.masked_fill(same, float("inf")).min(dim=1)
    return MinedPairs(positive.values, negative.values, positive.indices, negative.indices)


def triplet_loss(
    features: Tensor,
    labels: Tensor,
    margin: float | None = 0.3,
    *,
    normalise: bool = False,
    hard_factor: float = 0.0,
) -> Tensor:
    """Gives the loss averaged over the anchors that have a negative; 0 if none has.

    Args:
        features: ``(N, D)``.
        labels: ``(N,)`` int64.
        margin: How much farther the negative must be; None takes the soft margin ``log(1 + exp(positive -
            negative))``.
        normalise: Whether to compare unit vectors.
        hard_factor: Share by which positives are held farther and negatives nearer than they are.
    """
    if normalise:
        features = F.normalize(features.float(), dim=1)
    pairs = hardest_pairs(pairwise_distances(features), labels)
    usable = torch.isfinite(pairs.negative_distance)
    if not bool(usable.any()):
        return features.float().sum() * 0.0
    positive = pairs.positive_distance[usable] * (1.0 + hard_factor)
    negative = pairs.negative_distance[usable] * (1.0 - hard_factor)
    gap = positive - negative
    return (F.softplus(gap) if margin is None else F.relu(gap + margin)).mean()
