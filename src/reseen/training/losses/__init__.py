"""The losses: features, scores and labels in, one differentiable number out; PyTorch alone.

Losses of pytorch-metric-learning join by name when it is installed (`metric_loss`).
"""

from reseen.training.losses.contrastive import image_to_text_loss, supervised_contrastive_loss
from reseen.training.losses.distillation import cosine_distillation, similarity_distillation
from reseen.training.losses.identity import identity_loss
from reseen.training.losses.metric_learning import MetricLoss, metric_loss
from reseen.training.losses.total import LossParts, LossSettings, total_loss
from reseen.training.losses.triplet import MinedPairs, hardest_pairs, triplet_loss

__all__ = [
    "LossParts",
    "LossSettings",
    "MetricLoss",
    "MinedPairs",
    "cosine_distillation",
    "hardest_pairs",
    "identity_loss",
    "image_to_text_loss",
    "metric_loss",
    "similarity_distillation",
    "supervised_contrastive_loss",
    "total_loss",
    "triplet_loss",
]
