"""``reseen search``: photos in, the moments of a library out."""

from __future__ import annotations

from typing import Annotated

import typer

from reseen.cli import options
from reseen.cli.output import output_of, reporting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "search",
        epilog='Example: reseen search photo.jpg --library my.reseen --camera "Gate*" --from 2026-05-01T08:00 --top 50',
    )(reporting(search))


def search(
    context: typer.Context,
    photos: Annotated[list[str], typer.Argument(help="One or more photos of the same person.")],
    library: options.LibraryPath = None,
    cameras: Annotated[
        list[str] | None,
        typer.Option("--camera", help="Only these cameras; a pattern such as 'Gate*' will do."),
    ] = None,
    since: Annotated[str | None, typer.Option("--from", help="Only what was recorded from then on.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Only what was recorded before then.")] = None,
    zone: options.Zone = None,
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
    threads: options.Threads = None,
) -> None:
    """Find the moments at which the person of the photos is seen, in a library's footage."""
    from reseen.api import Library
    from reseen.cli import report
    from reseen.indexing import parse_time
    from reseen.library import Filter
    from reseen.searching import PersonChoice

    output = output_of(context)
    output.only_one_form(csv)
    settings = options.settings(library=library, threads=threads)
    takeaway = report.takeaway(csv, report_file, clips, padding, blur)
    answer = options.answer(threshold=threshold, top=top, everything=everything, rerank=rerank)
    start = None if since is None else parse_time(since, zone)
    end = None if until is None else parse_time(until, zone)
    with Library(
        options.library_path(settings), create=False,
        workers=options.workers(settings), session=options.session(settings),
    ) as opened:  # fmt: skip
        query = opened.query(photos, PersonChoice(person, options.box(box)))
        wanted = Filter(cameras=tuple(cameras) if cameras else None, start=start, end=end)
        result = opened.answer(query, wanted, answer)
        report.show_result(output, opened, result, takeaway)
