"""Real networks of a few kilobytes, so that the rooms that run networks are tested without any download."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from reseen.models import Card, DetectorSpec, EmbedderSpec, InputSpec, LocatedModel, ModelFile, ModelVersion


def _save(path: Path, nodes: list, constants: dict[str, NDArray], source: list, out: list) -> Path:
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, source)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, out)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def linear_weights(height: int = 32, width: int = 16, dim: int = 6) -> NDArray[np.float32]:
    """``(3 * height * width, dim)``: what the linear network multiplies by."""
    return np.random.default_rng(7).normal(size=(3 * height * width, dim)).astype(np.float32)


def linear_network(path: Path, batch: int | str = "batch", height: int = 32, width: int = 16, dim: int = 6) -> Path:
    """Every pixel times a weight: sees order of channels, rows, columns and pictures."""
    nodes = [
        helper.make_node("Flatten", ["images"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weights"], ["output"]),
    ]
    weights = linear_weights(height, width, dim)
    return _save(path, nodes, {"weights": weights}, [batch, 3, height, width], [batch, dim])


def bright_network(path: Path, side: int = 64, strides: tuple[int, ...] = (8, 16), tall: float = 1.0) -> Path:
    """A YOLOX head that sees a person wherever a cell is bright: objectness is the cell's mean over 255.

    Boxes stand in the middle of the cell, are as wide as it and ``tall`` times as high.
    """
    nodes = [helper.make_node("ReduceMean", ["images"], ["gray"], axes=[1], keepdims=1)]
    constants: dict[str, NDArray] = {"white": np.array(255.0, np.float32)}
    levels = []
    for stride in strides:
        cells = (side // stride) ** 2
        still = np.zeros((1, cells, 4), np.float32)
        still[..., :2] = 0.5
        still[..., 3] = np.log(tall)
        constants |= {
            f"shape{stride}": np.array([1, cells, 1], np.int64),
            f"box{stride}": still,
            f"class{stride}": np.ones((1, cells, 1), np.float32),
        }
        pool = {"kernel_shape": [stride, stride], "strides": [stride, stride]}
        nodes += [
            helper.make_node("AveragePool", ["gray"], [f"pool{stride}"], **pool),
            helper.make_node("Div", [f"pool{stride}", "white"], [f"share{stride}"]),
            helper.make_node("Reshape", [f"share{stride}", f"shape{stride}"], [f"object{stride}"]),
            helper.make_node(
                "Concat", [f"box{stride}", f"object{stride}", f"class{stride}"], [f"level{stride}"], axis=2
            ),
        ]
        levels.append(f"level{stride}")
    nodes.append(helper.make_node("Concat", levels, ["output"], axis=1))
    total = sum((side // stride) ** 2 for stride in strides)
    return _save(path, nodes, constants, [1, 3, side, side], [1, total, 6])


def reid_card(name: str = "tiny-reid", **changes: object) -> Card:
    """The card of the linear network."""
    values: dict = {
        "name": name,
        "task": "reid",
        "family": "reid",
        "summary": "a linear map",
        "licence": "Apache-2.0",
        "source": "made here",
        "data": "none",
        "versions": (ModelVersion(files=(ModelFile(name=f"{name}.onnx"),)),),
        "input": InputSpec(width=16, height=32, colour="BGR"),
        "embedder": EmbedderSpec(dim=6),
    }
    return Card(**(values | changes))


def bright_card(name: str = "tiny-detector", **changes: object) -> Card:
    """The card of the bright network."""
    values: dict = {
        "name": name,
        "task": "detection",
        "family": "yolox",
        "summary": "sees what is bright",
        "licence": "Apache-2.0",
        "source": "made here",
        "data": "none",
        "versions": (ModelVersion(files=(ModelFile(name=f"{name}.onnx"),)),),
        "input": InputSpec(width=64, height=64, colour="BGR", resize="letterbox", fill=0),
        "detector": DetectorSpec(score_threshold=0.5, nms_iou=0.45, strides=(8, 16), classes=1),
    }
    return Card(**(values | changes))


def located(card: Card, path: Path) -> LocatedModel:
    """A model that needs no catalogue."""
    return LocatedModel(card, path, "0" * 64)
