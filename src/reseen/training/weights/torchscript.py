"""Tensors of a TorchScript archive, without running what it contains.

OpenAI publishes CLIP as TorchScript: a zip file with a pickled tree of module objects, their tensors and
their code. The tree is read with an unpickler that knows tensors and plain containers alone; the code is
never opened.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from reseen.errors import InputError

STORAGE_TYPES = {
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "DoubleStorage": torch.float64,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
TREE, CONSTANTS = "data.pkl", "constants.pkl"


def is_torchscript(path: Path) -> bool:
    """Tells whether a file is a TorchScript archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.split("/", 1)[-1] for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return False
    return TREE in names and CONSTANTS in names


def read_torchscript(path: Path) -> dict[str, Tensor]:
    """Reads parameters and buffers by their dotted names.

    Raises:
        InputError: The archive is damaged, or its tree holds anything but modules, tensors and plain values.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            folder = next(name for name in archive.namelist() if name.endswith(f"/{TREE}")).removesuffix(TREE)
            with archive.open(folder + TREE) as file:
                tree = _TreeReader(file, archive, folder).load()
    except pickle.UnpicklingError as error:
        raise InputError(f"{path}: refused: {error}") from None
    except (
        OSError,
        EOFError,
        KeyError,
        StopIteration,
        RuntimeError,
        ValueError,
        zipfile.BadZipFile,
    ) as error:
        raise InputError(f"{path}: a damaged TorchScript archive ({type(error).__name__})") from None
    return dict(_walk(tree, ""))


class _Module:
    """A module of the archive: only its attributes."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.attributes = state


class _StorageType:
    """Stands for torch's storage classes, which carry the type of the numbers."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype


def _walk(node: Any, prefix: str) -> Iterator[tuple[str, Tensor]]:
    for name, value in getattr(node, "attributes", {}).items():
        if isinstance(value, Tensor):
            yield prefix + name, value
        elif isinstance(value, _Module):
            yield from _walk(value, f"{prefix}{name}.")


def _tensor(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    return torch.as_strided(storage, size, stride, offset).clone()


def _plain(value: Any, *_: Any) -> Any:
    return value


class _TreeReader(pickle.Unpickler):
    def __init__(self, file: Any, archive: zipfile.ZipFile, folder: str) -> None:
        super().__init__(file)
        self._archive, self._folder = archive, folder
        self._storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("__torch__"):
            return _Module
        if module == "torch" and name in STORAGE_TYPES:
            return _StorageType(STORAGE_TYPES[name])
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch.jit._pickle":
            return _plain
        raise pickle.UnpicklingError(f"its tree names {module}.{name}, which is no tensor")

    def persistent_load(self, reference: Any) -> Tensor:
        kind, storage, key, *_ = reference
        if kind != "storage" or not isinstance(storage, _StorageType):
            raise pickle.UnpicklingError(f"its tree refers to a '{kind}', which is no tensor")
        if key not in self._storages:
            content = bytearray(self._archive.read(f"{self._folder}data/{key}"))
            empty = torch.empty(0, dtype=storage.dtype)
            self._storages[key] = torch.frombuffer(content, dtype=storage.dtype) if content else empty
        return self._storages[key]
