"""``reseen calibrate``: a model and named people in, the threshold for their cameras out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reseen.cli.output import output_of, reporting
from reseen.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("calibrate", epilog="Example: reseen calibrate mine.onnx people/ --write")(reporting(calibrate))


def calibrate(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="A model of the catalogue, or an .onnx with its card.")],
    people: Annotated[Path, typer.Argument(help="A folder with a folder of pictures for each person.")],
    rate: Annotated[
        float, typer.Option("--rate", min=1e-6, max=0.5, help="Share of strangers that may reach it.")
    ] = 1e-3,
    layout: Annotated[str, typer.Option("--layout", help="Layout of the pictures; auto looks.")] = "auto",
    write: Annotated[bool, typer.Option("--write", help="Write it into the .onnx's card.")] = False,
) -> None:
    """Measure which score means the same person in your own pictures."""
    from reseen.training.calibrate import calibrate_on_people, write_calibration
    from reseen.training.evaluate import open_model

    output = output_of(context)
    card = Path(model).with_suffix(".toml")
    if write and not (Path(model).suffix == ".onnx" and card.exists()):
        raise UsageError("--write needs an .onnx with its card beside it; cards of the catalogue stay as they are")
    found = calibrate_on_people(open_model(model), people, layout=layout, rate=rate)
    if write:
        write_calibration(card, found)
    meaning = found.meaning
    facts = {
        "model": found.model,
        "people": found.people,
        "pictures": found.pictures,
        "threshold": meaning.threshold,
        "false_match_rate": meaning.rate,
        "missed": meaning.missed,
        "pairs": meaning.curve.pairs,
        "scores": list(meaning.curve.scores),
        "rates": list(meaning.curve.rates),
    }

    def show() -> None:
        output.say(
            f"threshold {meaning.threshold:.3f}: at most {meaning.rate:.2%} of strangers reach it"
            f" ({meaning.curve.pairs:,} pairs), {meaning.missed:.1%} of the same people do not"
        )
        few = meaning.curve.pairs * rate < 3
        if few:
            output.say(f"{found.people} people are few for that rate: take it as a first guess")
        if write:
            output.say(f"written into {card}")

    output.report(facts, show)
