"""``reseen cache``: what ``reseen find`` keeps for the next search, and deleting it."""

from __future__ import annotations

from typing import Annotated

import typer

from reseen.cli import options
from reseen.cli.output import output_of, reporting, size
from reseen.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("cache", epilog="Example: reseen cache --empty")(reporting(cache))


def cache(
    context: typer.Context,
    empty: Annotated[bool, typer.Option("--empty", help="Delete it all, for good.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """What reseen find keeps of footage, so that it need not be looked through again; with --empty, delete it.

    The cache is limited by itself: see cache_gigabytes and cache_days in docs/finding.md.
    """
    from reseen.caching import cached, empty_cache

    output = output_of(context)
    folder = options.settings().cache
    held = cached(folder)
    total = size(sum(item.bytes for item in held))
    data: dict[str, object] = {
        "folder": str(folder),
        "libraries": [{"path": str(item.path), "sources": item.sources, "bytes": item.bytes} for item in held],
    }
    rows = [(item.path.name, str(item.sources), size(item.bytes)) for item in held]
    if not empty:

        def show() -> None:
            if rows:
                output.table(("library", "sources", "size"), rows, right=("sources", "size"))
            output.tell(f"{total} in {folder}" if rows else f"nothing is kept in {folder}")

        output.report(data, show)
        return
    if held and not yes:
        output.stderr.print(f"this deletes for good what reseen find keeps ({total} in {folder}); footage stays")
        if output.json or not typer.confirm("delete?", err=True):
            raise UsageError("nothing was deleted; say --yes to delete without being asked")
    for words in empty_cache(folder):
        output.warn(words)
    output.report({**data, "emptied": True}, lambda: output.say(f"emptied: {total} in {folder}"))
