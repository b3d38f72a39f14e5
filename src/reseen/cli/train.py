"""``reseen train``: a recipe and data in, a trained model out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Any

import typer

from reseen.cli.output import Output, output_of, reporting


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
    """Train a re-identification model, or a person detector, by a recipe."""
    from reseen.training.pages import write_curves
    from reseen.training.recipe_files import recipe_table
    from reseen.training.run import train as run_recipe
    from reseen.training.settings import recipe_from

    output = output_of(context)
    if not output.quiet:
        logging.basicConfig(level=logging.INFO, format="%(message)s")
    table = recipe_table(recipe, changes or ())
    if table.get("method") == "detector":
        _train_detector(output, table, str(recipe), run, resume)
        return
    chosen = recipe_from(table, str(recipe))
    folder = run or Path("runs") / chosen.name
    done = run_recipe(chosen, folder, resume=resume)
    if done is None:  # one of several processes; the first one reports
        return
    write_curves(folder)
    best = folder / "best.safetensors"
    facts = {"run": str(folder), "epochs": done.epoch, "best_mAP": done.best, "best": str(best)}

    def show() -> None:
        judged = f", best mAP {done.best:.1f}" if done.best >= 0 else ""
        output.say(f"{done.epoch} epochs{judged}: {best}")
        output.say(f"next: reseen export {best} {chosen.name}.onnx")

    output.report(facts, show)


def _train_detector(output: Output, table: dict[str, Any], shown: str, run: Path | None, resume: bool) -> None:
    from reseen.training.detector.loop import LAST, train_detector
    from reseen.training.detector.settings import detector_recipe_from

    chosen = detector_recipe_from(table, shown)
    folder = run or Path("runs") / chosen.name
    done = train_detector(chosen, folder, resume=resume)
    last = folder / LAST

    def show() -> None:
        output.say(f"{done.step} steps: {last}; figures in {folder / 'log.csv'}")
        output.say(f"next: reseen export {last} {chosen.name}.onnx")

    output.report({"run": str(folder), "steps": done.step, "last": str(last)}, show)
