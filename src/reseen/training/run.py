"""From a recipe to a trained model in a run folder."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import torch
from lightning_fabric import Fabric
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch.multiprocessing.spawn import ProcessRaisedException

from reseen.errors import InputError, UsageError
from reseen.training.captions import WordFilling
from reseen.training.learner import Learner
from reseen.training.loop import STATE, Loop, Position
from reseen.training.models.build import build_model
from reseen.training.models.interface import ReidModel
from reseen.training.pictures import Sources, read_sources, training_pictures
from reseen.training.prompts import PROMPTS, as_clip, learn_prompts, sentence_features
from reseen.training.settings import Recipe, RunSettings
from reseen.training.stages import prepare_stage
from reseen.training.teachers import Teacher, open_teacher
from reseen.training.weights import find_weights, load_weights

log = logging.getLogger(__name__)

_PRECISIONS = {"f32": "32-true", "bf16": "bf16-mixed", "f16": "16-mixed"}


def train(recipe: Recipe, folder: Path, *, resume: bool = False) -> Position | None:
    """Train by a recipe.

    Args:
        recipe: What to do.
        folder: The run's folder: state, best and last model, ``log.csv``, TensorBoard, decoded pictures.
        resume: Go on from the folder's state; the run then computes what it would have without the stop.

    Returns:
        How far the run came; ``None`` in a process that only helps the first one.

    Raises:
        UsageError: The folder holds a run and ``resume`` is not set, or the devices asked for are not here.
        InputError: Data, weights or settings cannot be used, the loss is not a number, or the disk is full.
    """
    fabric = make_fabric(recipe.run)
    if any((folder / name).exists() for name in (STATE, PROMPTS)) and not resume:
        raise UsageError(f"{folder}: holds a run already; add --resume to go on with it, or name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    level = logging.getLogger().getEffectiveLevel()
    try:
        result = fabric.launch(
            _work,  # type: ignore[arg-type]
            recipe,
            folder,
            resume,
            level,
        )
    except ProcessRaisedException as error:
        raise of_process(error) from error
    return result if isinstance(result, Position) else None


def make_fabric(run: RunSettings) -> Fabric:
    """Devices, precision and processes.

    Raises:
        UsageError: They are not here.
    """
    strategy = "auto" if run.devices == 1 else ("ddp_spawn" if run.accelerator == "cpu" else "ddp")
    precision = _PRECISIONS[run.precision]
    if run.accelerator == "cpu" and run.precision == "f16":
        raise UsageError("run.precision f16 needs a GPU; on a CPU use bf16 or f32")
    try:
        return Fabric(
            accelerator=run.accelerator,
            devices=run.devices,
            strategy=strategy,
            precision=precision,  # type: ignore[arg-type]
        )
    except (RuntimeError, ValueError, MisconfigurationException) as error:
        wanted = f"run.accelerator {run.accelerator}, run.devices {run.devices}"
        raise UsageError(f"{wanted}: not here ({' '.join(str(error).split())[:160]})") from error


def of_process(error: ProcessRaisedException) -> Exception:
    """The error for people that a process ended with, if it was one; it comes as the text of a traceback."""
    found = re.findall(r"^reseen\.errors\.(\w+): (.*)$", str(error), re.MULTILINE)
    kinds = {"InputError": InputError, "UsageError": UsageError}
    return kinds[found[-1][0]](found[-1][1]) if found and found[-1][0] in kinds else error


def _work(fabric: Fabric, recipe: Recipe, folder: Path, resume: bool, level: int) -> Position | None:
    logging.basicConfig(level=level, format="%(message)s")  # a spawned process knows nothing of the first one's
    if not fabric.is_global_zero:
        logging.getLogger("reseen").setLevel(logging.ERROR)
    if recipe.run.threads:
        torch.set_num_threads(recipe.run.threads)
    torch.manual_seed(recipe.seed)
    cache = folder / recipe.data.cache if recipe.data.cache else None
    teachers = tuple(open_teacher(name, recipe.run.threads) for name in recipe.distill.teachers)
    sources = read_sources(recipe.data)
    learner = make_learner(recipe, sources, teachers, cache)
    in_main = resume and (folder / STATE).exists()
    if recipe.method == "clip_reid":
        clip = as_clip(learner.model)
        if not in_main:
            size, device = recipe.model.image_size, fabric.device
            seen = training_pictures(sources, size, device, cache, resampling="bilinear")
            learn_prompts(clip.to(device), seen, recipe, folder, writes=fabric.is_global_zero, resume=resume)
        prepare_stage(clip, 2)
    loop = Loop(fabric, recipe, folder, learner=learner, sources=sources, teachers=teachers, cache=cache)
    if in_main:
        loop.resume()
    if recipe.method == "clip_reid":
        loop.plain.text_features = sentence_features(as_clip(loop.plain.model))
    done = loop.run()
    return done if fabric.is_global_zero else None


def make_learner(recipe: Recipe, sources: Sources, teachers: tuple[Teacher, ...], cache: Path | None) -> Learner:
    """Build the model for the identities and cameras of the recipe's data, and its losses."""
    size = recipe.data.pack_size or recipe.image_size(0)
    kept = () if recipe.distill.online else teachers
    text = (recipe.text, recipe.captions) if recipe.text.weight else None
    pictures = training_pictures(sources, size, torch.device("cpu"), cache, teachers=kept, text=text)
    model: ReidModel = build_model(
        recipe.model, pictures.people, num_cameras=pictures.places, num_views=pictures.angles
    )
    if recipe.run.initial_weights:
        loaded = load_weights(model, find_weights(recipe.run.initial_weights))
        log.info("weights of %s (%s): %d tensors stay fresh", loaded.path, loaded.layout, len(loaded.fresh))
    words = None
    if pictures.captions is not None:
        words = WordFilling(_token_width(model), pictures.captions.vocabulary, recipe.text)
    dim = 0
    if teachers:
        dim = pictures.taught.shape[2] if pictures.taught is not None else _length(teachers)
    return Learner(
        model,
        recipe.losses,
        metric=recipe.metric,
        distill=recipe.distill,
        people=pictures.people,
        taught_dim=dim,
        words=words,
    )


@torch.no_grad()
def _token_width(model: ReidModel) -> int:
    """Width of the tokens that a model gives for a picture.

    Raises:
        UsageError: It gives none.
    """
    tokens = model.eval().training_outputs(torch.zeros(1, 3, *model.image_size)).tokens
    if tokens is None:
        raise UsageError("text.weight needs a model that gives tokens, such as model.backbone clip_vit")
    return int(tokens.shape[-1])


def _length(teachers: tuple[Teacher, ...]) -> int:
    import numpy as np

    return sum(t.embed(np.zeros((1, *t.size, 3), np.uint8)).shape[1] for t in teachers)
