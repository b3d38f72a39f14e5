"""How a network runs: pictures of the right size in, arrays out.

One ``Session`` over ONNX Runtime (default) and OpenVINO (extra ``openvino``); threads, provider and precision
are explicit. ``TensorMaker`` turns pixels into the numbers that a card asks for (OpenCV, numpy).
"""

from __future__ import annotations

from reseen.runtime.port import Port
from reseen.runtime.providers import ProviderInfo, providers
from reseen.runtime.session import Session
from reseen.runtime.settings import PROVIDERS, Precision, Provider, SessionSettings, usable_cores
from reseen.runtime.tensor import TensorMaker

__all__ = [
    "PROVIDERS",
    "Port",
    "Precision",
    "Provider",
    "ProviderInfo",
    "Session",
    "SessionSettings",
    "TensorMaker",
    "providers",
    "usable_cores",
]
