"""Networks run by OpenVINO (the extra ``openvino``)."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reseen.errors import InputError
from reseen.runtime.port import Arrays, Port
from reseen.runtime.settings import SessionSettings

INSTALL = 'pip install "reseen[openvino]"'
TELEMETRY = "openvino_telemetry"
_IMPORTING = threading.Lock()


def installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("openvino") is not None


def load_openvino() -> Any:
    """The ``openvino`` module, imported without its telemetry.

    The package reports its own import to a server, unless its telemetry module is missing. What runs here
    must not call home, so the module is missing while ``openvino`` is imported.

    Raises:
        ImportError: The extra is not installed.
    """
    with _IMPORTING:
        if "openvino" in sys.modules or TELEMETRY in sys.modules:
            return importlib.import_module("openvino")
        # None makes an import of this name fail, see the documentation of sys.modules.
        sys.modules[TELEMETRY] = None  # type: ignore[assignment]
        try:
            return importlib.import_module("openvino")
        finally:
            del sys.modules[TELEMETRY]


class OpenVinoBackend:
    """A network in OpenVINO on the CPU. ``run`` may be called from several threads at once.

    Every call takes one picture (an open batch is closed to one): that is as fast as a batch on a CPU, and
    the numbers for a picture cannot depend on its neighbours.

    Args:
        path: An ``.xml`` with its ``.bin`` beside it, or an ``.onnx``.
        settings: Threads, precision.

    Raises:
        InputError: OpenVINO is not installed, or cannot load the file.
    """

    def __init__(self, path: Path, settings: SessionSettings) -> None:
        try:
            openvino = load_openvino()
        except ImportError as error:
            raise InputError(
                f"model file {path.name} needs OpenVINO, which is not installed; run: {INSTALL}"
            ) from error
        hints: dict[str, int | str] = {"INFERENCE_NUM_THREADS": settings.thread_count, "NUM_STREAMS": 1}
        if settings.precision == "f32":
            hints["INFERENCE_PRECISION_HINT"] = "f32"
        try:
            core = openvino.Core()
            model = core.read_model(path)
            _close_batch(model)
            self._compiled = core.compile_model(model, "CPU", hints)
        except Exception as error:
            # OpenVINO raises RuntimeError and others, with many lines.
            raise InputError(f"model file {path}: OpenVINO cannot load it ({_last_line(error)})") from error
        self._own = threading.local()
        self.inputs = tuple(_port(entry) for entry in model.inputs)
        self.outputs = tuple(_port(entry) for entry in model.outputs)
        self.batch = self.inputs[0].shape[0] if self.inputs and self.inputs[0].shape else 1
        self.provider = "OpenVINO CPU"

    def run(self, batch: NDArray[np.float32]) -> Arrays:
        """Outputs of one call.

        Args:
            batch: ``(N, C, H, W)`` float32 for the only input, N as in ``batch``.
        """
        # A request must not be used by two threads, the compiled network may.
        if not hasattr(self._own, "request"):
            self._own.request = self._compiled.create_infer_request()
        results = self._own.request.infer([batch], share_inputs=True)
        # The request writes its next results to the same memory.
        return tuple(np.array(results[index]) for index in range(len(self.outputs)))


def _close_batch(model: Any) -> None:
    for entry in model.inputs:
        shape = entry.partial_shape
        if shape.rank.is_static and len(shape) and shape[0].is_dynamic:
            shape[0] = 1
            model.reshape({entry: shape})


def _port(entry: Any) -> Port:
    names = sorted(entry.names)
    sizes = tuple(int(size.get_length()) if size.is_static else None for size in entry.partial_shape)
    return Port(names[0] if names else entry.node.friendly_name, sizes)


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
