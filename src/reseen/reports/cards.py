"""Moments as a report shows them: with a picture, or as a row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reseen.library import Store
from reseen.reports.pictures import Inline, shot_picture
from reseen.reports.table import clock
from reseen.reports.wording import by_chance, length, wall
from reseen.searching import Moment, SearchResult, how_sure


@dataclass(frozen=True)
class Row:
    """A moment in words.

    Attributes:
        number: Place in the result, from 1.
        camera: Where.
        source: The footage as the user named it.
        times: When in it: ``0:12.4 – 0:25.0``; empty for a still picture.
        length: How long: ``12.6 s``.
        wall: Wall-clock time of the start, or empty.
        sure: Certainty in words.
        score: The score.
        bar: The score as percent of a bar's width.
        chance: How many such matches chance would give, or empty.
        stay: That the same stay goes on in other files, or empty.
        below: Whether it lies below the threshold.
    """

    number: int
    camera: str
    source: str
    times: str
    length: str
    wall: str
    sure: str
    score: str
    bar: float
    chance: str
    stay: str
    below: bool


@dataclass(frozen=True)
class Card:
    """A moment with the picture of its best shot (None when it is missing) and what it shows, in words."""

    row: Row
    picture: Inline | None
    alt: str


def cards(store: Store, result: SearchResult, moments: Sequence[Moment]) -> tuple[Card, ...]:
    """The first moments, with pictures.

    Args:
        store: Where the pictures are.
        result: The result they belong to.
        moments: The first of its moments, in its order.
    """
    return tuple(
        Card(row, shot_picture(store, moment.best_shot), _alt(moment))
        for row, moment in zip(rows(result, moments, 0), moments, strict=True)
    )


def rows(result: SearchResult, moments: Sequence[Moment], first: int) -> tuple[Row, ...]:
    """The moments from the place ``first`` on, in words."""
    files: dict[int, int] = {}
    for moment in (*result.moments, *result.below):
        files[moment.group] = files.get(moment.group, 0) + 1
    return tuple(
        _row(result, moment, place + 1, files.get(moment.group, 1))
        for place, moment in enumerate(moments)
        if place >= first
    )


def _row(result: SearchResult, moment: Moment, number: int, files: int) -> Row:
    still = moment.end <= moment.start
    expected = moment.expected_false_matches
    return Row(
        number=number,
        camera=moment.camera,
        source=moment.source,
        times=("" if moment.start == 0 else clock(moment.start))
        if still
        else f"{clock(moment.start)} – {clock(moment.end)}",
        length="" if still else length(moment.end - moment.start),
        wall="" if moment.wall_start is None else wall(moment.wall_start),
        sure=how_sure(moment, result.threshold),
        score=f"{moment.score:.2f}",
        bar=round(min(max(moment.score, 0.0), 1.0) * 100, 1),
        chance="" if expected is None else by_chance(expected, moment.at_most),
        stay=f"one stay in {files} files" if files > 1 else "",
        below=moment.score < result.threshold,
    )


def _alt(moment: Moment) -> str:
    return f"The person at their most alike: {moment.camera}, {clock(moment.best_time)} of {moment.source}"
