"""From a trained detector to an ONNX file in the form of the ``yolox`` family, and its card."""

from __future__ import annotations

import copy
import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from reseen.errors import InputError
from reseen.models import Card, write_card
from reseen.models.card import ModelFile, ModelVersion
from reseen.models.checksums import digest_file
from reseen.models.spec import DetectorSpec
from reseen.runtime import Session, SessionSettings
from reseen.training.checkpoint import load_tensors, load_weights
from reseen.training.detector.cells import STRIDES
from reseen.training.detector.judge import letterbox
from reseen.training.detector.loop import LAST
from reseen.training.detector.net import DetectorNet, RawForm
from reseen.training.detector.settings import DetectorRecipe, detector_recipe_from
from reseen.training.export import CardFacts, probe_pictures, safe_name
from reseen.training.onnx_file import convert_onnx, drafted, settle, store_half

log = logging.getLogger(__name__)

SIDE = 416
OTHER_SIZES = ((256, 416), (320, 320))
LARGEST_DIFFERENCE = {False: 2e-3, True: 0.1}
"""Of scores and box parameters; the second with weights kept as float16."""
SCORE_THRESHOLD = 0.3
SUPPRESSION = 0.45


@dataclass(frozen=True, eq=False)
class TrainedDetector:
    """A network in evaluation mode and how it was trained."""

    net: DetectorNet
    recipe: DetectorRecipe


def holds_detector(path: Path) -> bool:
    """Whether a run's folder, or one of its files, is a detector's; raises for a file that cannot be read."""
    file = path / LAST if path.is_dir() else path
    if path.is_dir() and not file.exists():
        return False
    return bool(load_tensors(file).facts.get("recipe", {}).get("method") == "detector")


def load_detector_run(path: Path) -> TrainedDetector:
    """Read ``last.safetensors`` of a run, or the run's folder.

    Raises:
        InputError: The file is missing or not a detector.
    """
    file = path / LAST if path.is_dir() else path
    saved = load_tensors(file)
    if saved.facts.get("recipe", {}).get("method") != "detector" or "position" in saved.facts:
        raise InputError(f"{file}: not a trained detector; give {LAST} of its run")
    recipe = detector_recipe_from(saved.facts["recipe"], str(file))
    net = DetectorNet(recipe.net)
    load_weights(net, saved.tensors, str(file))
    return TrainedDetector(net.eval(), recipe)


def fused(net: nn.Module) -> nn.Module:
    """A copy whose batch norms are part of the convolutions before them."""
    net = copy.deepcopy(net).eval()
    for part in list(net.modules()):
        if isinstance(part, nn.Sequential) and len(part) > 1 and isinstance(part[1], nn.BatchNorm2d):
            convolution = part[0]
            assert isinstance(convolution, nn.Conv2d)
            part[0], part[1] = fuse_conv_bn_eval(convolution, part[1]), nn.Identity()
    return net


def write_detector(net: DetectorNet, path: Path, *, half: bool = False) -> float:
    """Write the ONNX file and check it against torch at three sizes.

    Args:
        net: The network.
        path: The file; batch, height and width may change, the latter in steps of 32.
        half: Keep the weights as float16, half the size; they are widened when the file is loaded.

    Returns:
        The largest absolute difference of scores and box parameters.

    Raises:
        InputError: It cannot be written, or ONNX Runtime computes something else than torch.
    """
    form = RawForm(net.to(memory_format=torch.contiguous_format)).eval().cpu()  # type: ignore[call-overload]
    plain = fused(form)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows, columns = (torch.export.Dim(name, min=2, max=128) for name in ("rows", "columns"))
    dynamic = {0: torch.export.Dim("batch", min=1, max=1024), 2: 32 * rows, 3: 32 * columns}
    with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        convert_onnx(plain, torch.from_numpy(probe_pictures((96, 160), 2)), temporary, "cells", dynamic)
        if half:
            store_half(temporary)
        session = Session(temporary, SessionSettings(threads=1))
        difference = 0.0
        for size in ((SIDE, SIDE), *OTHER_SIZES):
            pictures = probe_pictures(size, 2)
            with torch.inference_mode():
                wanted = form(torch.from_numpy(pictures)).numpy()
            difference = max(difference, float(np.abs(session.run(pictures)[0] - wanted).max()))
        if not difference <= LARGEST_DIFFERENCE[half]:
            raise InputError(f"{path}: ONNX Runtime and torch differ by {difference:.2g}; nothing was written")
        settle(temporary, path)
    return difference


def export_detector(
    trained: TrainedDetector,
    path: Path,
    facts: CardFacts | None = None,
    *,
    half: bool = False,
    score_threshold: float = SCORE_THRESHOLD,
) -> Card:
    """Write ``path`` and, beside it with the ending ``.toml``, its card.

    Args:
        trained: The detector.
        path: An ``.onnx`` file.
        facts: What the card says of data, terms and figures.
        half: Keep the weights as float16.
        score_threshold: Score from which a box counts as a person.

    Raises:
        InputError: It cannot be exported or written.
    """
    with drafted(path) as draft:
        difference = write_detector(trained.net, draft, half=half)
        card = make_card(trained, draft, facts or CardFacts(), score_threshold)
        write_card(card, draft.with_suffix(".toml"))
    log.info("%s: %.1f MB, differs from torch by %.1g", path, path.stat().st_size / 1e6, difference)
    return card


def make_card(trained: TrainedDetector, path: Path, given: CardFacts, score_threshold: float) -> Card:
    """The card of an exported file."""
    file = ModelFile(path.name, size=path.stat().st_size, sha256=digest_file(path).sha256)
    data = trained.recipe.data
    return Card(
        name=safe_name(given.name or trained.recipe.name),
        task="detection",
        family="yolox",
        summary=given.summary or "one class, strides 8, 16, 32",
        licence=given.licence,
        source=f"reseen train, recipe {trained.recipe.name}",
        data=given.data or ", ".join((*data.pictures, *data.cut_outs)),
        versions=(ModelVersion((file,), "exported"),),
        input=letterbox(SIDE),
        detector=DetectorSpec(score_threshold=score_threshold, nms_iou=SUPPRESSION, strides=STRIDES),
        measured=dict(given.measured),
        notes=("The network itself normalises. Height and width may be any multiples of 32.", *given.notes),
    )
