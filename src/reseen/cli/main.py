"""The command ``reseen``: all commands together."""

from __future__ import annotations

import os
import sys
from typing import Any

import typer

from reseen.cli import app as application
from reseen.cli import (
    audit,
    cache,
    calibrate,
    demo,
    doctor,
    evaluate,
    export,
    find,
    index,
    library,
    models,
    search,
    token,
    train,
)
from reseen.cli.output import StoppedError, error_line, report_error
from reseen.errors import UsageError

_WrongWords: type[Exception] = typer.BadParameter.__bases__[0]
"""What Typer raises for any wrong command line; it has no public name."""

EPILOG = "Example: reseen find photo.jpg clip.mp4"

app = typer.Typer(
    name="reseen",
    help="A photo of a person and footage in; the moments at which that person is seen out.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"reseen {version('reseen')}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """A photo of a person and footage in; the moments at which that person is seen out."""


for module in (application, find, index, search):
    module.register(app)
app.add_typer(token.app, name="token")
app.add_typer(library.app, name="library")
app.add_typer(models.app, name="models")
for module in (train, evaluate, calibrate, export):
    module.register(app)
for module in (demo, audit, cache, doctor):
    module.register(app)


def _tell(error: Any, *, json: bool) -> None:
    """Say what is wrong with a command line as any error is told: in one line, and as an object where that is due."""
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":  # no error of anybody: no command was named, and help is shown
        print(message, end="")
        return
    command = "reseen" if error.ctx is None else error.ctx.command_path
    report_error(f"{' '.join(message.split()).rstrip('.')} (help: {command} --help)", json=json)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        sys.exit(app(args=arguments, prog_name="reseen", standalone_mode=False))
    except typer.Abort:
        error_line("stopped")
        sys.exit(StoppedError.exit_status)
    except _WrongWords as error:
        _tell(error, json="--json" in words)
        sys.exit(UsageError.exit_status)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
