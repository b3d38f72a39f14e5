"""``reseen demo``: see it work, with invented people, before trusting it with anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reseen.cli import options
from reseen.cli.output import output_of, reporting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", epilog="Example: reseen demo")(reporting(demo))


def demo(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(help="Where footage and report are put [default: the user's cache].")
    ] = None,
    detector: options.DetectorName = None,
    embedder: options.EmbedderName = None,
) -> None:
    """Render two cameras' footage, find one of its people, and compare with what is known to be true."""
    from reseen.cli import report
    from reseen.demo import run_demo
    from reseen.reports import document

    output = output_of(context)
    settings = options.settings(detector=detector, embedder=embedder)
    home = folder or settings.cache / "demo"
    output.say("rendering two cameras' footage of invented people, and looking for one of them ...")
    with output.progress() as on_progress:
        done = run_demo(home, detector=settings.detector, embedder=settings.embedder, on_progress=on_progress)
    data = {**document(done.result), "good": done.good, "report": str(done.report)}
    output.report(data, lambda: report.show_table(output, done.result))
    output.say(done.verdict)
    output.say(f"the photo: {done.photo}\nthe report, with pictures: {done.report}")
    output.say("now with your own: reseen find PHOTO FOOTAGE")
    if not done.good:
        raise typer.Exit(1)
