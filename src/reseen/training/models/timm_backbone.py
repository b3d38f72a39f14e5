"""Any image model of timm as a backbone, when timm is installed."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from reseen.errors import UsageError


class TimmBackbone(nn.Module):
    """A model of timm without its classifier.

    Args:
        name: timm's name of the model.
        image_size: ``(height, width)`` in pixels.
        pretrained: Whether timm loads its weights for that name (needs a network or timm's cache).

    Attributes:
        feature_dim: Length of the pooled feature.

    Raises:
        UsageError: timm is not installed, knows no such model, or cannot load its weights.
    """

    def __init__(self, name: str, image_size: tuple[int, int], pretrained: bool = False) -> None:
        super().__init__()
        self.net = _create(name, image_size, pretrained)
        self.net.eval()
        with torch.no_grad():
            self.feature_dim = int(self(torch.zeros(1, 3, *image_size)).shape[1])
        self.net.train()

    def forward(self, images: Tensor) -> Tensor:
        """Maps ``(N, 3, H, W)`` to pooled features ``(N, feature_dim)``."""
        out: Tensor = self.net.forward_head(self.net.forward_features(images), pre_logits=True)
        return out


def _create(name: str, image_size: tuple[int, int], pretrained: bool) -> Any:
    try:
        import timm
    except ImportError:
        raise UsageError(f"model.backbone 'timm:{name}' needs timm, which is not installed: pip install timm") from None
    except (OSError, RuntimeError) as error:  # a torchvision built for another torch
        raise UsageError(f"model.backbone 'timm:{name}': timm cannot be imported ({str(error)[:120]})") from None
    if not timm.is_model(name):
        close = ", ".join(timm.list_models(f"*{name[:6]}*")[:5]) or "none alike"
        raise UsageError(f"model.backbone: timm has no model '{name}'; it has {close}")
    options: dict[str, Any] = {"pretrained": pretrained, "num_classes": 0}
    try:
        return timm.create_model(name, img_size=image_size, **options)
    except TypeError:  # convolutional models take no image size
        return timm.create_model(name, **options)
    except Exception as error:  # whatever a hub's client raises
        raise UsageError(f"timm could not make '{name}': {' '.join(str(error).split())[:200]}") from None
