"""One way to run a network, whichever runtime does it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reseen.errors import InputError
from reseen.runtime.onnx_backend import OnnxBackend
from reseen.runtime.openvino_backend import OpenVinoBackend
from reseen.runtime.port import Arrays, Backend, Port
from reseen.runtime.settings import SessionSettings


class Session:
    """A loaded network with one image input.

    ``run`` may be called from several threads at once. What it says of a picture does not depend on the other
    pictures of the batch, up to rounding in the last digits of a float.

    Args:
        path: ``.onnx`` (ONNX Runtime, or OpenVINO if the settings say so) or ``.xml`` (OpenVINO).
        settings: Threads, provider, precision.

    Attributes:
        inputs: Names and shapes of the inputs; here always one, ``(N, C, H, W)``.
        outputs: Names and shapes of the outputs, in the order of ``run``.
        provider: What computes, for people.

    Raises:
        InputError: The file cannot be loaded, OpenVINO is missing, or the network is of another kind.
        UsageError: The provider asked for does not exist here.
    """

    def __init__(self, path: Path, settings: SessionSettings | None = None) -> None:
        chosen = settings or SessionSettings()
        if path.suffix not in (".onnx", ".xml"):
            raise InputError(f"model file {path}: only .onnx and .xml can be run")
        if not path.is_file():
            raise InputError(f"model file {path}: there is no such file")
        foreign = path.suffix == ".xml" or chosen.provider == "openvino"
        self._backend: Backend = OpenVinoBackend(path, chosen) if foreign else OnnxBackend(path, chosen)
        self.inputs: tuple[Port, ...] = self._backend.inputs
        self.outputs: tuple[Port, ...] = self._backend.outputs
        self.provider: str = self._backend.provider
        if len(self.inputs) != 1 or len(self.inputs[0].shape) != 4:
            shapes = ", ".join(str(port.shape) for port in self.inputs)
            raise InputError(f"model file {path}: needs one input (N, C, H, W), but has {shapes or 'none'}")

    def run(self, batch: NDArray[np.float32]) -> Arrays:
        """Run the network over any number of pictures.

        Args:
            batch: ``(N, C, H, W)`` float32, N at least 1, the other sizes as in ``inputs``.

        Returns:
            One array an output, N first, owned by the caller.

        Raises:
            ValueError: The batch has another shape or type.
        """
        self._check(batch)
        step = self._backend.batch
        if step is None or step == len(batch):
            return self._backend.run(np.ascontiguousarray(batch))
        parts = [self._part(batch[start : start + step], step) for start in range(0, len(batch), step)]
        return tuple(np.concatenate(pieces) for pieces in zip(*parts, strict=True))

    def _part(self, part: NDArray[np.float32], step: int) -> Arrays:
        missing = step - len(part)
        if missing == 0:
            return self._backend.run(np.ascontiguousarray(part))
        full = np.concatenate([part, np.repeat(part[-1:], missing, axis=0)])
        return tuple(out[: len(part)] for out in self._backend.run(full))

    def _check(self, batch: NDArray[np.float32]) -> None:
        wanted = self.inputs[0].shape[1:]
        fits = batch.ndim == 4 and len(batch) > 0 and batch.dtype == np.float32
        if not fits or any(size not in (None, have) for size, have in zip(wanted, batch.shape[1:], strict=True)):
            raise ValueError(f"batch is {batch.dtype} {batch.shape}; the network takes float32 (N, *{wanted})")
