"""``reseen app``: the application, in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reseen.cli import options
from reseen.cli.output import output_of, reporting
from reseen.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("app", epilog="Example: reseen app --library my.reseen")(reporting(run_app))


def run_app(
    context: typer.Context,
    library: options.LibraryPath = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port to listen at.")] = 8080,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", help="Certificate chain (PEM), for HTTPS.")] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="Its private key (PEM).")] = None,
    window: Annotated[bool, typer.Option("--window", help="Open a window of its own instead of a browser.")] = False,
    language: Annotated[str | None, typer.Option("--language", help="Language of the pages: en or zh.")] = None,
    root: Annotated[
        list[Path] | None,
        typer.Option("--root", help="A folder from which footage may be added [default: your own, on this machine]."),
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option("--name", help="Another name by which browsers call this machine.")
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    detector: options.DetectorName = None,
    embedder: options.EmbedderName = None,
    threads: options.Threads = None,
) -> None:
    """The application: drop a photo, see the moments. Made for a browser; Ctrl-C ends it."""
    output = output_of(context)
    if language not in (None, "en", "zh"):
        raise UsageError(f"--language takes en or zh, not '{language}'")
    for folder in root or ():
        if not folder.is_dir():
            raise UsageError(f"--root {folder}: no such folder")
    chosen = options.settings(library=library, threads=threads)
    place = chosen.library or options.OWN_LIBRARY
    from reseen.app.serving import serve
    from reseen.app.settings import AppSettings, is_loopback

    found, compared = options.library_models(chosen, place, detector, embedder)
    own = (Path.home(),) if is_loopback(host) else ()
    settings = AppSettings(
        library=place.absolute(), host=host, port=port, names=tuple(name or ()), tls_cert=tls_cert, tls_key=tls_key,
        roots=tuple(root or own), language=language, detector=found, embedder=compared,  # type: ignore[arg-type]
        session=options.session(chosen),
    )  # fmt: skip
    serve(
        settings,
        browser=not no_browser,
        window=window,
        on_ready=lambda address: output.say(f"Reseen is at {address} with the library {place}; Ctrl-C ends it"),
    )
