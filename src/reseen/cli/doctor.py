"""``reseen doctor``: what works on this machine."""

from __future__ import annotations

import typer

from reseen.cli import options
from reseen.cli.output import output_of, reporting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor", epilog="Example: reseen doctor")(reporting(doctor))


def doctor(context: typer.Context) -> None:
    """What works here: decoders, providers, models, disk; and what to do about what does not."""
    from reseen.diagnosis import diagnose

    output = output_of(context)
    checks = diagnose(options.settings().cache)
    rows = [(check.what, "good" if check.good else "missing", check.words) for check in checks]
    data = [{"what": check.what, "good": check.good, "words": check.words} for check in checks]
    output.report({"checks": data}, lambda: output.table(("what", "state", "more"), rows))
    if not all(check.good or not check.needed for check in checks):
        raise typer.Exit(1)
