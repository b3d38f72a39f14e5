"""The settings of a detector's training: one TOML file, ``method = "detector"``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from reseen.training.detector.mosaic import MosaicSettings
from reseen.training.optimizers import OptimizerSettings
from reseen.training.recipe_files import checked, recipe_table
from reseen.training.settings import AugmentSettings, StrictSettings


class DetectorNetSettings(StrictSettings):
    """The network.

    Attributes:
        widths: Channels of the stem and the four stages; multiples of 32 after the stem run fastest.
        depths: Residual blocks of each stage.
        neck: Channels of the neck and the head.
    """

    widths: tuple[int, int, int, int, int] = (16, 32, 64, 96, 192)
    depths: tuple[int, int, int, int] = (1, 2, 3, 1)
    neck: int = 64


class DetectorDataSettings(StrictSettings):
    """Where pictures come from; paths are relative to ``root``.

    Attributes:
        root: Folder of the data.
        pictures: Data sets (zip or folder) in COCO's form.
        cut_outs: Data sets with masks, whose people are pasted into pictures.
        held_out: Pictures of the data sets that judge and are not trained on, spread over their groups.
        rendered: Rendered frames beside them.
        weights: How often a picture of a group is drawn compared to others.
        canvases: Canvases drawn and shown to the teacher once.
        cache: Folder for them, relative to the run's.
    """

    root: Path = Path()
    pictures: tuple[str, ...] = ()
    cut_outs: tuple[str, ...] = ()
    held_out: int = Field(60, ge=0)
    rendered: int = Field(120, ge=0)
    weights: dict[str, float] = Field(default_factory=dict)
    canvases: int = Field(6000, ge=1)
    cache: str = "../det_cache"


class DetectorLossSettings(StrictSettings):
    """Weights of the losses.

    Attributes:
        score: Quality focal loss on the scores.
        focus: Its exponent.
        overlap: 1 - generalised overlap of the boxes.
        sides: Distance of the box parameters.
        features: Squared distance to the teacher's standardised features.
        seen: Teacher's score from which its boxes are learned.
        labelled: A cell that answers for a labelled person aims at ``labelled + (1 - labelled) * teacher's score``.
    """

    score: float = 1.0
    focus: float = 1.5
    overlap: float = 2.0
    sides: float = 0.25
    features: float = 2.0
    seen: float = 0.1
    labelled: float = 0.5


class DetectorPhase(StrictSettings):
    """A stretch of the run.

    Attributes:
        until: Share of the steps at which it ends.
        window: Side of the square that is cut from canvases, a multiple of 32.
        batch: Windows in a batch.
    """

    until: float = Field(1.0, gt=0, le=1)
    window: int = Field(256, ge=64, multiple_of=32)
    batch: int = Field(32, ge=1)


class DetectorRunSettings(StrictSettings):
    """How the run goes.

    Attributes:
        steps: Optimiser steps in all. Until the rate falls nothing depends on it: a stopped run may be resumed
            with more or fewer.
        warmup: Steps of rising rate.
        fall: Share of the steps, at the end, over which the rate falls to nothing.
        fixed: Share of the steps, at the end, in which the batch norms' statistics stay as they are: with few
            pictures in a batch a network leans on the batch's own, which a picture alone does not have.
        precision: ``f32`` or ``bf16``.
        ema: Decay of the averaged weights, which are judged and exported.
        clip_norm: Largest gradient norm.
        judge_every: Steps between judgements (and rows of the log).
        save_every: Steps between checkpoints.
        threads: Torch's CPU threads.
    """

    steps: int = Field(6000, ge=1)
    warmup: int = Field(150, ge=0)
    fall: float = Field(0.4, ge=0, le=1)
    fixed: float = Field(0.1, ge=0, le=1)
    precision: Literal["f32", "bf16"] = "bf16"
    ema: float = Field(0.998, ge=0, lt=1)
    clip_norm: float = Field(10.0, ge=0)
    judge_every: int = Field(500, ge=1)
    save_every: int = Field(200, ge=1)
    threads: int = Field(1, ge=1)

    @property
    def fixed_from(self) -> int:
        """The first step with fixed statistics."""
        return self.steps - round(self.fixed * self.steps)


class DetectorRecipe(StrictSettings):
    """Everything that decides what a detector's run computes.

    Attributes:
        name: Name of the run and of the model.
        method: ``detector``.
        seed: Seed of everything drawn.
        teacher: A model of the catalogue, family yolox.
        data: Pictures.
        mosaic: What canvases look like.
        augment: How windows are altered: ``flip``, the colours, ``blur`` and ``low_resolution``; the rest is not used.
        night: Share of the windows that are darkened.
        noise: Standard deviation of the noise in dark windows.
        net: The network.
        losses: Weights of the losses.
        optimiser: Optimiser and rate.
        phases: Sizes of windows and batches.
        run: How the run goes.
    """

    name: str
    method: Literal["detector"] = "detector"
    seed: int = 1
    teacher: str = "yolox_nano"
    data: DetectorDataSettings = DetectorDataSettings()
    mosaic: MosaicSettings = MosaicSettings()
    augment: AugmentSettings = AugmentSettings(colour=0.5, gamma=0.4, blur=0.15, low_resolution=0.1)
    night: float = Field(0.12, ge=0, le=1)
    noise: float = Field(6.0, ge=0)
    net: DetectorNetSettings = DetectorNetSettings()
    losses: DetectorLossSettings = DetectorLossSettings()
    optimiser: OptimizerSettings = OptimizerSettings(
        kind="adamw", rate=2e-3, weight_decay=0.03, bias_decay=0.0, bias_factor=1.0, decay_norms=False
    )
    phases: tuple[DetectorPhase, ...] = (DetectorPhase(until=0.75), DetectorPhase(window=416, batch=12))
    run: DetectorRunSettings = DetectorRunSettings()

    def phase(self, step: int) -> DetectorPhase:
        """The phase that a step, from 0, belongs to."""
        for phase in self.phases:
            if step < round(phase.until * self.run.steps):
                return phase
        return self.phases[-1]


def load_detector_recipe(path: Path, changes: Sequence[str] = ()) -> DetectorRecipe:
    """Read a detector's recipe and apply ``key=value`` changes; raises as ``settings.load_recipe``."""
    return detector_recipe_from(recipe_table(path, changes), str(path))


def detector_recipe_from(table: Mapping[str, Any], shown: str) -> DetectorRecipe:
    """Check a table of settings; raises as ``settings.recipe_from``."""
    return checked(DetectorRecipe, table, shown)
