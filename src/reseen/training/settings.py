"""The settings of a training run: a TOML file, and ``key=value`` changes to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from reseen.training.losses.total import LossSettings
from reseen.training.models.cross_encoder import CrossEncoderSettings
from reseen.training.models.spec import ModelSpec
from reseen.training.optimizers import OptimizerSettings
from reseen.training.recipe_files import checked, recipe_table
from reseen.training.schedules import ScheduleSettings


class StrictSettings(BaseModel):
    """Settings that refuse keys they do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceSettings(StrictSettings):
    """One source of pictures.

    Attributes:
        path: Folder, zip file or CSV, relative to ``data.root``.
        layout: Layout of the source; ``auto`` looks.
        split: Named split, or empty for the layout's own parts.
        with_val: MSMT17: ``list_val`` joins the training part.
        people: Keep only this many identities, evenly spread over their sorted numbers; 0 keeps all.
        unlabelled: Use the pictures without their identities, for distillation alone.
    """

    path: str
    layout: str = "auto"
    split: str = ""
    with_val: bool = True
    people: int = 0
    unlabelled: bool = False


class DataSettings(StrictSettings):
    """Where pictures come from.

    Attributes:
        root: Folder that the sources' paths are relative to.
        cache: Folder for decoded pictures and teachers' outputs, relative to the run's; empty: in memory.
        train: Sources of training pictures, merged with identities kept apart.
        validation: Sources whose query and gallery judge the run; the first decides which checkpoint is best.
        pack_size: (height, width) at which training pictures are kept; the model's image size if absent.
    """

    root: Path = Path()
    cache: str = "cache"
    train: tuple[SourceSettings, ...] = ()
    validation: tuple[SourceSettings, ...] = ()
    pack_size: tuple[int, int] | None = None


class SamplingSettings(StrictSettings):
    """What makes a batch.

    Attributes:
        people: Identities in a batch (P).
        shots: Pictures of each (K).
        uniform: Labelled pictures in a batch if drawn uniformly instead of by identity; 0 draws by identity.
        unlabelled: Unlabelled pictures added to each batch.
    """

    people: int = Field(16, ge=0)
    shots: int = Field(4, ge=1)
    uniform: int = Field(0, ge=0)
    unlabelled: int = Field(0, ge=0)


class AugmentSettings(StrictSettings):
    """Augmentation; probabilities are per picture, 0 switches a kind off.

    Attributes:
        flip: Probability of mirroring.
        pad: Padding before the random crop, in pixels of the network's input.
        zoom: Largest relative change of scale and place.
        erase: Probability of erasing a rectangle by noise.
        erase_area: Smallest and largest share of the picture erased.
        colour: Probability of a colour change, made up of the five below.
        brightness: Largest relative change of brightness.
        contrast: Largest relative change of contrast.
        saturation: Largest relative change of saturation.
        channel_gain: Largest relative change of each channel alone.
        gamma: Largest absolute natural logarithm of the gamma.
        low_resolution: Probability of shrinking and enlarging again.
        low_resolution_floor: Smallest share to which a picture is shrunk.
        blur: Probability of a Gaussian blur.
        blur_sigma: Largest sigma in pixels.
        grayscale: Probability of losing all colour.
    """

    flip: float = 0.5
    pad: int = 10
    zoom: float = 0.0
    erase: float = 0.5
    erase_area: tuple[float, float] = (0.02, 0.33)
    colour: float = 0.0
    brightness: float = 0.3
    contrast: float = 0.3
    saturation: float = 0.3
    channel_gain: float = 0.1
    gamma: float = 0.0
    low_resolution: float = 0.0
    low_resolution_floor: float = 0.3
    blur: float = 0.0
    blur_sigma: float = 1.5
    grayscale: float = 0.0


class MetricSettings(StrictSettings):
    """A loss of pytorch-metric-learning beside the others.

    Attributes:
        name: Its class, such as ``CircleLoss``; empty for none.
        weight: Its weight.
    """

    name: str = ""
    weight: float = 1.0


class DistillSettings(StrictSettings):
    """Learning from models of the catalogue.

    Attributes:
        teachers: Names of catalogue models, or paths of ``.onnx`` and ``.xml`` files; empty for none.
        online: Run the teachers on the very view the student sees (before erasing); otherwise their outputs
            for each picture and its mirror image are computed once and kept.
        cosine: Weight of 1 - cosine between the student's projected embedding and the teachers' joined ones.
        similarity: Weight of the squared difference between the batch's two similarity matrices.
    """

    teachers: tuple[str, ...] = ()
    online: bool = False
    cosine: float = 8.0
    similarity: float = 50.0


