"""Films of coloured rectangles that walk, and real networks of a few kilobytes that find and tell them apart.

Every person has a colour of their own: blue, green or red (the place of the channel in BGR). The detector gives a
box around what is bright in each channel; the embedder is a linear map of the pixels.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from reseen.detection import Detector
from reseen.embedding import Embedder
from reseen.library import ModelsUsed
from reseen.models import Card, Catalogue, DetectorSpec, EmbedderSpec, InputSpec, ModelFile, ModelVersion, write_card
from reseen.models.checksums import digest_file
from reseen.runtime import SessionSettings
from tiny_networks import bright_card, linear_network, located, reid_card

WIDTH, HEIGHT, RATE = 320, 192, 10
BLUE, GREEN, RED = range(3)
SIZE = (26, 78)  # width and height of a person in pixels
DIM = 32
MODELS = ModelsUsed("colours", "d" * 64, "linear", "e" * 64, DIM)
ONE_THREAD = SessionSettings(threads=1)


@dataclass(frozen=True)
class Walk:
    """A person who walks evenly from ``x0`` to ``x1`` (pixels) from ``start`` to ``end`` (seconds).

    Without other places they come in at the left edge and go out at the right one; somebody who pops up in the
    middle of the picture would be a cut in the film.
    """

    colour: int
    start: float
    end: float
    x0: float = -SIZE[0]
    x1: float = WIDTH
    y: float = 80.0

    def box(self, time: float) -> tuple[int, int, int, int]:
        """Pixels, clipped to the picture."""
        x = self._x(time)
        return max(x, 0), round(self.y), min(x + SIZE[0], WIDTH), round(self.y) + SIZE[1]

    def seen(self, time: float) -> bool:
        """Whether something of the person is in the picture."""
        x1, _, x2, _ = self.box(time)
        return self.start - 1e-6 <= time < self.end - 1e-6 and x2 > x1

    def draw(self, frame: NDArray[np.uint8], time: float) -> None:
        if self.seen(time):
            x1, y1, x2, y2 = self.box(time)
            left = x1 - self._x(time)
            frame[y1:y2, x1:x2] = person(self.colour)[:, left : left + x2 - x1]

    def _x(self, time: float) -> int:
        share = (time - self.start) / max(self.end - self.start, 1e-9)
        return round(self.x0 + share * (self.x1 - self.x0))


def person(colour: int, width: int = SIZE[0], height: int = SIZE[1]) -> NDArray[np.uint8]:
    """The picture of a person: bright in one channel, striped in the others."""
    pixels = np.full((height, width, 3), 40, np.uint8)
    pixels[:: 8 + 2 * colour, :, (colour + 1) % 3] = 90
    pixels[..., colour] = 235
    return pixels


def picture(time: float, walks: Sequence[Walk]) -> NDArray[np.uint8]:
    """What the camera sees; whoever comes later in the list is nearer."""
    frame = np.full((HEIGHT, WIDTH, 3), 30, np.uint8)
    frame[::16] = 50
    for walk in walks:
        walk.draw(frame, time)
    return frame


def film(path: Path, seconds: float, walks: Sequence[Walk], *, created: str | None = None) -> Path:
    """Write a clip of ``RATE`` frames a second with a key frame every second."""
    with av.open(str(path), "w") as container:
        if created is not None:
            container.metadata["creation_time"] = created
        stream = container.add_stream(
            "libx264",
            rate=RATE,
            options={
                "preset": "superfast",
                "crf": "12",
                "x264-params": f"keyint={RATE}:min-keyint={RATE}:scenecut=0:threads=1",
            },
        )
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        for index in range(round(seconds * RATE)):
            frame = av.VideoFrame.from_ndarray(picture(index / RATE, walks), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def colour_network(path: Path, height: int = 96, width: int = 160) -> Path:
    """An SSD head that gives for each channel the box around what is brighter than 128, with score 0.9."""
    nodes = [
        helper.make_node("Greater", ["images", "half"], ["bright"]),
        helper.make_node("Cast", ["bright"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["mask"], ["columns"], axes=[2], keepdims=0),
        helper.make_node("ReduceMax", ["mask"], ["rows"], axes=[3], keepdims=0),
        helper.make_node("ReduceMax", ["columns"], ["any"], axes=[2], keepdims=1),
        helper.make_node("Mul", ["any", "sure"], ["score"]),
        helper.make_node("Mul", ["any", "nothing"], ["picture"]),
        helper.make_node("Add", ["picture", "one"], ["label"]),
    ]
    for name, source, size in (("x", "columns", width), ("y", "rows", height)):
        for end, last in ((1, 0), (2, 1)):
            place = f"{name}{end}"
            nodes += [
                helper.make_node("ArgMax", [source], [f"{place}i"], axis=2, keepdims=1, select_last_index=last),
                helper.make_node("Cast", [f"{place}i"], [f"{place}f"], to=TensorProto.FLOAT),
                helper.make_node("Add", [f"{place}f", "one" if last else "nothing"], [f"{place}p"]),
                helper.make_node("Div", [f"{place}p", f"size{size}"], [place]),
            ]
    nodes += [
        helper.make_node("Concat", ["picture", "label", "score", "x1", "y1", "x2", "y2"], ["found"], axis=2),
        helper.make_node("Unsqueeze", ["found", "first"], ["output"]),
    ]
    numbers = {"half": 128.0, "sure": 0.9, "nothing": 0.0, "one": 1.0, f"size{width}": width, f"size{height}": height}
    constants = [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in numbers.items()]
    constants.append(numpy_helper.from_array(np.array([1], np.int64), "first"))
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, height, width])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 3, 7])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def colour_card(name: str = "colours", **changes: object) -> Card:
    values: dict = {
        "family": "omz-ssd",
        "summary": "finds blue, green and red people",
        "input": InputSpec(width=160, height=96, colour="BGR"),
        "detector": DetectorSpec(score_threshold=0.5, person_class=1, classes=2),
    }
    return bright_card(name, **(values | changes))


def linear_card(name: str = "linear", **changes: object) -> Card:
    values: dict = {"embedder": EmbedderSpec(dim=DIM), "threshold": 0.8}
    return reid_card(name, **(values | changes))


def colour_detector(folder: Path) -> Detector:
    return Detector(located(colour_card(), colour_network(folder / "colours.onnx")), None, ONE_THREAD)


def linear_embedder(folder: Path) -> Embedder:
    return Embedder(located(linear_card(), linear_network(folder / "linear.onnx", dim=DIM)), None, ONE_THREAD)


def put_models(folder: Path, *extra: Card) -> Path:
    """A folder of models as a user has them: each network with its card beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    put_model(folder, colour_card(), colour_network(folder / "colours.onnx"))
    for card in (linear_card(), *extra):
        assert card.embedder is not None
        put_model(folder, card, linear_network(folder / f"{card.name}.onnx", dim=card.embedder.dim))
    return folder


def catalogue(tmp_path: Path, *extra: Card) -> Catalogue:
    """A catalogue that knows these models, away from the user's own folders."""
    return Catalogue.load(
        [put_models(tmp_path / "models", *extra)],
        environment={},
        user_folder=tmp_path / "user",
        cache_folder=tmp_path / "cache",
    )


def put_model(folder: Path, card: Card, path: Path) -> None:
    """The card of a network beside it, with its checksum."""
    file = ModelFile(name=path.name, size=path.stat().st_size, sha256=digest_file(path).sha256)
    write_card(dataclasses.replace(card, versions=(ModelVersion(files=(file,)),)), folder / f"{card.name}.toml")
