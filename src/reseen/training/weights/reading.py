"""Tensors from a file, and nothing else from it."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from reseen.errors import InputError
from reseen.training.weights.torchscript import is_torchscript, read_torchscript

WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
PREFIXES = ("module.", "_orig_mod.")


def read_state(path: str | Path) -> dict[str, Tensor]:
    """Reads a state dict from a ``.safetensors`` file, a torch checkpoint or a TorchScript archive.

    Wrapping dictionaries (``state_dict`` and the like) and the prefixes of distributed or compiled models are
    taken off. No code in the file is run.

    Returns:
        Tensors by name, on the CPU, of the file's own types.

    Raises:
        InputError: The file is missing, damaged, holds Python objects other than tensors, or no tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file of weights")
    if path.suffix == ".safetensors":
        state = _read_safetensors(path)
    elif is_torchscript(path):
        state = read_torchscript(path)
    else:
        state = _tensors(_read_torch(path), path)
    for prefix in PREFIXES:
        if state and all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): value for key, value in state.items()}
    return state


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        state: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{path}: not a whole safetensors file ({error})") from None
    return state


def _read_torch(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on the pickle protocol are for programmers
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise InputError(f"{path}: {_refusal(str(error))}") from None
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"{path}: not a whole torch checkpoint ({reason[:160]})") from None


def _refusal(message: str) -> str:
    found = re.search(r"GLOBAL ([\w.]+)", message)
    if found:
        return (
            f"refused: loading it would run code of its own ({found.group(1)}); "
            "ask for a file with tensors only, best as .safetensors"
        )
    return "not a checkpoint of torch, or one that holds more than tensors; ask for a .safetensors file"


def _tensors(content: Any, path: Path) -> dict[str, Tensor]:
    if isinstance(content, Mapping):
        for wrapper in WRAPPERS:
            if isinstance(content.get(wrapper), Mapping):
                return _tensors(content[wrapper], path)
        state = {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
        if state:
            return state
    raise InputError(f"{path}: no tensors by name in it; it is not a state dict")
