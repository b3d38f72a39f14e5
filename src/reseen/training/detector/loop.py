"""The detector's training loop: steps, judgements, checkpoints, resume."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import torch

from reseen.errors import InputError, UsageError
from reseen.training.checkpoint import (
    load_tensors,
    load_weights,
    optimiser_tensors,
    restore_optimiser,
    save_tensors,
)
from reseen.training.detector.canvases import Canvases
from reseen.training.detector.cells import grid
from reseen.training.detector.judge import Judged, judge, look
from reseen.training.detector.losses import DetectorLoss
from reseen.training.detector.net import DetectorNet
from reseen.training.detector.prepare import prepare
from reseen.training.detector.scenes import LabelledPicture
from reseen.training.detector.settings import DetectorRecipe, DetectorRunSettings
from reseen.training.detector.targets import make_targets
from reseen.training.detector.views import draw_batch
from reseen.training.ema import AveragedWeights
from reseen.training.logs import EpochLog, shown
from reseen.training.optimizers import build_optimizer, set_rate

log = logging.getLogger(__name__)

STATE = "state.safetensors"
LAST = "last.safetensors"


@dataclass
class Position:
    """How far a run has come.

    Attributes:
        step: Steps done.
        pictures: Windows seen.
        seconds: Time spent training.
        sums: Sums of the losses since the last row of the log.
        counted: Steps since then.
    """

    step: int = 0
    pictures: int = 0
    seconds: float = 0.0
    sums: dict[str, float] = field(default_factory=dict)
    counted: int = 0


def rate_at(run: DetectorRunSettings, base: float, step: int) -> float:
    """The rate of a step, from 0: rises, stays, and falls along half a cosine at the end."""
    if step < run.warmup:
        return base * (step + 1) / run.warmup
    falling = run.steps * run.fall
    done = (step + 1 - (run.steps - falling)) / falling if falling else 0.0
    return base * 0.5 * (1 + math.cos(math.pi * done)) if done > 0 else base


def norms_of(net: torch.nn.Module) -> list[torch.nn.BatchNorm2d]:
    """The batch norms of a network."""
    return [part for part in net.modules() if isinstance(part, torch.nn.BatchNorm2d)]


@torch.no_grad()
def renew_norms(net: torch.nn.Module, canvases: Canvases, recipe: DetectorRecipe, batches: int = 30) -> None:
    """Measure the batch norms' means and variances anew for weights that no longer change, on unaltered pictures.

    Statistics that followed the weights lag behind them, and averaged weights see other ones than any of their parts.
    """
    plain = recipe.augment.model_copy(update={"colour": 0.0, "blur": 0.0, "low_resolution": 0.0})
    unaltered = recipe.model_copy(update={"augment": plain, "night": 0.0})
    norms = norms_of(net)
    usual = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all that follows
    net.train()
    for back in range(batches):
        pictures = draw_batch(canvases, unaltered, recipe.run.steps + back).pictures
        net(pictures.contiguous(memory_format=torch.channels_last))
    net.eval()
    for norm, momentum in zip(norms, usual, strict=True):
        norm.momentum = momentum


class DetectorLoop:
    """One run of a detector's recipe in its folder.

    Args:
        recipe: What to do.
        folder: Where the run's files lie.
        canvases: What to learn from.
        held_out: Pictures that judge.
    """

    def __init__(
        self, recipe: DetectorRecipe, folder: Path, canvases: Canvases, held_out: list[LabelledPicture]
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.folder, self.canvases, self.held_out = recipe, folder, canvases, held_out
        self.position = Position()
        self.net = DetectorNet(recipe.net).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.loss = DetectorLoss(recipe.losses, recipe.net.neck, canvases.features.shape[2])
        self.optimiser = build_optimizer((self.net, self.loss), recipe.optimiser)
        self.average = AveragedWeights(self.net, recipe.run.ema)
        self.log = EpochLog(folder / "log.csv")

    def run(self) -> Position:
        """Train to the last step.

        Raises:
            InputError: The loss is not a number, or a checkpoint cannot be saved.
        """
        run = self.recipe.run
        while self.position.step < run.steps:
            began = time.monotonic()
            self.step()
            self.position.seconds += time.monotonic() - began
            done = self.position.step
            if done % run.judge_every == 0 or done == run.steps:
                self._report()
            if done % run.save_every == 0 or done == run.steps:
                self.save()
        return self.position

    def step(self) -> dict[str, float]:
        """One step of the optimiser; the losses by name."""
        recipe, position = self.recipe, self.position
        set_rate(self.optimiser, rate_at(recipe.run, recipe.optimiser.rate, position.step))
        batch = draw_batch(self.canvases, recipe, position.step)
        places, strides = (torch.from_numpy(each) for each in grid(batch.window, batch.window))
        self.net.train()
        if position.step >= recipe.run.fixed_from:
            if position.step == recipe.run.fixed_from:
                self._fix_norms()
            for norm in norms_of(self.net):
                norm.eval()
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.run.precision == "bf16"):
            said = self.net(batch.pictures.contiguous(memory_format=torch.channels_last))
        said = type(said)(said.boxes.float(), said.scores.float(), said.features.float())
        losses = self.loss(said, make_targets(batch, recipe.losses), batch.features, places, strides)
        values = {name: float(value.detach()) for name, value in losses.items()}
        self._refuse_nonsense(values)
        self.optimiser.zero_grad()
        losses["total"].backward()
        if recipe.run.clip_norm:
            parameters = [*self.net.parameters(), *self.loss.parameters()]
            torch.nn.utils.clip_grad_norm_(parameters, recipe.run.clip_norm)
        self.optimiser.step()
        self.average.update(self.net)
        position.step += 1
        position.counted += 1
        position.pictures += len(batch.pictures)
        for name, value in values.items():
            position.sums[name] = position.sums.get(name, 0.0) + value
        return values

    def _fix_norms(self) -> None:
        """Go on from the averaged weights, with statistics measured for them that stay as they are."""
        self.net.load_state_dict(self.average.model.state_dict())
        renew_norms(self.net, self.canvases, self.recipe)
        self.average = AveragedWeights(self.net, self.recipe.run.ema)
        self.net.train()

    def _refuse_nonsense(self, values: dict[str, float]) -> None:
        if not math.isfinite(values["total"]):
            parts = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
            raise InputError(
                f"the loss is not a number in step {self.position.step + 1} ({parts}): lower optimiser.rate, or set"
                f" run.precision to f32; the last checkpoint in {self.folder} is good"
            )

    def judge(self) -> Judged:
        """Figures of the averaged weights on the held-out pictures."""
        return judge(self.held_out, lambda rgb: look(self.average.model, rgb))  # type: ignore[arg-type]

    def _report(self) -> None:
        position = self.position
        before = sum(int(old["step"]) < position.step for old in self.log.rows())
        row: dict[str, float | int | str] = {"epoch": before + 1}
        row |= {"step": position.step, "pictures": position.pictures, "seconds": round(position.seconds)}
        row |= {"window": self.recipe.phase(position.step - 1).window}
        row |= {"rate": float(self.optimiser.param_groups[0]["lr"])}
        row |= {name: value / max(position.counted, 1) for name, value in position.sums.items()}
        if self.held_out:
            judged = self.judge()
            row |= {"AP50": judged.precision, "AP50 from 40 px": judged.tall, "recall": judged.recall}
        position.sums, position.counted = {}, 0
        self.log.write(row)
        log.info("%s", shown(row))

    def save(self) -> None:
        """Write all that a resumed run needs, and the averaged network alone."""
        state, plain = optimiser_tensors(self.optimiser)
        tensors = {f"net.{name}": value for name, value in self.net.state_dict().items()}
        tensors |= {f"loss.{name}": value for name, value in self.loss.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.model.state_dict().items()}
        tensors |= {f"optimiser.{name}": value for name, value in state.items()}
        facts = {
            "position": vars(self.position),
            "optimiser": plain,
            "averaged": self.average.steps,
            "recipe": self.recipe.model_dump(mode="json"),
        }
        save_tensors(self.folder / STATE, tensors, facts)
        save_tensors(self.folder / LAST, self.average.model.state_dict(), {"recipe": facts["recipe"]})

    def resume(self) -> None:
        """Go on from the folder's last state.

        Raises:
            InputError: There is none, or it belongs to another network.
        """
        path = self.folder / STATE
        saved = load_tensors(path)
        load_weights(self.net, saved.part("net"), str(path))
        load_weights(self.loss, saved.part("loss"), str(path))
        load_weights(self.average.model, saved.part("average"), str(path))
        restore_optimiser(self.optimiser, saved.part("optimiser"), saved.facts["optimiser"])
        self.average.steps = saved.facts["averaged"]
        self.position = Position(**saved.facts["position"])
        log.info("resumed after step %d", self.position.step)


def train_detector(recipe: DetectorRecipe, folder: Path, *, resume: bool = False) -> Position:
    """Train by a detector's recipe on the CPU.

    Args:
        recipe: What to do.
        folder: The run's folder: state, the averaged network (``last.safetensors``), ``log.csv``.
        resume: Go on from the folder's state; the run then computes what it would have without the stop.

    Raises:
        UsageError: The folder holds a run and ``resume`` is not set.
        InputError: Data or teacher cannot be used, or the loss is not a number.
    """
    if (folder / STATE).exists() and not resume:
        raise UsageError(f"{folder}: holds a run already; add --resume to go on with it, or name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(recipe.run.threads)
    canvases, held_out = prepare(recipe, folder)
    loop = DetectorLoop(recipe, folder, canvases, held_out)
    if (folder / STATE).exists():
        loop.resume()
    return loop.run()
