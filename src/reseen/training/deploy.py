"""From a checkpoint to files that a search uses: what ``reseen export`` and ``reseen models import --as`` do."""

from __future__ import annotations

from pathlib import Path

from reseen.embedding import check_embedder
from reseen.errors import UsageError
from reseen.models import Catalogue, LocatedModel
from reseen.training.calibrate import calibrate_on_people, write_calibration
from reseen.training.evaluate import open_model
from reseen.training.export import CardFacts, Exported, export
from reseen.training.quantise import calibration_data, quantise
from reseen.training.trained import TrainedModel, load_trained
from reseen.training.weights import open_checkpoint


def deploy(
    checkpoint: Path,
    target: Path,
    *,
    name: str = "",
    half: bool = False,
    int8: bool = False,
    calibrate: Path | None = None,
    layout: str = "auto",
    split: str = "",
) -> Exported:
    """Export a run's model.

    Args:
        checkpoint: A run's folder, or its ``best.safetensors``.
        target: The ``.onnx`` to write; its card has the ending ``.toml``.
        name: Name in the catalogue; empty takes the target's.
        half: Keep the weights as float16.
        int8: Quantise, measuring the loss of mAP on ``calibrate``.
        calibrate: Named people: pictures for int8, and threshold and score curve for the card.
        layout: Their layout.
        split: Their named split.

    Raises:
        UsageError: int8 is asked for without named people.
        InputError: Something cannot be read, int8 costs too much, or a file cannot be written.
    """
    if int8 and calibrate is None:
        raise UsageError("--int8 needs --calibrate with a folder of named people, to measure what it costs")
    trained = load_trained(checkpoint)
    facts = CardFacts(name=name or target.stem)
    if int8 and calibrate is not None:
        pictures, judge = calibration_data(calibrate, trained.image_size, layout, split)
        exported = export(trained, target, facts, lambda path: quantise(path, pictures, judge))
    else:
        exported = export(trained, target, facts, half=half)
    if calibrate is not None and not split:
        _write_meaning(exported, calibrate, layout)
    return exported


def _write_meaning(exported: Exported, people: Path, layout: str) -> None:
    write_calibration(exported.card_path, calibrate_on_people(open_model(str(exported.path)), people, layout=layout))


def import_clip_reid(
    checkpoint: Path,
    catalogue: Catalogue,
    *,
    name: str = "",
    image_size: tuple[int, int] = (256, 128),
    workplace: Path,
) -> LocatedModel:
    """Take a checkpoint of the CLIP-ReID authors into the catalogue, as an ONNX file with its card.

    Args:
        checkpoint: Their ``.pth`` file; read without running any code in it.
        catalogue: Where it goes.
        name: Name in the catalogue; empty takes the file's.
        image_size: (height, width) it was trained at.
        workplace: An empty folder for the export.

    Raises:
        InputError: It is not such a checkpoint.
        UsageError: The name is taken.
    """
    found = open_checkpoint(checkpoint, image_size)
    trained = TrainedModel(found.model, name or checkpoint.stem, image_size)
    facts = CardFacts(
        summary=f"CLIP-ReID, {found.spec.backbone}, {found.num_classes} identities",
        licence="as its publisher states",
        data=f"{found.num_classes} identities, by the number of classes; the file does not say whose",
        notes=("Imported from a published checkpoint; camera embedding, if any, is left out.",),
    )
    exported = export(trained, workplace / f"{checkpoint.stem}.onnx", facts)
    return catalogue.import_model(exported.path, exported.card_path, check_embedder)
