"""A trained model read back from a run's checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reseen.errors import InputError
from reseen.training.augmentation import Augment
from reseen.training.checkpoint import load_tensors, load_weights
from reseen.training.models.build import build_model
from reseen.training.models.interface import ReidModel
from reseen.training.settings import AugmentSettings, Recipe, recipe_from


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A model and what is known of its making.

    Attributes:
        model: In evaluation mode, on the CPU.
        name: The recipe's name.
        image_size: (height, width) its figures were reached at.
        recipe: How it was trained; ``None`` for weights from elsewhere.
        facts: What the checkpoint says: epoch, data, figures.
    """

    model: ReidModel
    name: str
    image_size: tuple[int, int]
    recipe: Recipe | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def transform(self) -> Augment:
        """The model's preprocessing (see ``Augment.plain``)."""
        model = self.model
        return Augment(AugmentSettings(), self.image_size, model.pixel_mean, model.pixel_std)


def load_trained(path: Path) -> TrainedModel:
    """Read ``best.safetensors`` or ``last.safetensors`` of a run (or the run's folder: its best).

    Raises:
        InputError: The file is missing, damaged, not a model, or of another architecture.
    """
    file = path / "best.safetensors" if path.is_dir() else path
    saved = load_tensors(file)
    if "recipe" not in saved.facts or "people" not in saved.facts:
        raise InputError(f"{file}: holds the state of a run, not a model; give best.safetensors beside it")
    recipe = recipe_from(saved.facts["recipe"], str(file))
    height, width = (int(side) for side in saved.facts["image_size"])
    model = build_model(
        recipe.model,
        saved.facts["people"],
        num_cameras=saved.facts["places"],
        num_views=saved.facts["angles"],
    )
    load_weights(model, saved.tensors, str(file))
    return TrainedModel(model.eval(), recipe.name, (height, width), recipe, saved.facts)
