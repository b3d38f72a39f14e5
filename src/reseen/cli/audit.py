"""``reseen audit``: who searched, exported and deleted what, and when."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from reseen.cli import options
from reseen.cli.output import output_of, reporting

_NAMED = 5
"""At most so many of a list are named in the table; --json has them all."""
_FIRST = ("kind", "photos", "file", "folder", "sources", "cameras", "start", "end")
"""What is told first of an entry, in this order; the rest follows by name."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit", epilog="Example: reseen audit --library my.reseen --limit 20")(reporting(audit))


def audit(
    context: typer.Context,
    library: options.LibraryPath = None,
    action: Annotated[str | None, typer.Option("--action", help="Only these: search, export, remove, ...")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest so many.")] = 100,
) -> None:
    """The audit log of a library: every search, export and deletion."""
    from reseen.library import Store

    output = output_of(context)
    with Store.open(options.library_path(options.settings(library=library)), write=False) as store:
        entries = store.audit(action=action, limit=limit)
    data = [
        {
            "at": item.at.isoformat(), "who": item.who, "action": item.action, "detail": json.loads(item.detail),
            "photos": list(item.photos), "filters": None if item.filters is None else json.loads(item.filters),
            "results": item.results,
        }
        for item in entries
    ]  # fmt: skip
    rows = [
        (
            f"{item.at.astimezone():%Y-%m-%d %H:%M:%S}", item.who, item.action, _what(json.loads(item.detail)),
            ", ".join(photo[:12] for photo in item.photos), _what(json.loads(item.filters or "{}")),
            "" if item.results is None else str(item.results),
        )
        for item in entries
    ]  # fmt: skip
    output.report(
        {"entries": data},
        lambda: output.table(
            ("when", "who", "action", "what", "photo (SHA-256)", "filters", "results"), rows, right=("results",)
        ),
    )


def _what(detail: dict[str, object]) -> str:
    """An entry's detail in a line: what was removed, exported, looked for."""
    named = sorted(detail.items(), key=lambda pair: _FIRST.index(pair[0]) if pair[0] in _FIRST else len(_FIRST))
    return ", ".join(f"{name} {_words(value)}" for name, value in named if value not in (None, "", [], {}))


def _words(value: object) -> str:
    if isinstance(value, dict):  # a source
        return str(value.get("source") or _what(value))
    if isinstance(value, list):
        more = f" and {len(value) - _NAMED} more" if len(value) > _NAMED else ""
        return "; ".join(_words(item) for item in value[:_NAMED]) + more
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
