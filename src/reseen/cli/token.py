"""``reseen token``: who may use a library over the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli import options
from reseen.cli.output import output_of, reporting

if TYPE_CHECKING:
    from reseen.library import Store

app = typer.Typer(help="Who may use a library over the network.", no_args_is_help=True)


@app.command("create", epilog='Example: reseen token create desk --role searcher --camera "Gate 3"')
@reporting
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose it is: their cases and their entries in the audit log go by it.")],
    role: Annotated[str, typer.Option("--role", help="What it may do: viewer, searcher or admin.")],
    camera: Annotated[list[str] | None, typer.Option("--camera", help="Only this camera; may be repeated.")] = None,
    library: options.LibraryPath = None,
) -> None:
    """Make a token. It is shown once: only a hash of it is kept."""
    output = output_of(context)
    with _opened(library, make=True) as store:
        token, secret = store.add_token(name, role, camera or None)  # type: ignore[arg-type]
    data = {"id": token.id, "name": token.name, "role": token.role, "cameras": token.cameras, "token": secret}

    def show() -> None:
        output.tell(secret)
        output.say("keep it: it is shown this once; sign in with it, or send it as Authorization: Bearer TOKEN")

    output.report(data, show)


@app.command("list", epilog="Example: reseen token list --library my.reseen")
@reporting
def list_tokens(context: typer.Context, library: options.LibraryPath = None) -> None:
    """The active tokens."""
    output = output_of(context)
    with _opened(library) as store:
        tokens = store.tokens()
    data = [
        {
            "id": item.id, "name": item.name, "role": item.role, "cameras": item.cameras,
            "created_at": item.created_at.isoformat(),
            "used_at": None if item.used_at is None else item.used_at.isoformat(),
        }
        for item in tokens
    ]  # fmt: skip
    rows = [
        (
            str(item.id), item.name, item.role, "all" if item.cameras is None else ", ".join(item.cameras),
            f"{item.created_at.astimezone():%Y-%m-%d %H:%M}",
            "never" if item.used_at is None else f"{item.used_at.astimezone():%Y-%m-%d %H:%M}",
        )
        for item in tokens
    ]  # fmt: skip
    output.report(
        {"tokens": data},
        lambda: (
            output.table(("#", "name", "role", "cameras", "made", "used"), rows, right=("#",))
            if rows
            else output.say("no token; reseen token create makes one")
        ),
    )


@app.command("revoke", epilog="Example: reseen token revoke desk")
@reporting
def revoke(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The token's name.")],
    library: options.LibraryPath = None,
) -> None:
    """Take a token back; what is open with it ends within seconds."""
    output = output_of(context)
    with _opened(library) as store:
        token = store.revoke_token(name)
    output.report({"revoked": token.name}, lambda: output.say(f"revoked: {token.name}"))


@contextmanager
def _opened(library: Path | None, *, make: bool = False) -> Iterator[Store]:
    """The library, open for reading; made where there is none, if so wished."""
    chosen = options.settings(library=library)
    folder = chosen.library or options.OWN_LIBRARY
    if make:
        from reseen.api import Library
        from reseen.library import library_exists

        if not library_exists(folder):
            Library(folder, detector=chosen.detector, embedder=chosen.embedder).close()
    from reseen.library import Store

    with Store.open(folder, write=False) as store:
        yield store
