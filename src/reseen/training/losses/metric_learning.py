"""Losses of pytorch-metric-learning by name, when it is installed."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from reseen.errors import UsageError


class MetricLoss(nn.Module):
    """One loss of pytorch-metric-learning; it may have parameters of its own to train (class centres)."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Gives the loss of features ``(N, D)`` and labels ``(N,)``."""
        out: Tensor = self.loss(features.float(), labels)
        return out


def metric_loss(name: str, num_classes: int, dim: int, options: dict[str, Any] | None = None) -> MetricLoss:
    """Builds a loss by its class name, such as ``CircleLoss`` or ``ArcFaceLoss``.

    Args:
        name: The class in ``pytorch_metric_learning.losses``.
        num_classes: Identities, for losses with a centre per class.
        dim: Length of the features, for the same.
        options: Further arguments of the class.

    Raises:
        UsageError: The package is not installed, has no such loss, or it refuses the options.
    """
    try:
        from pytorch_metric_learning import losses
    except ImportError:
        raise UsageError(
            f"the loss '{name}' needs pytorch-metric-learning, which is not installed: "
            "pip install pytorch-metric-learning"
        ) from None
    kind = getattr(losses, name, None)
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        known = ", ".join(sorted(entry for entry in dir(losses) if entry.endswith("Loss")))
        raise UsageError(f"pytorch-metric-learning has no loss '{name}'; it has {known}")
    arguments = dict(options or {})
    needs = kind.__init__.__code__.co_varnames[: kind.__init__.__code__.co_argcount]
    if "num_classes" in needs:
        arguments.setdefault("num_classes", num_classes)
    if "embedding_size" in needs:
        arguments.setdefault("embedding_size", dim)
    try:
        return MetricLoss(kind(**arguments))
    except (TypeError, ValueError) as error:
        raise UsageError(f"loss '{name}': {error}") from None
