"""``reseen calibrate``: a model and named people or a library in, the threshold for their cameras out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli.output import Output, output_of, reporting
from reseen.errors import UsageError

if TYPE_CHECKING:
    from reseen.api import Library


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("calibrate", epilog="Example: reseen calibrate osnet_x0_25_msmt17 my.reseen --write")(
        reporting(calibrate)
    )


def calibrate(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="A model of the catalogue, or an .onnx with its card.")],
    footage: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|LIBRARY", help="A folder with a folder of pictures for each person; or a library, as it is."
        ),
    ],
    rate: Annotated[
        float, typer.Option("--rate", min=1e-6, max=0.5, help="Share of strangers that may reach it.")
    ] = 5e-3,
    layout: Annotated[str, typer.Option("--layout", help="Layout of the pictures; auto looks.")] = "auto",
    write: Annotated[
        bool, typer.Option("--write", help="Write it into the .onnx's card, or keep it in the library.")
    ] = False,
) -> None:
    """Measure which score means the same person in your own pictures or footage."""
    from reseen.library import library_exists

    output = output_of(context)
    if library_exists(footage):
        _library(output, model, footage, rate, write)
    else:
        _people(output, model, footage, rate, layout, write)


def _people(output: Output, model: str, people: Path, rate: float, layout: str, write: bool) -> None:
    from reseen.training.calibrate import calibrate_on_people, write_calibration
    from reseen.training.evaluate import open_model

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


def _library(output: Output, model: str, folder: Path, rate: float, write: bool) -> None:
    from reseen.api import Library
    from reseen.searching.calibrating import CALIBRATION, CalibrationSettings

    with Library(folder, create=False) as opened:
        _check_model(model, opened)
        found = opened.calibrate(CalibrationSettings(rate=rate), write=write)
        name = opened.store.models.embedder_name
    kept, different, same = found.calibration, len(found.pairs.different), len(found.pairs.same)
    facts = {
        "model": name,
        "people": found.people,
        "threshold": kept.threshold,
        "threshold_before": found.before,
        "false_match_rate": found.expected.value,
        "at_most": found.expected.at_most,
        "missed": found.missed,
        "pairs": different,
        "same_pairs": same,
        "scores": list(kept.curve.scores),
        "rates": list(kept.curve.rates),
    }

    def show() -> None:
        most = "fewer than " if found.expected.at_most else ""
        output.say(
            f"threshold {kept.threshold:.3f} (before: {found.before:.3f}): {most}{found.expected.value:.2%} of people"
            f" seen beside each other reach it ({different:,} pairs of {found.people:,} people)"
        )
        if found.missed is not None:
            output.say(f"{found.missed:.1%} of the shots of one person do not ({same:,} pairs; photos miss more often)")
        if different * rate < 3:
            output.say(f"{different:,} pairs are few for a rate of {rate:g}: take it as a first guess")
        output.say(
            f"searches in {folder} use it from now on (delete {CALIBRATION} in it to go back)"
            if write
            else "nothing is changed; --write makes searches in this library use it"
        )

    output.report(facts, show)


def _check_model(model: str, library: Library) -> None:
    """The scores of a library are those of the network that made its vectors."""
    from reseen.models.checksums import digest_file

    held = library.store.models
    path = Path(model)
    same = (
        digest_file(path).sha256 == held.embedder_sha256
        if path.suffix == ".onnx" and path.exists()
        else model == held.embedder_name
    )
    if not same:
        raise UsageError(
            f"{library.path} holds embeddings of {held.embedder_name}, not of {model}: "
            f"reseen calibrate {held.embedder_name} {library.path}"
        )
