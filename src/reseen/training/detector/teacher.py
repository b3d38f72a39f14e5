"""A teacher that answers cell by cell: a network of the YOLOX family, with the features before its head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reseen.errors import InputError
from reseen.models import Catalogue
from reseen.training.detector.cells import STRIDES, grid
from reseen.training.detector.scenes import Pixels


@dataclass(frozen=True, eq=False)
class Taught:
    """What a teacher says of the N cells of a square canvas.

    Attributes:
        cells: ``(N, 5)`` float32: centre and size in YOLOX's parametrisation, score 0..1.
        features: ``(N, F)`` float32: its features of each cell, before the head divides.
    """

    cells: NDArray[np.float32]
    features: NDArray[np.float32]


class CellTeacher:
    """Runs a detector of the ``yolox`` family on canvases of its own input's size.

    Args:
        name: A model of the catalogue.
        threads: ONNX Runtime's threads.

    Raises:
        InputError: The model is of another family or its graph has no head of YOLOX's form.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        import onnx
        import onnxruntime

        located = Catalogue.load().locate(name)
        card = located.card
        if card.family != "yolox" or card.detector is None or card.detector.strides != STRIDES:
            raise InputError(f"model {name}: a teacher of cells must be of the family yolox with strides 8, 16, 32")
        self.name, self.size = name, card.input.height
        self._column, self._bgr = 5 + card.detector.person_class, card.input.colour == "BGR"
        model = onnx.load(located.path)
        stems = stem_outputs(model.graph, name)
        for stem in stems:
            model.graph.output.append(onnx.helper.make_tensor_value_info(stem, onnx.TensorProto.FLOAT, None))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._names = [model.graph.output[0].name, *stems]
        self.cells = len(grid(self.size, self.size)[0])

    def __call__(self, rgb: Pixels) -> Taught:
        """Look at one canvas ``(S, S, 3)`` uint8 RGB."""
        picture = rgb[:, :, ::-1] if self._bgr else rgb
        tensor = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
        outputs = self._session.run(self._names, {self._session.get_inputs()[0].name: tensor})
        rows = np.asarray(outputs[0][0])
        score = rows[:, 4] * rows[:, self._column]
        features = [np.asarray(each[0]).reshape(each.shape[1], -1).T for each in outputs[1:]]
        cells = np.concatenate([rows[:, :4], score[:, None]], 1)
        return Taught(cells.astype(np.float32), np.concatenate(features).astype(np.float32))


def stem_outputs(graph: object, shown: str) -> list[str]:
    """Names of the three tensors that a YOLOX head's two branches share, finest level first.

    Each branch ends in a convolution whose result reaches the head's last concatenation: walked backwards along
    first inputs, the class branch and the box branch of a level meet in that level's stem.

    Raises:
        InputError: The graph has another form.
    """
    nodes = list(graph.node)  # type: ignore[attr-defined]
    producers = {name: node for node in nodes for name in node.output}
    joins = [node for node in nodes if node.op_type == "Concat" and len(node.input) == 3]
    levels = [node for node in joins if node.input[2] in producers and producers[node.input[2]].op_type == "Sigmoid"]

    def trail(name: str) -> list[str]:
        found = []
        while name in producers and producers[name].input:
            found.append(name)
            name = producers[name].input[0]
        return found

    stems = []
    for level in levels:
        boxes, classes = trail(level.input[0]), set(trail(level.input[2]))
        shared = next((name for name in boxes if name in classes), None)
        if shared is not None and producers[shared].op_type == "Mul":
            stems.append(shared)
    if len(stems) != len(STRIDES):
        raise InputError(f"model {shown}: its graph has no head of YOLOX's form, so it cannot teach features")
    return stems
