"""From a `ModelSpec` to a network."""

from __future__ import annotations

from reseen.errors import UsageError
from reseen.training.models.clip_reid import ClipReid
from reseen.training.models.interface import ReidModel
from reseen.training.models.neck import NeckModel, initialise_convolutions
from reseen.training.models.osnet import OSNet
from reseen.training.models.residual import ResidualNet
from reseen.training.models.resnet_ibn import ResNet50
from reseen.training.models.spec import ModelSpec
from reseen.training.models.timm_backbone import TimmBackbone

TIMM_PREFIX = "timm:"
BACKBONES = (
    "residual",
    "osnet",
    "osnet_ain",
    "resnet50",
    "resnet50_ibn",
    "clip_vit",
    "clip_resnet",
    f"{TIMM_PREFIX}NAME",
)


def build_model(spec: ModelSpec, num_classes: int, num_cameras: int = 0, num_views: int = 0) -> ReidModel:
    """Builds a network with fresh random weights.

    Args:
        spec: Which network.
        num_classes: Identities of the training set; 0 builds no classifier (not for CLIP models).
        num_cameras: Cameras of the training set (models with a camera embedding).
        num_views: Views of the training set (models with a view embedding).

    Raises:
        UsageError: `spec` names no known backbone, or sizes that do not fit one another.
    """
    if spec.backbone in ("clip_vit", "clip_resnet"):
        return ClipReid(spec, num_classes, num_cameras, num_views)
    if spec.backbone.startswith(TIMM_PREFIX):
        timm_net = TimmBackbone(spec.backbone.removeprefix(TIMM_PREFIX), spec.image_size, spec.pretrained)
        return NeckModel(timm_net, timm_net.feature_dim, spec, num_classes)
    net = _own_backbone(spec)
    initialise_convolutions(net)
    return NeckModel(net, net.feature_dim, spec, num_classes)


def _own_backbone(spec: ModelSpec) -> ResidualNet | OSNet | ResNet50:
    if spec.backbone == "residual":
        first, second, third, fourth = (max(1, int(width * spec.width)) for width in spec.widths)
        widths = (first, second, third, fourth)
        return ResidualNet(widths, spec.depths, spec.instance_norm_stages, spec.last_stride)
    if spec.backbone in ("osnet", "osnet_ain"):
        return OSNet(spec.width, instance_norm=spec.backbone == "osnet_ain")
    if spec.backbone in ("resnet50", "resnet50_ibn"):
        return ResNet50(mixed_norm=spec.backbone == "resnet50_ibn", last_stride=spec.last_stride)
    raise UsageError(f"model.backbone: no '{spec.backbone}'; one of {', '.join(BACKBONES)}")
