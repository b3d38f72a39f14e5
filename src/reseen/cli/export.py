"""``reseen export``: a checkpoint in, an ONNX file with its card out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reseen.cli.output import Output, output_of, reporting


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", epilog="Example: reseen export runs/mine/best.safetensors mine.onnx --calibrate people/")(
        reporting(export)
    )


def export(
    context: typer.Context,
    checkpoint: Annotated[Path, typer.Argument(help="A run's folder or its best.safetensors.")],
    target: Annotated[Path, typer.Argument(help="The .onnx to write; its card lies beside it.")],
    name: Annotated[str, typer.Option("--name", help="Name in the catalogue [default: the file's].")] = "",
    half: Annotated[bool, typer.Option("--half", help="Keep the weights as float16: half the size.")] = False,
    int8: Annotated[bool, typer.Option("--int8", help="Static int8; refused if it costs a point of mAP.")] = False,
    calibrate: Annotated[
        Path | None, typer.Option("--calibrate", help="Named people: for int8, threshold and score curve.")
    ] = None,
    layout: Annotated[str, typer.Option("--layout", help="Layout of the named people.")] = "auto",
    split: Annotated[str, typer.Option("--split", help="Named split of the named people.")] = "",
) -> None:
    """Write a trained model as ONNX, ready for  reseen models import  and  reseen index."""
    from reseen.training.deploy import deploy
    from reseen.training.detector.export import holds_detector

    output = output_of(context)
    if holds_detector(checkpoint):
        _export_detector(output, checkpoint, target, name, half, int8 or calibrate is not None)
        return
    exported = deploy(
        checkpoint, target, name=name, half=half, int8=int8, calibrate=calibrate, layout=layout, split=split
    )
    facts = {
        "model": str(exported.path),
        "card": str(exported.card_path),
        "largest_difference_from_torch": exported.difference,
        "figures": exported.figures,
    }

    def show() -> None:
        megabytes = exported.path.stat().st_size / 1e6
        output.say(
            f"{exported.path} ({megabytes:.1f} MB) and {exported.card_path.name};"
            f" differs from torch by at most {exported.difference:.1g}{', before int8' if int8 else ''}"
        )
        output.say(f"next: reseen models import {exported.path} --card {exported.card_path}")

    output.report(facts, show)


def _export_detector(output: Output, checkpoint: Path, target: Path, name: str, half: bool, more: bool) -> None:
    from reseen.errors import UsageError
    from reseen.training.detector.export import export_detector, load_detector_run
    from reseen.training.export import CardFacts

    if more:
        raise UsageError("--int8 and --calibrate are for re-identification models; leave them away for a detector")
    card = export_detector(load_detector_run(checkpoint), target, CardFacts(name=name or target.stem), half=half)
    written = target.with_suffix(".toml")

    def show() -> None:
        output.say(f"{target} ({target.stat().st_size / 1e6:.1f} MB) and {written.name}")
        output.say(f"next: reseen models import {target} --card {written}")

    output.report({"model": str(target), "card": str(written), "name": card.name}, show)
