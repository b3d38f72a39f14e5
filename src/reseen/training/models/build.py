"""From a `ModelSpec` to a network."""

from __future__ import annotations

from torch import nn

from reseen.errors import UsageError
from reseen.training.models.interface import ReidModel
from reseen.training.models.neck import NeckModel, initialise_convolutions
from reseen.training.models.osnet import OSNet
from reseen.training.models.residual import ResidualNet
from reseen.training.models.spec import ModelSpec

BACKBONES = ("residual", "osnet", "osnet_ain")


def build_model(spec: ModelSpec, num_classes: int, num_cameras: int = 0, num_views: int = 0) -> ReidModel:
    """Builds a network with fresh random weights.

    Args:
        spec: Which network.
        num_classes: Identities of the training set.
        num_cameras: Cameras of the training set (models with a camera embedding).
        num_views: Views of the training set (models with a view embedding).

    Raises:
        UsageError: `spec` names no known backbone, or sizes that do not fit one another.
    """
    backbone, feature_dim = _backbone(spec)
    return NeckModel(backbone, feature_dim, spec, num_classes)


def _backbone(spec: ModelSpec) -> tuple[nn.Module, int]:
    net: ResidualNet | OSNet
    if spec.backbone == "residual":
        widths = tuple(max(1, int(width * spec.width)) for width in spec.widths)
        net = ResidualNet(
            (widths[0], widths[1], widths[2], widths[3]),
            spec.depths,
            spec.instance_norm_stages,
            spec.last_stride,
        )
    elif spec.backbone in ("osnet", "osnet_ain"):
        net = OSNet(spec.width, instance_norm=spec.backbone == "osnet_ain")
    else:
        raise UsageError(
            f"model.backbone: no backbone named '{spec.backbone}'; one of {', '.join(BACKBONES)}"
        )
    initialise_convolutions(net)
    return net, net.feature_dim
