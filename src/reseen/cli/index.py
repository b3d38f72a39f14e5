"""``reseen index``: look through footage and keep what is found in a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli import options
from reseen.cli.output import Output, output_of, reporting
from reseen.errors import UsageError

if TYPE_CHECKING:
    from reseen.api import Library


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "index",
        epilog='Example: reseen index recordings/ --library my.reseen --camera "Gate 3" --start 2026-05-01T08:00+02:00',
    )(reporting(index))


def index(
    context: typer.Context,
    footage: Annotated[list[str] | None, typer.Argument(help="Video files, images, folders, globs.")] = None,
    library: options.NewLibraryPath = None,
    camera: options.CameraName = None,
    start: options.Start = None,
    start_from_name: options.StartFromName = None,
    zone: options.Zone = None,
    detector: options.DetectorName = None,
    embedder: options.EmbedderName = None,
    rate: options.Rate = None,
    shots: options.Shots = None,
    tiles: options.TilesOption = None,
    min_height: options.MinHeight = None,
    gate: options.Gate = None,
    segment: options.SegmentSeconds = None,
    include: options.Include = None,
    exclude: options.Exclude = None,
    threads: options.Threads = None,
) -> None:
    """Look through footage and keep what is found in a library.

    What a library holds already is not looked through again; a run that was stopped goes on where it was. With
    --embedder NAME and no footage, a library is given to another embedder from its stored shots.
    """
    from reseen.api import Library
    from reseen.cli import report

    output = output_of(context)
    settings = options.settings(library=library, detector=detector, embedder=embedder, threads=threads)
    analysis = options.analysis(rate=rate, shots=shots, tiles=tiles, min_height=min_height, gate=gate, segment=segment)
    intake = options.intake(camera=camera, start=start, pattern=start_from_name, zone=zone)
    areas = bool(include or exclude)
    if not footage and embedder is None and not areas:
        raise UsageError("what is to be looked through? name video files, images or folders")
    path = options.library_path(settings)
    models = options.library_models(settings, path, detector, embedder)
    with Library(
        path, detector=models[0], embedder=models[1] if footage or areas else None, analysis=analysis,
        workers=options.workers(settings), session=options.session(settings), create=bool(footage) or areas,
    ) as opened:  # fmt: skip
        if areas:
            name = options.needed(camera, "--camera")
            opened.set_areas(name, options.polygons(include), options.polygons(exclude))
        if not footage:
            _without_footage(output, opened, None if areas else embedder, camera)
            return
        with output.progress() as on_progress:
            done = opened.add(footage, intake=intake, on_progress=on_progress)
    report.show_refused(output, done)
    output.report(report.index_json(done), lambda: output.say(report.index_line(done, path)))
    report.leave(done)


def _without_footage(output: Output, opened: Library, embedder: str | None, camera: str | None) -> None:
    """Areas for what is to come, or another embedder for what is there."""
    if embedder is None:
        words = f"areas of {camera} kept in {opened.path}; they hold for footage looked through from now on"
        output.report({"camera": camera}, lambda: output.say(words))
        return
    shots = opened.reembed(embedder)
    words = f"{shots} shots embedded anew by {embedder}" if shots else f"it holds the embeddings of {embedder} already"
    output.report({"embedder": embedder, "shots": shots}, lambda: output.say(f"{words}; library {opened.path}"))
