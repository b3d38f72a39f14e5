"""What a checkpoint says of itself: facts in its header, and the same as a card (TOML) beside it for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from reseen.models.curve import ScoreCurve
from reseen.training.pictures import TrainingPictures
from reseen.training.settings import Recipe
from reseen.training.validation import Figures
from reseen.training.whole import whole


def checkpoint_facts(
    recipe: Recipe,
    pictures: TrainingPictures,
    size: tuple[int, int],
    figures: Mapping[str, Figures],
    *,
    epoch: int,
    updates: int,
) -> dict[str, Any]:
    """Plain values that describe a model in training.

    Args:
        recipe: How it is trained.
        pictures: What it is trained on.
        size: (height, width) of its input in pixels.
        figures: What it reaches on each validation set; threshold and curve are those of the first.
        epoch: Epochs done.
        updates: Steps of the optimiser done.
    """
    first = next(iter(figures.values()), None)
    return {
        "recipe": recipe.model_dump(mode="json"),
        "people": pictures.people,
        "places": pictures.places,
        "angles": pictures.angles,
        "image_size": list(size),
        "epoch": epoch,
        "updates": updates,
        "data": list(pictures.versions),
        "figures": {name: found.facts() for name, found in figures.items()},
        "meaning": None if first is None or first.meaning is None else first.meaning.facts(),
    }


def write_checkpoint_card(checkpoint: Path, facts: Mapping[str, Any]) -> None:
    """Write the card of a checkpoint beside it: configuration, data versions, preprocessing, figures, curve.

    Args:
        checkpoint: The ``.safetensors`` file; the card has the ending ``.toml``.
        facts: Of ``checkpoint_facts``.

    Raises:
        InputError: It could not be written.
    """
    recipe = facts["recipe"]
    height, width = facts["image_size"]
    card = {
        "name": recipe["name"],
        "checkpoint": checkpoint.name,
        **{key: facts[key] for key in ("epoch", "updates", "people", "places", "data")},
        "extra_data": _extra_data(recipe),
        "camera_labels": "learnt from" if recipe["model"]["clip"]["camera_embedding"] else "not learnt from",
        "re_ranking": "none",
        "preprocessing": {
            "height": height,
            "width": width,
            "colour": "RGB",
            "resize": "bilinear, both sides to the input's",
            "mean": recipe["model"]["pixel_mean"],
            "std": recipe["model"]["pixel_std"],
        },
        "figures": facts["figures"],
        "scores": facts["meaning"],
        "recipe": recipe,
    }
    with whole(checkpoint.with_suffix(".toml"), "card") as temporary:
        temporary.write_text(tomli_w.dumps(without_none(card)), encoding="utf-8")


def _extra_data(recipe: Mapping[str, Any]) -> str:
    """What a model knows beyond the data it is trained on."""
    parts = [f"started from the weights {recipe['run']['initial_weights']}"] if recipe["run"]["initial_weights"] else []
    parts += ["started from timm's own weights"] if recipe["model"]["pretrained"] else []
    parts += [f"taught by {name}" for name in recipe["distill"]["teachers"]]
    return ", ".join(parts) or "none"


def curve_of(facts: Mapping[str, Any]) -> tuple[ScoreCurve, float] | None:
    """The curve and threshold that a checkpoint's facts hold, if any."""
    known = facts.get("meaning")
    if not known:
        return None
    curve = ScoreCurve(tuple(known["scores"]), tuple(known["rates"]), known["pairs"], known["source"])
    return curve, float(known["threshold"])


def open_set_figures(name: str, points: Sequence[Mapping[str, Any]]) -> dict[str, float | str]:
    """Open-set figures as a card has them: share found (TPIR, in percent) and threshold at each rate (FPIR).

    Args:
        name: The data.
        points: ``OpenSetPoint`` as plain values.
    """
    shown: dict[str, float | str] = {}
    for point in points:
        few = "" if point["supported"] else " (few queries)"
        at = f"at FPIR {100 * point['false_positives']:g} %{few}"
        shown[f"{name} TPIR {at}"] = round(100 * point["true_positives"], 2)
        shown[f"{name} threshold {at}"] = round(point["threshold"], 4)
    return shown


def without_none(value: Any) -> Any:
    """Plain values without those that TOML cannot say."""
    if isinstance(value, Mapping):
        return {key: without_none(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [without_none(inner) for inner in value]
    return value
