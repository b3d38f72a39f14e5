"""Weights from files and hubs: a path or a name in, a filled model out.

Files are read by safetensors, by torch in its tensors-only mode, or, for TorchScript archives, by a reader
that takes nothing but tensors; a file that would run code is refused.
"""

from reseen.training.weights.download import KNOWN_WEIGHTS, find_weights
from reseen.training.weights.filling import LoadedWeights, load_weights
from reseen.training.weights.published import Checkpoint, clip_spec, open_checkpoint
from reseen.training.weights.reading import read_state

__all__ = [
    "KNOWN_WEIGHTS",
    "Checkpoint",
    "LoadedWeights",
    "clip_spec",
    "find_weights",
    "load_weights",
    "open_checkpoint",
    "read_state",
]
