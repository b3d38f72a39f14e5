from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import tomli_w
from pydantic import ValidationError

import reseen.models
from reseen.errors import InputError
from reseen.models import Card, ScoreCurve, card_text, parse_card, read_card, write_card
from tiny_networks import bright_card, reid_card

SHIPPED = sorted((Path(reseen.models.__file__).parent / "cards").glob("*.toml"))

MINIMAL: dict = {
    "name": "mine",
    "task": "reid",
    "family": "reid",
    "summary": "s",
    "licence": "MIT",
    "source": "me",
    "data": "d",
    "versions": [{"files": [{"name": "mine.onnx"}]}],
    "input": {"width": 128, "height": 256, "colour": "RGB"},
    "embedder": {"dim": 4},
}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_card_says_what_is_needed(path: Path) -> None:
    card = read_card(path)
    assert card.name == path.stem
    assert card.licence in ("Apache-2.0", "MIT")
    assert all(file.url is None or file.url.startswith("https://") for v in card.versions for file in v.files)
    without = {f"yolox_{size}" for size in "mlx"}
    pinned = all(file.pinned and file.size for version in card.versions for file in version.files)
    assert pinned == (card.name not in without)


def test_all_of_the_catalogue_is_shipped() -> None:
    assert {path.stem for path in SHIPPED} >= {
        "nanodet_m_416",
        "osnet_x0_25_msmt17",
        "osnet_x0_5_msmt17",
        "person-detection-0200",
        "person-detection-0201",
        "person-detection-0202",
        "person-detection-retail-0013",
        *(f"person-reidentification-retail-{number}" for number in ("0277", "0286", "0287", "0288")),
        *(f"yolox_{size}" for size in ("nano", "tiny", "s", "m", "l", "x")),
    }


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_card_written_back_is_the_same(path: Path, tmp_path: Path) -> None:
    card = read_card(path)
    write_card(card, tmp_path / "card.toml")
    assert read_card(tmp_path / "card.toml") == card
    assert (tmp_path / "card.toml").read_text() == path.read_text(), "shipped cards are as write_card writes them"
    assert [p.name for p in tmp_path.iterdir()] == ["card.toml"]


def test_a_script_can_write_threshold_and_curve(tmp_path: Path) -> None:
    card = reid_card()
    curve = ScoreCurve(scores=(0.1, 0.5, 0.9), rates=(0.9, 0.01, 0.0), pairs=1000, source="x")
    changed = dataclasses.replace(card, threshold=0.61, curve=curve)
    write_card(changed, tmp_path / "c.toml")
    again = read_card(tmp_path / "c.toml")
    assert (again.threshold, again.curve) == (0.61, curve)
    assert "[curve]" in card_text(changed)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"extra": 1}, "extra: "),
        ({"name": "../evil"}, "name: "),
        ({"task": "faces"}, "task: "),
        ({"versions": []}, "versions: "),
        ({"versions": [{"files": [{"name": "a/b.onnx"}]}]}, "versions.0.files.0.name: "),
        ({"versions": [{"files": [{"name": "b.onnx", "sha256": "12"}]}]}, "versions.0.files.0.sha256: "),
        ({"versions": [{"files": [{"name": "b.onnx", "url": "file:///etc/x"}]}]}, "versions.0.files.0.url: "),
        ({"versions": [{"files": [{"name": "b.xml"}, {"name": "b.bin"}]}]}, "requires = 'openvino'"),
        ({"versions": [{"files": [{"name": "b.xml"}]}], "requires": "openvino"}, "needs its .bin"),
        ({"input": {"width": "128", "height": 256, "colour": "RGB"}}, "input.width: "),
        ({"input": {"width": 128, "height": 256, "colour": "GBR"}}, "input.colour: "),
        (
            {"input": {"width": 128, "height": 256, "colour": "RGB", "std": [0.0, 1.0, 1.0]}},
            "input: std must be",
        ),
        ({"input": {"width": 128, "height": 256, "colour": "RGB", "resize": "letterbox"}}, "'stretch'"),
        ({"embedder": {}}, "embedder.dim: "),
        ({"task": "detection", "family": "yolox"}, "needs [detector]"),
        ({"family": "yolox"}, "does not do"),
        ({"threshold": float("nan")}, "threshold: "),
        ({"curve": {"scores": [0.1, 0.1], "rates": [0.5, 0.4], "pairs": 5}}, "scores must rise"),
        ({"curve": {"scores": [0.1, 0.2], "rates": [0.4, 0.5], "pairs": 5}}, "rates must not rise"),
        ({"curve": {"scores": [0.1, 0.2], "rates": [0.4], "pairs": 5}}, "rates: "),
    ],
)
def test_a_wrong_card_gives_one_line(change: dict, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_card(MINIMAL | change, "x.toml")
    message = str(caught.value)
    assert message.startswith("card x.toml: ")
    assert says in message
    assert "\n" not in message


def test_several_problems_are_counted() -> None:
    with pytest.raises(InputError, match=r"\(and 1 more\)$"):
        parse_card(MINIMAL | {"task": "faces", "rank": -1}, "x.toml")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"strides": ()}, "strides"),
        ({"nms_iou": None}, "nms_iou"),
        ({"strides": (7,)}, "divide"),
        ({"person_class": 3}, "person_class"),
    ],
)
def test_a_detector_must_be_decodable(change: dict, says: str) -> None:
    card = bright_card()
    assert card.detector is not None
    with pytest.raises(ValidationError, match=says):
        bright_card(detector=dataclasses.replace(card.detector, **change))


@pytest.mark.parametrize("text", ["name = ", "name = 2026-01-01", "\x00"])
def test_what_is_no_card_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text(text)
    with pytest.raises(InputError) as caught:
        read_card(tmp_path / "card.toml")
    assert "\n" not in str(caught.value)


def test_a_missing_card_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_card(tmp_path / "none.toml")


def test_whole_numbers_serve_as_decimals() -> None:
    card = parse_card({**MINIMAL, "input": {**MINIMAL["input"], "divisor": 255}}, "x")
    assert card.input.divisor == 255.0


def test_a_card_is_frozen() -> None:
    card: Card = reid_card()
    with pytest.raises(dataclasses.FrozenInstanceError):
        card.threshold = 0.1  # type: ignore[misc]


def test_toml_and_card_agree(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(tomli_w.dumps(MINIMAL))
    assert read_card(tmp_path / "c.toml") == parse_card(MINIMAL, "x")
