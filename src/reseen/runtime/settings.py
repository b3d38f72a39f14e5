"""How a network is run: threads, provider, precision."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Literal

from reseen.errors import UsageError

Provider = Literal["auto", "tensorrt", "cuda", "coreml", "directml", "cpu", "openvino"]
PROVIDERS: tuple[Provider, ...] = ("auto", "tensorrt", "cuda", "coreml", "directml", "cpu", "openvino")
Precision = Literal["f32", "fastest"]


@dataclass(frozen=True)
class SessionSettings:
    """How a network is run.

    Attributes:
        threads: Threads of one inference; 0 takes all cores this process may use.
        provider: What computes. ``auto`` takes the first of TensorRT, CUDA, CoreML, DirectML and CPU that is
            there (ONNX Runtime), or OpenVINO for its own format. ``openvino`` runs ``.onnx`` there too.
        precision: ``f32`` is the same on every machine up to rounding. ``fastest`` lets the runtime choose:
            OpenVINO then takes bf16 on some CPUs, which changes embeddings by up to 2 per cent.
    """

    threads: int = 0
    provider: Provider = "auto"
    precision: Precision = "f32"

    def __post_init__(self) -> None:
        if self.threads < 0:
            raise UsageError(f"threads is {self.threads}: give 0 (all cores) or more")
        if self.provider not in PROVIDERS:
            raise UsageError(f"provider {self.provider!r} is not known: choose one of {', '.join(PROVIDERS)}")
        if self.precision not in ("f32", "fastest"):
            raise UsageError(f"precision {self.precision!r} is not known: choose f32 or fastest")

    @property
    def thread_count(self) -> int:
        """The number of threads, never 0."""
        return self.threads or usable_cores()


def usable_cores() -> int:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
