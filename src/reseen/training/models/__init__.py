"""The networks that can be trained: a `ModelSpec` in, a `ReidModel` out; PyTorch alone, timm on demand."""

from reseen.training.models.build import build_model
from reseen.training.models.interface import ReidModel, TrainingOutputs
from reseen.training.models.spec import ClipSpec, ModelSpec

__all__ = ["ClipSpec", "ModelSpec", "ReidModel", "TrainingOutputs", "build_model"]
