"""``reseen models``: which networks there are, and getting them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli import options
from reseen.cli.output import output_of, reporting, size
from reseen.errors import InputError, UsageError

if TYPE_CHECKING:
    from reseen.models import Card, Catalogue, LocatedModel

app = typer.Typer(help="Which networks there are, and getting them.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of the model (see: reseen models list).")]


@app.command("list", epilog="Example: reseen models list")
@reporting
def list_models(context: typer.Context) -> None:
    """All known models: what they do, whether they are here, what they need."""
    from reseen.models import Catalogue

    output = output_of(context)
    catalogue = Catalogue.load()
    cards = [(card, catalogue.present(card.name)) for card in catalogue.cards()]
    rows = [
        (
            card.name,
            "detector" if card.task == "detection" else "embedder",
            _state(card, present, catalogue),
            card.requires or "",
            card.licence,
        )
        for card, present in cards
    ]
    data = [
        {
            "name": card.name, "task": card.task, "family": card.family, "present": present,
            "bundled": catalogue.bundled(card.name), "downloadable": card.downloadable,
            "requires": card.requires, "licence": card.licence,
            "summary": card.summary,
        }
        for card, present in cards
    ]  # fmt: skip
    for problem in catalogue.problems:
        output.warn(problem)
    output.report(
        {"models": data},
        lambda: output.table(("name", "does", "state", "needs", "licence"), rows),
    )


def _state(card: Card, present: bool, catalogue: Catalogue) -> str:
    if present:
        return "bundled" if catalogue.bundled(card.name) else "here"
    return "to pull" if card.downloadable else "to import"


@app.command("info", epilog="Example: reseen models info yolox_nano")
@reporting
def info(context: typer.Context, name: Name) -> None:
    """The card of a model: data, licence, figures, limits, threshold and what it costs in false matches."""
    from reseen.models import Catalogue, card_text

    output = output_of(context)
    card = Catalogue.load().card(name)
    output.report(options.jsonable(asdict(card)), lambda: print(card_text(card), end=""))


@app.command("pull", epilog="Example: reseen models pull recommended")
@reporting
def pull(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the model, or 'recommended' for the best pair.")],
) -> None:
    """Download a model; a broken download goes on where it was, and what arrives is checked."""
    from rich.progress import Progress

    from reseen.models import Catalogue

    output = output_of(context)
    catalogue = Catalogue.load()
    with Progress(console=output.stderr, transient=True, disable=output.quiet or not output.stderr.is_terminal) as bar:
        tasks: dict[str, object] = {}

        def on_progress(file: str, done: int, total: int | None) -> None:
            task = tasks.setdefault(file, bar.add_task(file, total=total))
            bar.update(task, completed=done, total=total)  # type: ignore[arg-type]

        located = catalogue.pull(name, on_progress)
    for item in located:
        for note in item.notes:
            output.warn(note)
    data = [{"name": item.card.name, "path": str(item.path), "sha256": item.sha256} for item in located]
    output.report({"models": data}, lambda: output.say("\n".join(f"{item.card.name}: {item.path}" for item in located)))


@app.command("import", epilog="Example: reseen models import my.onnx --card my.toml")
@reporting
def import_model(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The network, .onnx, or a checkpoint with --as.")],
    card: Annotated[Path | None, typer.Option("--card", help="Its card (see docs/models.md).")] = None,
    kind: Annotated[
        str | None, typer.Option("--as", help="clip-reid: a checkpoint of the CLIP-ReID authors (.pth).")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Its name, with --as [default: the file's].")] = "",
) -> None:
    """Add a model of your own."""
    from reseen.models import Catalogue

    output = output_of(context)
    located = _from_checkpoint(file, kind, name) if kind is not None else _with_card(file, card, Catalogue.load())
    data = {"name": located.card.name, "path": str(located.path), "sha256": located.sha256}
    output.report(data, lambda: output.say(f"{located.card.name} is ready: {located.path}"))


def _with_card(file: Path, card: Path | None, catalogue: Catalogue) -> LocatedModel:
    from reseen.detection import check_detector
    from reseen.embedding import check_embedder
    from reseen.models import read_card

    chosen = card if card is not None else file.with_suffix(".toml")
    check = check_detector if read_card(chosen).task == "detection" else check_embedder
    return catalogue.import_model(file, chosen, check)


def _from_checkpoint(file: Path, kind: str, name: str) -> LocatedModel:
    import tempfile

    from reseen.models import Catalogue
    from reseen.training.deploy import import_clip_reid

    if kind != "clip-reid":
        raise UsageError(f"--as {kind}: only clip-reid is known")
    with tempfile.TemporaryDirectory(prefix="reseen-import-") as folder:
        return import_clip_reid(file, Catalogue.load(), name=name, workplace=Path(folder))


@app.command("verify", epilog="Example: reseen models verify")
@reporting
def verify(context: typer.Context) -> None:
    """Read the files of all models that are here again, and compare checksums."""
    from reseen.models import Catalogue

    output = output_of(context)
    checked = list(Catalogue.load().verify())
    rows = [(item.name, str(item.path), size(item.path.stat().st_size), item.problem or "good") for item in checked]
    data = [{"name": item.name, "path": str(item.path), "problem": item.problem} for item in checked]
    output.report({"models": data}, lambda: output.table(("name", "file", "size", "state"), rows, right=("size",)))
    bad = [item for item in checked if item.problem is not None]
    if bad:
        raise InputError(f"{bad[0].name}: {bad[0].problem}")
