"""From a recipe's data to canvases and the pictures that judge."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

from reseen.errors import InputError, UsageError
from reseen.training.data.files import open_files
from reseen.training.detector.canvases import Canvases, key_of, make_canvases
from reseen.training.detector.mosaic import CanvasMaker
from reseen.training.detector.scenes import (
    CutOut,
    LabelledPicture,
    read_cut_outs,
    read_pictures,
    rendered_pictures,
    split_held_out,
)
from reseen.training.detector.settings import DetectorRecipe
from reseen.training.detector.teacher import CellTeacher

log = logging.getLogger(__name__)


def prepare(recipe: DetectorRecipe, folder: Path) -> tuple[Canvases, list[LabelledPicture]]:
    """Canvases to learn from, and the held-out pictures.

    Args:
        recipe: What to do.
        folder: The run's folder, to which the cache's path is relative.

    Raises:
        InputError: There is no training data, or it cannot be read.
        UsageError: The canvases are not of the size that the teacher looks at.
    """
    data = recipe.data
    if not data.pictures:
        raise InputError("the recipe names no data.pictures to train on")
    teacher = CellTeacher(recipe.teacher, recipe.run.threads)
    if teacher.size != recipe.mosaic.size:
        raise UsageError(f"mosaic.size is {recipe.mosaic.size}, but {teacher.name} looks at {teacher.size} pixels")
    pictures = [each for path in data.pictures for each in read_pictures(open_files(data.root / path))]
    cut_outs: list[CutOut] = [c for path in data.cut_outs for c in read_cut_outs(open_files(data.root / path))]
    train, held_out = split_held_out(pictures, data.held_out)
    counts = Counter(picture.group for picture in train)
    log.info("pictures: %s; held out %d", ", ".join(f"{n} {c}" for n, c in counts.items()), len(held_out))
    facts = {
        "seed": recipe.seed,
        "count": data.canvases,
        "teacher": teacher.name,
        "weights": data.weights,
        "rendered": data.rendered,
    }
    key = key_of(train, cut_outs, recipe.mosaic, facts)

    def maker() -> CanvasMaker:
        rendered = rendered_pictures(recipe.seed * 10_000, data.rendered)
        return CanvasMaker([*train, *rendered], cut_outs, recipe.mosaic, data.weights)

    return make_canvases(maker, teacher, data.canvases, recipe.seed, folder / data.cache, key), held_out
