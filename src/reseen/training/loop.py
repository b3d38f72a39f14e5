"""The training loop: epochs of steps, validation, checkpoints, resume."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor

from reseen.errors import InputError
from reseen.training.augmentation import Augment
from reseen.training.batches import Place, epoch_batches, make_batch
from reseen.training.checkpoint import (
    Saved,
    load_tensors,
    load_weights,
    optimiser_tensors,
    restore_optimiser,
    save_tensors,
)
from reseen.training.checkpoint_card import checkpoint_facts, write_checkpoint_card
from reseen.training.ema import AveragedWeights
from reseen.training.learner import Learner
from reseen.training.logs import Curves, EpochLog, ProgressLine, shown
from reseen.training.models.interface import ReidModel
from reseen.training.optimizers import build_optimizer, set_rate
from reseen.training.pictures import Sources, TrainingPictures, training_pictures
from reseen.training.sampling import rng_of
from reseen.training.schedules import epoch_rate
from reseen.training.settings import Recipe
from reseen.training.teachers import Teacher
from reseen.training.validation import Figures, ValidationSet, torch_embedder, validation_set

log = logging.getLogger(__name__)

STATE = "state.safetensors"
BEST = "best.safetensors"
LAST = "last.safetensors"


@dataclass
class Position:
    """How far a run has come.

    Attributes:
        epoch: Epochs done.
        step: Steps done in the epoch under way.
        updates: Optimiser steps in all.
        seconds: Time spent training.
        best: Best validation mAP so far in percent; -1 before the first.
        sums: Sums of the losses over the epoch under way.
    """

    epoch: int = 0
    step: int = 0
    updates: int = 0
    seconds: float = 0.0
    best: float = -1.0
    sums: dict[str, float] = field(default_factory=dict)


class Loop:
    """One run of a recipe in its folder.

    Args:
        fabric: Device, precision and processes.
        recipe: What to do.
        folder: Where the run's files lie.
        learner: Model and losses.
        sources: Parsed data.
        teachers: Opened teachers.
        cache: Folder of decoded pictures.
    """

    def __init__(
        self,
        fabric: Fabric,
        recipe: Recipe,
        folder: Path,
        *,
        learner: Learner,
        sources: Sources,
        teachers: tuple[Teacher, ...],
        cache: Path | None,
    ) -> None:
        self.fabric, self.recipe, self.folder = fabric, recipe, folder
        self.sources, self.teachers, self.cache = sources, teachers, cache
        self.position = Position()
        self.plain = learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimiser = build_optimizer(self.plain, recipe.optimiser)
        self.learner, self.optimiser = fabric.setup(self.plain, optimiser)
        self.average = AveragedWeights(self.plain.model, recipe.run.ema) if recipe.run.ema else None
        self.log = EpochLog(folder / "log.csv")
        self.curves = Curves(folder / "tensorboard") if fabric.is_global_zero else None
        self.size = (0, 0)
        self.pictures: TrainingPictures
        self.validation: tuple[ValidationSet, ...] = ()
        self._saved_at = time.monotonic()

    @property
    def judged(self) -> ReidModel:
        """The model that is validated and exported: the averaged one, if there is one."""
        return self.average.model if self.average is not None else self.plain.model  # type: ignore[return-value]

    def run(self) -> Position:
        """Train until the last epoch.

        Raises:
            InputError: The loss is not a number, or a checkpoint cannot be saved.
        """
        total = self.recipe.schedule.epochs
        while self.position.epoch < total:
            self.prepare(self.position.epoch)
            self._epoch()
        return self.position

    def prepare(self, epoch: int) -> None:
        """Decode (or map) the pictures at the size of an epoch's phase."""
        size = self.recipe.image_size(epoch)
        if size == self.size:
            return
        self.size = size
        data, device = self.recipe.data, self.fabric.device
        kept = () if self.recipe.distill.online else self.teachers
        text = (self.recipe.text, self.recipe.captions) if self.recipe.text.weight else None
        self.pictures = training_pictures(
            self.sources, data.pack_size or size, device, self.cache, teachers=kept, text=text
        )
        model = self.plain.model
        self.augment = Augment(self.recipe.augment, size, model.pixel_mean, model.pixel_std)
        if self.fabric.is_global_zero:
            self.validation = tuple(
                validation_set(dataset, source.path, size, self.cache) for source, dataset in self.sources.validation
            )

    def _epoch(self) -> None:
        recipe, position = self.recipe, self.position
        place = Place(self.fabric.global_rank, self.fabric.world_size)
        batches = epoch_batches(
            self.pictures,
            recipe.sampling,
            steps=recipe.run.steps_per_epoch,
            seed=recipe.seed,
            epoch=position.epoch,
            place=place,
        )
        started, first = time.monotonic(), position.step
        self.learner.train()
        line = ProgressLine(len(batches), first, self.fabric.is_global_zero)
        with line:
            for step in range(first, len(batches)):
                losses = self._step(batches, step)
                position.step = step + 1
                elapsed = time.monotonic() - started
                images = batches.shape[1] * place.world * (step + 1 - first)
                line.step(position.epoch, losses["total"], images / max(elapsed, 1e-9))
                if time.monotonic() - self._saved_at > 60 * recipe.run.checkpoint_minutes:
                    self.save()
        seconds = time.monotonic() - started
        position.seconds += seconds
        rate = batches.shape[1] * place.world * (len(batches) - first) / max(seconds, 1e-9)
        self._close_epoch(len(batches), rate)

    def _step(self, batches: Any, step: int) -> dict[str, float]:
        recipe, position = self.recipe, self.position
        reach = (step + 1) / len(batches) if recipe.run.smooth_rate else 1.0
        set_rate(self.optimiser, epoch_rate(recipe.schedule, recipe.optimiser.rate, position.epoch + reach))
        online = self.teachers if recipe.distill.online else ()
        rank = self.fabric.global_rank
        batch = make_batch(self.pictures, batches[step], self.augment, online, recipe.seed, position.epoch, step, rank)
        # What layers draw (dropout, hidden words) depends on the step and the process alone: nothing to be kept.
        torch.manual_seed(int(rng_of(recipe.seed, position.epoch, step, rank, 3).integers(2**62)))
        ends = (step + 1) % recipe.run.accumulate == 0 or step + 1 == len(batches)
        with self.fabric.no_backward_sync(self.learner, enabled=not ends):
            losses: Mapping[str, Tensor] = self.learner(*batch.arguments())
            values = self._over_processes(losses)
            self._refuse_nonsense(values, step)
            self.fabric.backward(losses["total"] / recipe.run.accumulate)
        if ends:
            if recipe.run.clip_norm:
                self.fabric.clip_gradients(self.learner, self.optimiser, max_norm=recipe.run.clip_norm)
            self.optimiser.step()
            self.optimiser.zero_grad()
            position.updates += 1
            if self.average is not None:
                self.average.update(self.plain.model)
        for name, value in values.items():
            position.sums[name] = position.sums.get(name, 0.0) + value
        return values

    def _over_processes(self, losses: Mapping[str, Tensor]) -> dict[str, float]:
        """Mean of each loss over all processes: what is logged, and what makes all of them stop at the same step."""
        values = torch.stack([value.detach().float() for value in losses.values()])
        if self.fabric.world_size > 1:
            values = self.fabric.all_reduce(values, reduce_op="mean")  # type: ignore[assignment]
        return dict(zip(losses, values.tolist(), strict=True))

    def _refuse_nonsense(self, values: Mapping[str, float], step: int) -> None:
        if math.isfinite(values["total"]):
            return
        parts = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        kept = self.folder / STATE
        last = f"the last good checkpoint is {kept}" if kept.exists() else "no checkpoint was saved before"
        raise InputError(
            f"the loss is not a number in epoch {self.position.epoch + 1}, step {step + 1} ({parts}); {last};"
            " lower optimiser.rate, or set run.precision to f32 or run.clip_norm to 1"
        )

    def _close_epoch(self, steps: int, images_per_second: float) -> None:
        position, recipe = self.position, self.recipe
        row: dict[str, float | int | str] = {"epoch": position.epoch + 1, "updates": position.updates}
        row |= {"seconds": round(position.seconds, 1), "images/s": round(images_per_second, 1)}
        row |= {"size": f"{self.size[0]}x{self.size[1]}", "rate": self.optimiser.param_groups[0]["lr"]}
        row |= {name: value / steps for name, value in position.sums.items()}
        position.epoch, position.step, position.sums = position.epoch + 1, 0, {}
        last = position.epoch == recipe.schedule.epochs
        figures: dict[str, Figures] = {}
        if self.fabric.is_global_zero and (position.epoch % recipe.run.validate_every == 0 or last):
            figures = self.judge()
        for name, found in figures.items():
            row |= {f"{name} rank-1": found.rank1, f"{name} mAP": found.mean_precision}
        if self.fabric.is_global_zero:
            self._report(row)
        judged = next(iter(figures.values()), None)
        better = judged is not None and judged.mean_precision > position.best
        if judged is not None and better:
            position.best = judged.mean_precision
        self.save()
        if self.fabric.is_global_zero:
            self._save_model(LAST, figures)
            if better or (last and not self.validation):
                self._save_model(BEST, figures)
        self.fabric.barrier()

    def judge(self) -> dict[str, Figures]:
        """Figures of the present model on every validation set."""
        embed = torch_embedder(self.judged, self.augment.plain, self.fabric.device)
        figures = {each.name: each.judge(embed) for each in self.validation}
        self.learner.train()
        return figures

    def _report(self, row: dict[str, float | int | str]) -> None:
        self.log.write(row)
        numbers = {key: float(value) for key, value in row.items() if not isinstance(value, str)}
        if self.curves is not None:
            self.curves.write(int(row["epoch"]), {k: v for k, v in numbers.items() if k != "epoch"})
        log.info("%s", shown(row))

    def save(self) -> None:
        """Write all that a resumed run needs to go on as if it had not stopped."""
        self._saved_at = time.monotonic()
        if not self.fabric.is_global_zero:
            return
        state, plain = optimiser_tensors(self.optimiser)
        tensors = {f"learner.{name}": value for name, value in self.plain.state_dict().items()}
        tensors |= {f"optimiser.{name}": value for name, value in state.items()}
        if self.average is not None:
            tensors |= {f"average.{name}": v for name, v in self.average.model.state_dict().items()}
        facts = {
            "stage": "main",
            "position": vars(self.position),
            "optimiser": plain,
            "averaged": 0 if self.average is None else self.average.steps,
            "scaler": self.fabric.strategy.precision.state_dict(),
            "recipe": self.recipe.model_dump(mode="json"),
        }
        save_tensors(self.folder / STATE, tensors, facts)

    def _save_model(self, name: str, figures: Mapping[str, Figures]) -> None:
        done = {"epoch": self.position.epoch, "updates": self.position.updates}
        facts = checkpoint_facts(self.recipe, self.pictures, self.size, figures, **done)
        save_tensors(self.folder / name, self.judged.state_dict(), facts)
        write_checkpoint_card(self.folder / name, facts)

    def resume(self) -> None:
        """Go on from the folder's last state.

        Raises:
            InputError: There is none, or it belongs to another model.
        """
        path = self.folder / STATE
        saved: Saved = load_tensors(path)
        load_weights(self.plain, saved.part("learner"), str(path))
        restore_optimiser(self.optimiser.optimizer, saved.part("optimiser"), saved.facts["optimiser"])
        if self.average is not None:
            load_weights(self.average.model, saved.part("average"), str(path))
            self.average.steps = saved.facts["averaged"]
        self.position = Position(**saved.facts["position"])
        self.fabric.strategy.precision.load_state_dict(saved.facts["scaler"])
        log.info("resumed after epoch %d, step %d", self.position.epoch, self.position.step)
