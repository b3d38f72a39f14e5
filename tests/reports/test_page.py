from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reports.samples import ANALYSIS, OTHER, Gap, add_source, jpeg_size, moment_of, query, result_of, write_video
from reseen.errors import InputError
from reseen.library import Filter, Skipped, Store
from reseen.models import Expected
from reseen.reports import write_report
from reseen.reports.page import ReportSettings, report_html
from reseen.searching import Moment

VOID = {"meta", "img", "br", "link", "input", "hr"}
NINE = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


class Page(HTMLParser):
    """The page as a browser would take it apart; complains about tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.raw = text
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def moments(store: Store, video: Path) -> list[Moment]:
    source = add_source(
        store, video, shown="clips/gate3.mp4", started_at=NINE, gaps=[Gap(7.0, 7.5, "damaged: it cannot be decoded")]
    )
    return [moment_of(store, source), moment_of(store, source, OTHER, 0.3)]


def page(store: Store, result: object, settings: ReportSettings | None = None) -> Page:
    return Page(report_html(store, result, settings or ReportSettings()))  # type: ignore[arg-type]


def test_stands_alone(store: Store, moments: list[Moment], tmp_path: Path) -> None:
    written = write_report(store, result_of(store, moments[:1]), tmp_path / "out.html")
    found = Page(written.read_text(encoding="utf-8"))
    assert found.raw.startswith("<!doctype html>")
    assert not re.search(r"https?:|[\"'(]//|@import|url\((?!#)", found.raw)
    assert not found.all("script") and not found.all("link") and not found.all("iframe")
    for image in found.all("img"):
        assert image["src"].startswith("data:image/jpeg;base64,")
        size = jpeg_size(base64.b64decode(image["src"].partition(",")[2], validate=True))
        assert size == (int(image["width"]), int(image["height"]))
        assert image["alt"]
    targets = {attributes["id"] for _, attributes in found.tags if "id" in attributes}
    for link in found.all("a"):
        assert link["href"].startswith("#") and link["href"][1:] in targets
    assert not any("style" in attributes or "onclick" in attributes for _, attributes in found.tags)


def test_its_policy_allows_its_own_style_and_nothing_else(store: Store, moments: list[Moment]) -> None:
    found = page(store, result_of(store, moments[:1]))
    (policy,) = [meta["content"] for meta in found.all("meta") if meta.get("http-equiv")]
    style = re.search(r"<style>(.*)</style>", found.raw, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_says_what_was_found(store: Store, moments: list[Moment]) -> None:
    result = result_of(store, moments[:1], query=query(("photo.jpg: the person is blurred",)))
    words = page(store, result).text
    assert "1 moment, 1 camera" in words
    assert "7.5 s of 1 source looked through · 0.5 s could not be looked through" in words
    assert "0:01.0 – 0:06.0 (5.0 s)" in words
    assert moments[0].wall_start is not None
    local = moments[0].wall_start.astimezone()
    assert f"{local:%Y-%m-%d %H:%M:%S}" in words
    assert "very likely likeness 0.80" in words
    assert "by chance: fewer than 0.01" in words
    assert "photo.jpg: the person is blurred" in words
    assert "about 0.4 false matches expected among 3,104 people" in words
    assert "shown from a likeness of 0.50 on" in words
    assert "visual similarity, not identity" in words and "no face recognition" in words
    assert "damaged: it cannot be decoded" in words and "0:07.0 – 0:07.5" in words


def test_says_what_it_was_made_with(store: Store, moments: list[Moment]) -> None:
    words = page(store, result_of(store, moments[:1])).text
    for value in (*(source.sha256 for source in store.sources()), "d" * 64, "ab" * 32, "c" * 64):
        assert value in words
    for name, value in json.loads(ANALYSIS).items():
        assert f"{name} {json.dumps(value)}" in words
    assert "detector-a" in words and "embedder-a" in words
    assert re.search(r"reseen \d+\.\d+", words) and re.search(r"python 3\.\d+", words)
    assert re.search(r"onnxruntime \d+\.\d+", words)


def test_draws_the_box_of_the_person(store: Store, moments: list[Moment]) -> None:
    found = page(store, result_of(store, moments[:1]))
    (over,) = [rect for rect in found.all("rect") if rect.get("class") == "over"]
    # picture(3.0) is not shrunk, and the wanted person stands at x = 20 + 28 * 3 there.
    assert (over["x"], over["y"], over["width"], over["height"]) == ("104.0", "130.0", "32.0", "90.0")
    whole = page(store, result_of(store, moments[:1], query=query(whole=True)))
    assert not [rect for rect in whole.all("rect") if rect.get("class") == "over"]
    assert "the whole picture is used" in whole.text


def test_the_timeline_is_to_scale(store: Store, moments: list[Moment]) -> None:
    found = page(store, result_of(store, moments[:1]))
    bars = {rect["class"]: rect for rect in found.all("rect") if rect.get("x", "").endswith("%")}
    assert bars["footage"]["x"] == "0.0%" and bars["footage"]["width"] == "100.0%"
    assert bars["moment"]["x"] == "12.5%" and bars["moment"]["width"] == "62.5%"
    assert bars["hatched"]["x"] == "87.5%" and bars["hatched"]["width"] == "6.25%"
    assert "not looked through: clips/gate3.mp4, 0:07.0 to 0:07.5: damaged: it cannot be decoded" in found.text


def test_names_cannot_break_out(store: Store, video: Path) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(2)>{{ 7 * 7 }}.mp4'
    source = add_source(
        store, video, shown=evil, camera=evil, gaps=[Gap(7.0, 7.5, "</table><script>alert(3)</script>")]
    )
    result = result_of(
        store, [moment_of(store, source)], query=query((f"{evil}: blurred",), name=evil), warnings=(evil,),
        wanted=Filter(cameras=(evil,)),
    )  # fmt: skip
    found = page(store, result)
    assert not found.all("script")
    assert "<script" not in found.raw.lower()
    assert not any("onerror" in attributes for _, attributes in found.tags)
    assert found.text.count("<script>alert(1)</script>") >= 5
    assert "49.mp4" not in found.raw


def test_nothing_found_is_not_said_of_what_was_not_seen(store: Store, moments: list[Moment]) -> None:
    coverage = replace(
        store.coverage(), skipped=(Skipped(0, "broken.mp4", 0.0, 0.0, "there is no picture in it"),), without_clock=2
    )
    words = page(store, result_of(store, [], coverage=coverage, by_chance=None)).text
    assert "No moment found in what was looked through" in words
    assert "1 file could not be looked through" in words
    assert "broken.mp4" in words and "there is no picture in it" in words
    assert "2 sources have no clock" in words
    assert "nobody has measured" in words


def test_below_the_threshold_is_apart_and_not_counted(store: Store, moments: list[Moment]) -> None:
    found = page(store, result_of(store, moments[:1], below=tuple(moments[1:])))
    assert "1 moment, 1 camera" in found.text
    assert "Below the threshold" in found.text
    assert "unsure likeness 0.30" in found.text
    assert len(found.all("article")) == 2


def test_pictures_are_capped_and_it_says_so(store: Store, moments: list[Moment]) -> None:
    many = [replace(moments[0], score=0.9 - index / 100) for index in range(7)]
    found = page(store, result_of(store, many), ReportSettings(pictures=3))
    assert len(found.all("img")) == 1 + 3
    assert "pictures are shown for the first 3 of 7 moments" in found.text
    assert "0.84, very likely" in found.text
    targets = {attributes["id"] for _, attributes in found.tags if "id" in attributes}
    assert {f"moment-{number}" for number in range(1, 8)} <= targets


def test_a_missing_picture_is_said(store: Store, moments: list[Moment], tmp_path: Path) -> None:
    for shot in (tmp_path / "my.reseen" / "shots").rglob("*.jpg"):
        shot.unlink()
    assert "the picture is missing" in page(store, result_of(store, moments[:1])).text


def test_only_what_was_asked_about(store: Store, video: Path, tmp_path: Path) -> None:
    asked = add_source(store, video, shown="old-name.mp4", started_at=NINE)
    write_video(tmp_path / "secret.mp4", 1.0)
    add_source(store, tmp_path / "secret.mp4", camera="Elsewhere", seconds=1.0, tracklets=[])
    result = result_of(
        store,
        [moment_of(store, asked)],
        wanted=Filter(sources=(asked.id,)),
        names={asked.id: "as/given.mp4"},
        coverage=store.coverage(Filter(sources=(asked.id,))),
    )
    words = page(store, result).text
    assert "secret.mp4" not in words and "Elsewhere" not in words
    assert "as/given.mp4" in words


def test_filters_are_named(store: Store, moments: list[Moment]) -> None:
    wanted = Filter(cameras=("Gate*",), start=NINE, end=NINE + timedelta(hours=1))
    words = page(store, result_of(store, moments[:1], wanted=wanted)).text
    assert "Cameras Gate*" in words
    assert f"From {NINE.astimezone():%Y-%m-%d %H:%M:%S}" in words


def test_export_is_audited(store: Store, moments: list[Moment], tmp_path: Path) -> None:
    path = write_report(store, result_of(store, moments[:1]), tmp_path / "out.html")
    (entry,) = store.audit(action="export")
    assert json.loads(entry.detail) == {"kind": "report", "file": str(path), "threshold": 0.5}
    assert entry.photos == ("c" * 64,) and entry.results == 1


def test_written_whole_or_not_at_all(store: Store, moments: list[Moment], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    result = result_of(store, moments[:1])
    store.record = _fails  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        write_report(store, result, folder / "out.html")
    assert list(folder.iterdir()) == []


def _fails(*_: object, **__: object) -> int:
    raise RuntimeError("disk full")


def test_replaces_reports_alone(store: Store, moments: list[Moment], tmp_path: Path) -> None:
    result = result_of(store, moments[:1])
    path = tmp_path / ("n" * 240 + ".html")
    write_report(store, result, path)
    write_report(store, result, path)
    footage = tmp_path / "clip.mp4"
    footage.write_bytes(b"\0\0\0\x20ftypisom")
    with pytest.raises(InputError, match=r"clip\.mp4: something that is no report has this name"):
        write_report(store, result, footage)
    assert footage.read_bytes() == b"\0\0\0\x20ftypisom"
    with pytest.raises(InputError, match="this is a folder"):
        write_report(store, result, tmp_path)
    with pytest.raises(InputError, match=r"out\.html: there is no folder .*nowhere"):
        write_report(store, result, tmp_path / "nowhere" / "out.html")
    assert sorted(tmp_path.glob("*.html")) == [path]  # looking whether it can be written left nothing
    assert not list(tmp_path.glob(".reseen-*"))


def test_certainty_without_a_curve(store: Store, moments: list[Moment]) -> None:
    bare = replace(moments[0], expected_false_matches=None)
    words = page(store, result_of(store, [bare], by_chance=Expected(9.0, True))).text
    assert "likely likeness 0.80" in words and "by chance:" not in words
    assert "fewer than 9.0 false matches expected" in words


def test_contrast_is_enough_for_weak_eyes() -> None:
    """Text against what lies behind it reaches 4.5 to 1 (WCAG 2.2, AA), in light and in dark."""
    import reseen.reports.page

    style = reseen.reports.page._style()
    light = dict(re.findall(r"--(\w[\w-]*): (#[0-9a-f]{3,6})", style.split("@media")[0]))
    dark = light | dict(re.findall(r"--(\w[\w-]*): (#[0-9a-f]{3,6})", style.split("@media")[1]))
    pairs = [("ink", "bg"), ("ink", "panel"), ("soft", "bg"), ("soft", "panel"), ("soft", "shot"), ("warn", "bg"),
             ("warn", "panel"), ("warn", "warn-soft")]  # fmt: skip
    for colours in (light, dark):
        for text, ground in pairs:
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        assert _contrast(colours["accent"], colours["track"]) >= 3.0


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_stay_in_several_files_and_a_still(store: Store, moments: list[Moment]) -> None:
    half = replace(moments[0], group=7)
    still = replace(moments[0], start=0.0, end=0.0, group=8)
    words = page(store, result_of(store, [half, half, still])).text
    assert words.count("one stay in 2 files") == 2
    assert "still picture" in words


def test_a_library_open_for_reading_is_enough(store: Store, moments: list[Moment], tmp_path: Path) -> None:
    result = result_of(store, moments[:1])
    store.close()
    with Store.open(tmp_path / "my.reseen") as reading:
        write_report(reading, result, tmp_path / "out.html")
        assert len(reading.audit(action="export")) == 1


def test_cameras_with_areas_are_named(store: Store, moments: list[Moment]) -> None:
    store.set_areas("Gate 3", '{"include": [[[0, 0], [1, 0], [1, 1]]], "exclude": []}')
    assert "Only a part of the picture counts, as was set for: Gate 3." in page(store, result_of(store, moments)).text
