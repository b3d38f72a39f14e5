"""What can compute here, for people."""

from __future__ import annotations

from dataclasses import dataclass

import onnxruntime as ort

from reseen.runtime import openvino_backend
from reseen.runtime.onnx_backend import ORDER
from reseen.runtime.settings import Provider


@dataclass(frozen=True)
class ProviderInfo:
    """One thing that can run networks, or could.

    Attributes:
        name: The name by which it is chosen.
        runtime: Runtime and version.
        available: Whether it is installed (that the hardware works is only seen by running something).
        note: What to do if not, or what it found.
    """

    name: Provider
    runtime: str
    available: bool
    note: str = ""


def providers() -> tuple[ProviderInfo, ...]:
    """Everything that Reseen could run networks on, in its order of preference."""
    there = ort.get_available_providers()
    runtime = f"ONNX Runtime {ort.__version__}"
    found = [
        ProviderInfo(name, runtime, known in there, "" if known in there else "not in this build of ONNX Runtime")
        for name, known in ORDER.items()
    ]
    return (*found, _openvino())


def _openvino() -> ProviderInfo:
    if not openvino_backend.installed():
        return ProviderInfo("openvino", "OpenVINO", False, openvino_backend.INSTALL)
    try:
        openvino = openvino_backend.load_openvino()
        version = str(openvino.get_version()).split("-", 1)[0]
        devices = ", ".join(openvino.Core().available_devices)
    except (ImportError, RuntimeError) as error:
        return ProviderInfo("openvino", "OpenVINO", False, f"does not start ({error})".replace("\n", " "))
    return ProviderInfo("openvino", f"OpenVINO {version}", True, f"devices: {devices}")
