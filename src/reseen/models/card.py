"""The card: what a model's file does not say, as TOML beside it."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from reseen.errors import InputError
from reseen.models.curve import ScoreCurve
from reseen.models.spec import STRICT, DetectorSpec, EmbedderSpec, InputSpec

Task = Literal["detection", "reid"]
Family = Literal["yolox", "nanodet", "omz-ssd", "reid"]
SafeName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]


@dataclass(frozen=True, config=STRICT)
class ModelFile:
    """One file of a model.

    Attributes:
        name: File name, without a folder.
        size: Bytes, if known.
        sha256: Checksum in lower-case hex, if known.
        sha384: The same, where a publisher states this one.
        url: Where it can be downloaded, if it can.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.(onnx|xml|bin)$")]
    size: Annotated[int, Field(ge=1)] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    sha384: Annotated[str, Field(pattern=r"^[0-9a-f]{96}$")] | None = None
    url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None

    @property
    def pinned(self) -> bool:
        """Whether a checksum is known beforehand."""
        return self.sha256 is not None or self.sha384 is not None


@dataclass(frozen=True, config=STRICT)
class ModelVersion:
    """Files that belong together; a model may be accepted in several versions with the same outputs.

    Attributes:
        files: The file that is opened (``.onnx`` or ``.xml``) first, then those it needs beside it.
        label: Where these bytes come from.
    """

    files: Annotated[tuple[ModelFile, ...], Field(min_length=1)]
    label: str = ""

    @property
    def downloadable(self) -> bool:
        """Whether every file has an address."""
        return all(file.url is not None for file in self.files)

    @property
    def size(self) -> int | None:
        """Bytes of all files together, if known."""
        sizes = [file.size for file in self.files if file.size is not None]
        return sum(sizes) if len(sizes) == len(self.files) else None


@dataclass(frozen=True, config=STRICT)
class Card:
    """What must be known of a model to run it right and to judge what it says.

    Attributes:
        name: The name by which it is chosen.
        task: ``detection`` or ``reid``.
        family: Which decoder reads its outputs.
        summary: One line for people.
        licence: SPDX name or words.
        source: Who made it, and which release.
        data: What it was trained on, as far as known.
        versions: Accepted sets of files; the first is the one that is downloaded.
        input: The input.
        rank: Order of preference among the models of a task that are present; lower comes first.
        requires: The extra that must be installed to run it, if any.
        detector: How its outputs are read (``detection``).
        embedder: How its output is read (``reid``).
        published: Figures of the source project, not measured here.
        measured: Figures measured by this project.
        notes: Traps and peculiarities.
        threshold: Default score from which a match is reported (``reid``).
        strangers: What strangers score usually (``reid``), the level to which scores are normalised.
        curve: How often strangers reach a score (``reid``), once measured.
    """

    name: SafeName
    task: Task
    family: Family
    summary: str
    licence: str
    source: str
    data: str
    versions: Annotated[tuple[ModelVersion, ...], Field(min_length=1)]
    input: InputSpec
    rank: Annotated[int, Field(ge=0)] = 1000
    requires: Literal["openvino"] | None = None
    detector: DetectorSpec | None = None
    embedder: EmbedderSpec | None = None
    published: dict[str, float | str] = Field(default_factory=dict)
    measured: dict[str, float | str] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    threshold: Annotated[float, Field(ge=-1.0, le=1.0)] = 0.5
    strangers: Annotated[float, Field(ge=-1.0, le=1.0)] | None = None
    curve: ScoreCurve | None = None

    @property
    def main_name(self) -> str:
        """Name of the file that is opened."""
        return self.versions[0].files[0].name

    @property
    def downloadable(self) -> bool:
        """Whether it can be pulled."""
        return self.versions[0].downloadable

    @model_validator(mode="after")
    def _consistent(self) -> Card:
        if self.task == "detection" and (self.detector is None or self.embedder is not None):
            raise ValueError("a detection card needs [detector] and has no [embedder]")
        if self.task == "reid" and (self.embedder is None or self.detector is not None):
            raise ValueError("a reid card needs [embedder] and has no [detector]")
        if (self.family == "reid") != (self.task == "reid"):
            raise ValueError(f"family {self.family!r} does not do {self.task!r}")
        if self.task == "reid" and self.input.resize != "stretch":
            raise ValueError("a reid card must have input.resize = 'stretch'")
        self._check_decoding()
        for version in self.versions:
            _check_files(version)
            if version.files[0].name.endswith(".xml") and self.requires != "openvino":
                raise ValueError("an OpenVINO IR (.xml) needs requires = 'openvino'")
        return self

    def _check_decoding(self) -> None:
        spec = self.detector
        if spec is None:
            return
        if spec.person_class >= spec.classes:
            raise ValueError(f"detector.person_class {spec.person_class} is not below classes {spec.classes}")
        if self.family in ("yolox", "nanodet") and (not spec.strides or spec.nms_iou is None):
            raise ValueError(f"family {self.family!r} needs detector.strides and detector.nms_iou")
        if self.family == "nanodet" and spec.bins < 2:
            raise ValueError("family 'nanodet' needs detector.bins")
        sides = (self.input.width, self.input.height)
        if any(side % stride for side in sides for stride in spec.strides):
            raise ValueError("detector.strides must divide the input's width and height")


def _check_files(version: ModelVersion) -> None:
    names = [file.name for file in version.files]
    if len(set(names)) != len(names):
        raise ValueError("a file is named twice in one version")
    main = names[0]
    if main.endswith(".bin"):
        raise ValueError("the first file of a version must be the .onnx or .xml")
    if main.endswith(".xml") and main.removesuffix(".xml") + ".bin" not in names:
        raise ValueError(f"{main} needs its .bin in the same version")


_CARD: TypeAdapter[Card] = TypeAdapter(Card)


def parse_card(data: Mapping[str, object], shown: str) -> Card:
    """A card from parsed TOML.

    Args:
        data: The TOML document.
        shown: Name of the file for error messages.

    Raises:
        InputError: The first thing that is wrong, in one line.
    """
    try:
        return _CARD.validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise InputError(f"card {shown}: {_first_problem(error)}") from error
    except (TypeError, ValueError) as error:
        raise InputError(f"card {shown}: only texts, numbers, lists and tables are allowed ({error})") from error


def _first_problem(error: ValidationError) -> str:
    problems = error.errors()
    first = problems[0]
    place = ".".join(str(part) for part in first["loc"]) or "card"
    message = str(first["msg"]).removeprefix("Value error, ").replace("\n", " ")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{place}: {message}{more}"


def read_card(path: Path) -> Card:
    """Read a card.

    Raises:
        InputError: The file cannot be read, is no TOML, or is no card.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"card {path}: cannot be read ({error.strerror or error})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"card {path}: is not valid TOML ({error})") from error
    return parse_card(data, str(path))


def card_text(card: Card) -> str:
    """The card as TOML; reading it back gives an equal card."""
    data: dict[str, Any] = _CARD.dump_python(card, mode="json", exclude_none=True, exclude_defaults=True)
    return tomli_w.dumps(data)


def write_card(card: Card, path: Path) -> None:
    """Write a card whole or not at all; comments of a file that was there are lost.

    Raises:
        InputError: It cannot be written; what was there stays.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(card_text(card))
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"card {path}: cannot be written ({error.strerror or error})") from error
    finally:
        temporary.unlink(missing_ok=True)
