"""``reseen train``: a recipe and data in, a trained model out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from reseen.cli.output import output_of, reporting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train", epilog="Example: reseen train configs/person_reid.toml --set data.root=/data --run runs/mine")(
        reporting(train)
    )


def train(
    context: typer.Context,
    recipe: Annotated[Path, typer.Argument(help="A recipe, such as one of configs/.")],
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="Change a setting: key=value, such as schedule.epochs=3.")
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", help="The run's folder [default: runs/ and the recipe's name].")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run stopped.")] = False,
) -> None:
    """Train a re-identification model by a recipe."""
    from reseen.training.pages import write_curves
    from reseen.training.run import train as run_recipe
    from reseen.training.settings import load_recipe

    output = output_of(context)
    if not output.quiet:
        logging.basicConfig(level=logging.INFO, format="%(message)s")
    chosen = load_recipe(recipe, changes or ())
    folder = run or Path("runs") / chosen.name
    done = run_recipe(chosen, folder, resume=resume)
    write_curves(folder)
    best = folder / "best.safetensors"
    facts = {"run": str(folder), "epochs": done.epoch, "best_mAP": done.best, "best": str(best)}

    def show() -> None:
        judged = f", best mAP {done.best:.1f}" if done.best >= 0 else ""
        output.say(f"{done.epoch} epochs{judged}: {best}")
        output.say(f"next: reseen export {best} {chosen.name}.onnx")

    output.report(facts, show)
