"""The options that several commands share, and how they become each room's settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reseen.errors import UsageError

if TYPE_CHECKING:
    from reseen.indexing import IndexSettings, Intake, Workers
    from reseen.runtime import SessionSettings
    from reseen.searching import SearchSettings
    from reseen.settings import Settings

OWN_LIBRARY = Path("my.reseen")
"""The library of the application where none is named."""

LibraryPath = Annotated[Path | None, typer.Option("--library", "-l", help="The library's folder.")]
NewLibraryPath = Annotated[
    Path | None, typer.Option("--library", "-l", help="The library's folder; made if there is none.")
]
CameraName = Annotated[
    str | None,
    typer.Option("--camera", help="The camera of this footage; else each file's name without ending."),
]
Start = Annotated[
    str | None,
    typer.Option("--start", help="Wall-clock start of the first file, as 2026-05-01T08:00:00+02:00."),
]
StartFromName = Annotated[
    str | None, typer.Option("--start-from-name", help='Read it from file names, as "cam1_%Y%m%d_%H%M%S".')
]
Zone = Annotated[
    str | None,
    typer.Option("--zone", help="Time zone of times without one, as Europe/Berlin; else this machine's."),
]
DetectorName = Annotated[str | None, typer.Option("--detector", help="The detector (see reseen models list).")]
EmbedderName = Annotated[str | None, typer.Option("--embedder", help="The embedder (see reseen models list).")]
Rate = Annotated[float | None, typer.Option("--rate", help="Frames analysed a second [default: 5].")]
Shots = Annotated[
    str | None,
    typer.Option("--shots", help="Best shots embedded per person and stretch: a number or 'all' [default: 4]."),
]
TilesOption = Annotated[
    str | None,
    typer.Option("--tiles", help="Look at parts of the picture too, for small people: 'auto' or a number."),
]
MinHeight = Annotated[int | None, typer.Option("--min-height", help="Leave out people smaller than this many pixels.")]
Gate = Annotated[
    bool | None, typer.Option("--gate/--no-gate", help="Skip frames in which nothing moved [default: gate].")
]
Include = Annotated[
    list[str] | None,
    typer.Option("--include", help="Only people standing here: 'x,y x,y x,y' in fractions 0..1."),
]
Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", help="Nobody standing here: 'x,y x,y x,y' in fractions 0..1.")
]
SegmentSeconds = Annotated[
    float | None,
    typer.Option("--segment", help="Seconds of footage after which what was found is committed [default: 30]."),
]
Threads = Annotated[int | None, typer.Option("--threads", help="Threads of a network; 0 takes what is there.")]

Person = Annotated[
    int | None,
    typer.Option("--person", help="Which person of the photo: the n-th from the left [default: the largest]."),
]
Box = Annotated[str | None, typer.Option("--box", help="The person in the photo, as x1,y1,x2,y2 in pixels.")]
Threshold = Annotated[
    float | None,
    typer.Option("--threshold", help="Score from which a match is reported [default: the model's own]."),
]
Top = Annotated[int | None, typer.Option("--top", min=1, help="At most so many moments.")]
Everything = Annotated[bool, typer.Option("--all", help="Also show what lies below the threshold.")]
Rerank = Annotated[bool, typer.Option("--rerank", help="Order by k-reciprocal re-ranking.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")]
ReportFile = Annotated[
    Path | None, typer.Option("--report", help="Write a report: one HTML file with pictures, opens offline.")
]
ClipsFolder = Annotated[
    Path | None, typer.Option("--clips", help="Cut each moment out of its source into this folder.")
]
Padding = Annotated[
    float | None,
    typer.Option("--padding", min=0, help="Seconds kept before and after a moment in clips [default: 2]."),
]
Blur = Annotated[bool, typer.Option("--blur", help="Blur everybody but the wanted person in the clips.")]


def settings(**flags: object) -> Settings:
    """The settings from ``reseen.toml``, the environment and flags; flags that were not given are left out."""
    from reseen.settings import Settings

    return Settings.load(**{name: value for name, value in flags.items() if value is not None})


def library_path(chosen: Settings) -> Path:
    """The library of a command that needs one.

    Raises:
        UsageError: None was named.
    """
    if chosen.library is None:
        raise UsageError("which library? name it with --library FOLDER (or in reseen.toml, or as RESEEN_LIBRARY)")
    return chosen.library


def library_models(
    chosen: Settings, library: Path, detector: str | None, embedder: str | None
) -> tuple[str | None, str | None]:
    """Which models a library is to be opened with: those of a library that is there are its own.

    Args:
        chosen: The settings; their models are those of new libraries.
        library: The library's folder.
        detector: What the flag says.
        embedder: What the flag says.
    """
    from reseen.library import library_exists

    return (detector, embedder) if library_exists(library) else (chosen.detector, chosen.embedder)


def needed(value: str | None, flag: str) -> str:
    """A flag that another one needs.

    Raises:
        UsageError: It was not given.
    """
    if value is None:
        raise UsageError(f"{flag} must be given too")
    return value


def analysis(
    *,
    rate: float | None,
    shots: str | None,
    tiles: str | None,
    min_height: int | None,
    gate: bool | None,
    segment: float | None = None,
) -> IndexSettings | None:
    """The analysis settings that differ from the default; None when none was given."""
    from reseen.indexing import IndexSettings

    given = {
        "rate": rate,
        "shots": None if shots is None else _count(shots, "--shots", "all"),
        "tiles": None if tiles is None else _count(tiles, "--tiles", "auto"),
        "min_height": min_height,
        "gate": gate,
        "segment_seconds": segment,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return IndexSettings(**chosen) if chosen else None  # type: ignore[arg-type]


def _count(text: str, flag: str, word: str) -> int | str:
    if text == word:
        return text
    if text.isdecimal():
        return int(text)
    raise UsageError(f"{flag} takes a number or '{word}', not '{text}'")


def intake(
    *, camera: str | None, start: str | None, pattern: str | None, zone: str | None, refresh: bool = False
) -> Intake:
    """What is said about the footage that is added."""
    from reseen.indexing import Clock, Intake

    return Intake(camera, Clock(start=start, name_pattern=pattern, zone=zone), refresh)


def workers(chosen: Settings) -> Workers:
    """How the machine is used."""
    from reseen.indexing import Workers

    return Workers(threads=chosen.threads)


def session(chosen: Settings) -> SessionSettings:
    """How networks are run."""
    from reseen.runtime import SessionSettings

    return SessionSettings(threads=chosen.threads, provider=chosen.provider)


def polygons(texts: list[str] | None) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Areas as written on the command line.

    Raises:
        UsageError: One cannot be read.
    """
    areas: list[tuple[tuple[float, float], ...]] = []
    for text in texts or []:
        try:
            points = [tuple(float(part) for part in point.split(",")) for point in text.split()]
            areas.append(tuple((x, y) for x, y in points))
        except ValueError as error:
            raise UsageError(f"'{text}' is no area; write it like '0.1,0.5 0.9,0.5 0.9,1 0.1,1'") from error
    return tuple(areas)


def box(text: str | None) -> tuple[float, float, float, float] | None:
    """A box as written on the command line.

    Raises:
        UsageError: It cannot be read.
    """
    if text is None:
        return None
    try:
        x1, y1, x2, y2 = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"'{text}' is no box; write it like x1,y1,x2,y2 in pixels") from error
    return x1, y1, x2, y2


def answer(*, threshold: float | None, top: int | None, everything: bool, rerank: bool) -> SearchSettings:
    """How a search answers.

    Raises:
        UsageError: The threshold is no score.
    """
    from reseen.searching import SearchSettings

    if threshold is not None and not -1 <= threshold <= 1:
        raise UsageError(f"--threshold takes a score between -1 and 1, as the table shows them, not {threshold:g}")
    return SearchSettings(threshold=threshold, top=top, below=everything, rerank=rerank)


def jsonable(values: dict[str, object]) -> dict[str, object]:
    """Values as JSON can hold them: paths and times as text, tuples as lists."""
    from pydantic import TypeAdapter

    prepared: dict[str, object] = TypeAdapter(dict[str, object]).dump_python(values, mode="json")
    return prepared
