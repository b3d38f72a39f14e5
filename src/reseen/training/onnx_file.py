"""Writing ONNX files: from torch, small, without traces of the machine, whole or not at all."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from reseen.errors import InputError

OPSET = 18
SMALL_WEIGHTS = 1024


def convert_onnx(net: nn.Module, example: Tensor, path: Path, output: str, dynamic: dict[int, Any]) -> None:
    """Write a network with the input ``images`` as ONNX.

    Args:
        net: In evaluation mode, on the CPU.
        example: An input.
        path: The file.
        output: Name of the output.
        dynamic: Which of the input's dimensions may change, as ``torch.export`` names them.
    """
    options: dict[str, Any] = {"dynamo": True, "external_data": False, "verbose": False}
    with warnings.catch_warnings(), _quiet("onnxscript", "onnx_ir", "torch.onnx"):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            (example,),
            str(path),
            input_names=["images"],
            output_names=[output],
            dynamic_shapes=(dynamic,),
            opset_version=OPSET,
            **options,
        )
    _strip(path)


@contextmanager
def _quiet(*names: str) -> Iterator[None]:
    """The exporter's own log lines say nothing to a user."""
    loggers = [logging.getLogger(name) for name in names]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def store_half(path: Path) -> None:
    """Keep large weights as float16, each widened to float32 by a node that runtimes fold when they load."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < SMALL_WEIGHTS:
            continue
        name = tensor.name
        narrow = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}.half")
        tensor.CopyFrom(narrow)
        casts.append(onnx.helper.make_node("Cast", [narrow.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)


@contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """A draft of a model and its card; both take their names when the block ends well, neither does otherwise.

    The block writes the file that it is given and, with the ending ``.toml``, the card beside it.

    Args:
        path: The model's ``.onnx`` file.

    Raises:
        InputError: It has another ending, or cannot be written.
    """
    if path.suffix != ".onnx":
        raise InputError(f"{path}: an exported model must end in .onnx")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
            draft = Path(folder) / path.name
            yield draft
            settle(draft, path)
            settle(draft.with_suffix(".toml"), path.with_suffix(".toml"))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error}); nothing is half written") from error


def settle(temporary: Path, path: Path) -> None:
    """Give a finished file its name.

    Raises:
        InputError: It cannot be written there.
    """
    try:
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


def _strip(path: Path) -> None:
    """Take off what the exporter notes about itself: stack traces with the paths of this machine."""
    import onnx

    model = onnx.load(path)
    del model.metadata_props[:]
    for part in (*model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    for tensor in model.graph.initializer:
        del tensor.metadata_props[:]
        tensor.doc_string = ""
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    onnx.save(model, path)
