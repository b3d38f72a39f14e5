"""``reseen find``: a photo and footage in, the moments out, without a library to look after."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli import options
from reseen.cli.output import StoppedError, output_of, reporting

if TYPE_CHECKING:
    from reseen.indexing import IndexSettings
    from reseen.models import Catalogue
    from reseen.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("find", epilog="Example: reseen find photo.jpg clip1.mp4 clip2.mp4 stills/ --report found.html")(
        reporting(find)
    )


def find(
    context: typer.Context,
    photo: Annotated[str, typer.Argument(help="A photo of the wanted person.")],
    footage: Annotated[list[str], typer.Argument(help="Where to look: video files, images, folders, globs.")],
    photos: Annotated[list[str] | None, typer.Option("--photo", help="Another photo of the same person.")] = None,
    person: options.Person = None,
    box: options.Box = None,
    threshold: options.Threshold = None,
    top: options.Top = None,
    everything: options.Everything = False,
    rerank: options.Rerank = False,
    csv: options.Csv = False,
    report_file: options.ReportFile = None,
    clips: options.ClipsFolder = None,
    padding: options.Padding = None,
    blur: options.Blur = False,
    library: Annotated[
        Path | None,
        typer.Option("--library", "-l", help="Keep what is found here instead of in the user's cache."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep/--no-keep", help="Leave nothing behind with --no-keep.")] = True,
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
    threads: options.Threads = None,
) -> None:
    """Find the moments at which the person of a photo is seen in footage.

    Footage is looked through once: what was looked through before, and has not changed, is answered at once. A
    match is visual similarity (clothing, build), not identity.
    """
    from reseen.api import Library
    from reseen.cli import report
    from reseen.errors import InputError, UsageError
    from reseen.media import expand_footage
    from reseen.models import Catalogue
    from reseen.searching import PersonChoice

    output = output_of(context)
    output.only_one_form(csv)
    if library is not None and not keep:
        raise UsageError("--no-keep leaves nothing behind, --library keeps it: give one of them")
    settings = options.settings(detector=detector, embedder=embedder, threads=threads)
    analysis = options.analysis(rate=rate, shots=shots, tiles=tiles, min_height=min_height, gate=gate)
    intake = options.intake(camera=camera, start=start, pattern=start_from_name, zone=zone, refresh=library is None)
    takeaway = report.takeaway(csv, report_file, clips, padding, blur)
    choice = PersonChoice(person, options.box(box))
    answer = options.answer(threshold=threshold, top=top, everything=everything, rerank=rerank)
    catalogue = Catalogue.load()
    listing = expand_footage(footage)
    with ExitStack() as stack:
        home = stack.enter_context(_home(library, keep, settings, analysis, catalogue))
        models = options.library_models(settings, home, detector, embedder)
        opened = stack.enter_context(
            Library(
                home, detector=models[0], embedder=models[1], analysis=analysis, catalogue=catalogue,
                workers=options.workers(settings), session=options.session(settings), wait=600.0, on_wait=output.note,
            )
        )  # fmt: skip
        query = opened.query([photo, *(photos or ())], choice)
        with output.progress() as on_progress:
            done = opened.add_listing(listing, intake, on_progress)
        nothing = not done.indexed and not done.known and not done.stopped
        if not nothing or len(done.refused) > 1:
            report.show_refused(output, done)
        if nothing:
            raise InputError(report.nothing_usable(done))
        if done.stopped:
            raise StoppedError(report.stopped_words(done))
        result = opened.answer_for(query, listing, done, answer)
        report.show_result(output, opened, result, takeaway)
    report.leave(done)


@contextmanager
def _home(
    library: Path | None, keep: bool, settings: Settings, analysis: IndexSettings | None, catalogue: Catalogue
) -> Iterator[Path]:
    """Where what is found is kept: a named library, the user's cache, or a folder that goes when the command ends."""
    if library is not None:
        yield library
        return
    if not keep:
        folder = Path(tempfile.mkdtemp(prefix="reseen-"))
        try:
            yield folder / "library"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    from reseen.caching import cache_library

    yield cache_library(
        settings.cache, settings.detector, settings.embedder, analysis, catalogue,
        max_bytes=int(settings.cache_gigabytes * 1e9), max_days=settings.cache_days,
    )  # fmt: skip
