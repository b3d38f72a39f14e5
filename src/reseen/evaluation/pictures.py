"""Pictures of an evaluation: ranked lists as a page, similarity histograms, training curves.

Everything is returned, nothing written. matplotlib (the ``training`` extra) is imported when a diagram is
drawn.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from reseen.evaluation.calibration import Pairs
from reseen.evaluation.curves import miss_rates

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: ``svg`` is sharp at any size, ``png`` shows everywhere.
Form = Literal["svg", "png"]

_INK, _SOFT, _LINE = "#1d1f21", "#6a6d70", "#e2e1dc"
_SAME, _DIFFERENT = "#0b6e63", "#a13a2f"
_SERIES = ("#0b6e63", "#b0622d", "#4667a8", "#8a6100", "#7b4a91", "#a13a2f")
_KINDS = {b"\xff\xd8": "jpeg", b"\x89P": "png", b"RI": "webp", b"GI": "gif"}


@dataclass(frozen=True)
class RankedImage:
    """One answer in a ranked list.

    Attributes:
        picture: An encoded picture (JPEG, PNG, WebP or GIF).
        caption: A word on it (identity, camera).
        similarity: Its similarity to the query.
        right: Whether it shows the query's person.
    """

    picture: bytes
    caption: str
    similarity: float
    right: bool


@dataclass(frozen=True)
class RankedQuery:
    """One query and the first answers.

    Attributes:
        picture: An encoded picture.
        caption: A word on it (identity, camera).
        note: A second line (average precision, say).
        images: The answers, best first.
    """

    picture: bytes
    caption: str
    note: str
    images: tuple[RankedImage, ...]


def ranked_page(title: str, facts: Sequence[tuple[str, str]], queries: Sequence[RankedQuery]) -> str:
    """An HTML page of queries with their first answers, right and wrong ones framed; opens offline.

    Args:
        title: Heading.
        facts: Names and values below it (model, data, mAP).
        queries: Rows of the page.
    """
    return _templates().get_template("ranked.html.j2").render(title=title, facts=facts, queries=queries)


def similarity_histogram(pairs: Pairs, threshold: float, title: str = "", form: Form = "svg") -> bytes:
    """Similarities of same and of different people, with the threshold and what it costs drawn in.

    Shares are of all pairs of a kind, so that two kinds of very different number compare.

    Args:
        pairs: Scores with known answer.
        threshold: The score from which a match is reported.
        title: Heading of the diagram.
        form: What is returned.

    Raises:
        ImportError: matplotlib is not installed.
    """
    figure, axes = _diagram(title)
    every = np.concatenate([pairs.same, pairs.different, [threshold]])
    edges = np.linspace(every.min() - 0.01, every.max() + 0.01, 61)
    for scores, name, colour in (
        (pairs.different, "different people", _DIFFERENT),
        (pairs.same, "same person", _SAME),
    ):
        if len(scores):
            weights = np.full(len(scores), 100 / len(scores))
            label = f"{name} ({len(scores):,} pairs)"
            axes.hist(scores, edges.tolist(), weights=weights, label=label, color=colour, alpha=0.55)
    axes.set_ylim(top=1.3 * axes.get_ylim()[1])  # room for the words beside the line
    _mark_threshold(axes, pairs, threshold, left=threshold > edges.mean())
    axes.set_xlabel("similarity")
    axes.set_ylabel("share of pairs, %")
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return _drawn(figure, form)


def training_curves(rows: Sequence[Mapping[str, str]], title: str = "", form: Form = "svg") -> bytes:
    """Curves of a training log over its epochs, one diagram a column, columns that hold no numbers left out.

    Args:
        rows: The rows of a CSV log, with a column ``epoch``; a cell may be empty.
        title: Heading.
        form: What is returned.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: There is no column of numbers, or an epoch is missing.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row if name not in ("epoch", "stage")))
    series = {name: points for name in columns if (points := _points(rows, name))}
    if not series:
        raise ValueError("the log holds no numbers to draw")
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    across = min(3, len(series))
    down = -(-len(series) // across)
    figure = Figure(figsize=(3.6 * across, 2.4 * down + 0.4), layout="constrained")
    figure.suptitle(title, color=_INK, fontsize=11)
    for number, (name, points) in enumerate(series.items()):
        axes = figure.add_subplot(down, across, number + 1)
        _style(axes)
        epochs, values = zip(*points, strict=True)
        marker = "o" if len(points) < 30 else ""
        axes.plot(epochs, values, color=_SERIES[number % len(_SERIES)], linewidth=1.6, marker=marker, markersize=3)
        axes.set_title(name, fontsize=10, color=_INK, loc="left")
        axes.set_xlabel("epoch", fontsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return _drawn(figure, form)


def _mark_threshold(axes: Axes, pairs: Pairs, threshold: float, *, left: bool) -> None:
    """A line at the threshold, and on one side of it the errors it brings."""
    reached = float((pairs.different >= threshold).mean()) if len(pairs.different) else 0.0
    missed = float(miss_rates(pairs.same, np.array([threshold]))[0]) if len(pairs.same) else 0.0
    told = (
        f"threshold {threshold:.3f}",
        f"{_percent(reached)} of strangers reach it",
        f"{_percent(missed)} of right ones do not",
    )
    axes.axvline(threshold, color=_INK, linewidth=1.5)
    axes.annotate(
        "\n".join(told),
        (threshold, 0.98),
        xycoords=("data", "axes fraction"),
        xytext=(-6 if left else 6, 0),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top",
        color=_INK,
        fontsize=9,
    )


def _points(rows: Sequence[Mapping[str, str]], name: str) -> list[tuple[float, float]]:
    """Epoch and value where the cell is a number."""
    points = []
    for row in rows:
        if "epoch" not in row:
            raise ValueError("the log has no column epoch")
        try:
            points.append((float(row["epoch"]), float(row.get(name) or "")))
        except ValueError:
            continue
    return points


def _diagram(title: str) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    _style(axes)
    axes.set_title(title, fontsize=11, color=_INK, loc="left")
    return figure, axes


def _style(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(_LINE)
    axes.tick_params(colors=_SOFT, labelsize=8)
    axes.xaxis.label.set_color(_SOFT)
    axes.yaxis.label.set_color(_SOFT)
    axes.grid(axis="y", color=_LINE, linewidth=0.6)
    axes.set_axisbelow(True)


def _drawn(figure: Figure, form: Form) -> bytes:
    buffer = io.BytesIO()
    # No date inside: the same figures give the same file.
    figure.savefig(buffer, format=form, dpi=144, metadata={"Date": None} if form == "svg" else None)
    return buffer.getvalue()


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 or share == 0 else f"{100 * share:.1g} %"


def _data_address(picture: bytes) -> str:
    kind = _KINDS.get(picture[:2])
    if kind is None:
        raise ValueError("a picture must be JPEG, PNG, WebP or GIF")
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("reseen.evaluation"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["data_address"] = _data_address
    return environment
