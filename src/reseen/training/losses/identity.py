"""Cross entropy over identities."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def identity_loss(scores: Tensor, labels: Tensor, smoothing: float = 0.1) -> Tensor:
    """Gives the cross entropy, averaged over images, of smoothed labels.

    The true identity has the target ``1 - smoothing + smoothing / C``, every other ``smoothing / C``.

    Args:
        scores: ``(N, C)`` logits.
        labels: ``(N,)`` int64, 0..C-1.
        smoothing: 0 for plain cross entropy.
    """
    return F.cross_entropy(scores.float(), labels, label_smoothing=smoothing)
