"""Networks run by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from reseen.errors import InputError, UsageError
from reseen.runtime.port import Arrays, Port
from reseen.runtime.settings import Provider, SessionSettings

ERRORS_ONLY = 3
# Fastest first; one that is not there is passed over.
ORDER: dict[Provider, str] = {
    "tensorrt": "TensorrtExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "cpu": "CPUExecutionProvider",
}


def silence() -> None:
    """Keep warnings off stderr and, where a build has it, telemetry off the network."""
    ort.set_default_logger_severity(ERRORS_ONLY)
    ort.disable_telemetry_events()


class OnnxBackend:
    """A network in ONNX Runtime. ``run`` may be called from several threads at once.

    Args:
        path: The ``.onnx`` file.
        settings: Threads, provider, precision.

    Raises:
        InputError: The file cannot be loaded, or the provider asked for does not start.
        UsageError: The provider asked for is not part of this ONNX Runtime.
    """

    def __init__(self, path: Path, settings: SessionSettings) -> None:
        silence()
        providers = _providers(settings)
        try:
            # Opened by path, not by bytes: weights in a file beside it are found, and memory stays low.
            self._session = ort.InferenceSession(str(path), _options(settings, providers), providers=providers)
        except Exception as error:
            # ONNX Runtime's exceptions share no base class but Exception.
            raise InputError(f"model file {path}: ONNX Runtime cannot load it ({_first_line(error)})") from error
        active = self._session.get_providers()[0]
        wanted = ORDER.get(settings.provider)
        if wanted is not None and active != wanted:
            raise InputError(f"provider {settings.provider} does not start here: see reseen doctor, or use cpu")
        self.provider = active.removesuffix("ExecutionProvider")
        self.inputs = tuple(_port(entry) for entry in self._session.get_inputs())
        self.outputs = tuple(_port(entry) for entry in self._session.get_outputs())
        self.batch = self.inputs[0].shape[0] if self.inputs and self.inputs[0].shape else 1

    def run(self, batch: NDArray[np.float32]) -> Arrays:
        """Outputs of one call.

        Args:
            batch: ``(N, C, H, W)`` float32 for the only input.
        """
        return tuple(np.asarray(out) for out in self._session.run(None, {self.inputs[0].name: batch}))


def _providers(settings: SessionSettings) -> list[tuple[str, dict[str, Any]]]:
    there = ort.get_available_providers()
    if settings.provider == "auto":
        names = [name for name in ORDER.values() if name in there]
    else:
        name = ORDER[settings.provider]
        if name not in there:
            usable = ", ".join(key for key, value in ORDER.items() if value in there)
            raise UsageError(f"provider {settings.provider} is not part of this ONNX Runtime: there is {usable}")
        names = list(dict.fromkeys([name, ORDER["cpu"]]))
    return [(name, _provider_options(name, settings)) for name in names]


def _provider_options(name: str, settings: SessionSettings) -> dict[str, Any]:
    if name == ORDER["cuda"] and settings.precision == "f32":
        return {"use_tf32": "0"}
    return {}


def _options(settings: SessionSettings, providers: list[tuple[str, dict[str, Any]]]) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    options.intra_op_num_threads = settings.thread_count
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    # Waiting threads sleep: other stages need the cores that spinning would burn.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if any(name == ORDER["directml"] for name, _ in providers):
        options.enable_mem_pattern = False
    return options


def _port(entry: Any) -> Port:
    return Port(entry.name, tuple(size if isinstance(size, int) else None for size in entry.shape))


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:200] if text else type(error).__name__