class PromptSettings(StrictSettings):
    """CLIP-ReID's first stage, in which only the identities' prompt vectors learn.

    Attributes:
        batch: Images in a batch.
        optimiser: Optimiser and rates.
        schedule: The rate over the epochs, and how many there are.
    """

    batch: int = Field(64, ge=1)
    optimiser: OptimizerSettings = OptimizerSettings(rate=3.5e-4, weight_decay=1e-4, bias_decay=1e-4)
    schedule: ScheduleSettings = ScheduleSettings(epochs=120)


class PhaseSettings(StrictSettings):
    """A stretch of epochs at another image size.

    Attributes:
        until: The phase ends before this epoch (counted from 0); 0 means the end of the run.
        image_size: (height, width) in pixels.
    """

    until: int = 0
    image_size: tuple[int, int]


class RunSettings(StrictSettings):
    """How the run goes.

    Attributes:
        steps_per_epoch: Batches in an epoch; 0 for one pass over the identities' groups.
        accumulate: Batches whose gradients are added up before a step.
        precision: ``f32``, ``bf16`` or ``f16`` (mixed).
        accelerator: ``auto``, ``cpu``, ``gpu``.
        devices: How many.
        threads: Torch's CPU threads; 0 leaves its own choice.
        smooth_rate: Change the rate within an epoch, not only between epochs.
        clip_norm: Largest gradient norm; 0 for no limit.
        ema: Decay of the averaged weights that are validated and exported; 0 for none.
        validate_every: Epochs between validations.
        checkpoint_minutes: Minutes between checkpoints inside an epoch.
        initial_weights: File of weights to start from.
    """

    steps_per_epoch: int = Field(0, ge=0)
    accumulate: int = Field(1, ge=1)
    precision: Literal["f32", "bf16", "f16"] = "f32"
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    devices: int = Field(1, ge=1)
    threads: int = Field(0, ge=0)
    smooth_rate: bool = True
    clip_norm: float = Field(0.0, ge=0)
    ema: float = Field(0.0, ge=0, lt=1)
    validate_every: int = Field(1, ge=1)
    checkpoint_minutes: float = Field(10.0, gt=0)
    initial_weights: str = ""


class Recipe(StrictSettings):
    """Everything that decides what a run computes.

    Attributes:
        name: Name of the run and of the model it makes.
        method: ``baseline`` (identity, metric and distillation losses) or ``clip_reid`` (two stages).
        seed: Seed of everything drawn.
        text: The head that fills in the words of sentences about the pictures; off at weight 0.
        captions: A captioner's JSON lines for it; empty describes by colours and parts.
    """

    name: str
    method: Literal["baseline", "clip_reid"] = "baseline"
    seed: int = 1
    data: DataSettings = DataSettings()
    model: ModelSpec = ModelSpec()
    sampling: SamplingSettings = SamplingSettings()
    augment: AugmentSettings = AugmentSettings()
    losses: LossSettings = LossSettings(identity_weight=1.0)
    metric: MetricSettings = MetricSettings()
    distill: DistillSettings = DistillSettings()
    text: CrossEncoderSettings = CrossEncoderSettings()
    captions: str = ""
    optimiser: OptimizerSettings = OptimizerSettings(rate=3.5e-4)
    schedule: ScheduleSettings = ScheduleSettings()
    prompts: PromptSettings = PromptSettings()
    phases: tuple[PhaseSettings, ...] = ()
    run: RunSettings = RunSettings()

    def image_size(self, epoch: int) -> tuple[int, int]:
        """(height, width) of the student's input in this epoch."""
        for phase in self.phases:
            if phase.until == 0 or epoch < phase.until:
                return phase.image_size
        return self.model.image_size


def load_recipe(path: Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply ``key=value`` changes.

    Args:
        path: TOML file.
        changes: Such as ``run.epochs=3`` or ``data.root=/data``; values are TOML, or else plain text.

    Raises:
        InputError: The file cannot be read, or holds an unknown or unfit setting.
        UsageError: A change is not of the form ``key=value``.
    """
    return recipe_from(recipe_table(path, changes), str(path))


def recipe_from(table: Mapping[str, Any], shown: str) -> Recipe:
    """Check a table of settings.

    Raises:
        InputError: One line naming the first setting that does not fit.
    """
    return checked(Recipe, table, shown)
