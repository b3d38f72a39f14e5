"""The losses between images and texts."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def supervised_contrastive_loss(
    queries: Tensor, keys: Tensor, query_labels: Tensor, key_labels: Tensor, temperature: float = 1.0
) -> Tensor:
    """Gives minus the mean log probability of the positives among all keys, averaged over queries.

    "Supervised Contrastive Learning" (NeurIPS 2020) between two modalities; CLIP-ReID takes it at
    temperature 1 on features that are not normalised, in both directions. Every query needs a key of its
    label.

    Args:
        queries: ``(N, E)``.
        keys: ``(M, E)``.
        query_labels: ``(N,)`` int64.
        key_labels: ``(M,)`` int64.
        temperature: Divides the inner products.
    """
    log_probability = F.log_softmax(queries.float() @ keys.float().T / temperature, dim=1)
    positive = (query_labels[:, None] == key_labels[None]).to(log_probability.dtype)
    return -((positive * log_probability).sum(dim=1) / positive.sum(dim=1)).mean()


def image_to_text_logits(projected: Tensor, text_features: Tensor) -> Tensor:
    """Gives how well images ``(N, E)`` fit the sentences ``(C, E)`` of all identities, ``(N, C)``.

    Neither normalised nor divided by a temperature, as CLIP-ReID's authors have it.
    """
    return projected.float() @ text_features.float().T


def image_to_text_loss(projected: Tensor, text_features: Tensor, labels: Tensor, smoothing: float = 0.1) -> Tensor:
    """Gives the cross entropy of images over the sentences of all identities.

    Args:
        projected: ``(N, E)`` image features in the space shared with text.
        text_features: ``(C, E)``, one sentence per identity.
        labels: ``(N,)`` int64, 0..C-1.
        smoothing: Of the labels.
    """
    logits = image_to_text_logits(projected, text_features)
    return F.cross_entropy(logits, labels, label_smoothing=smoothing)
