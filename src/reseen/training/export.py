"""From a trained model to an ONNX file and its card, checked against torch."""

from __future__ import annotations

import logging
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from reseen.errors import InputError
from reseen.models import Card, write_card
from reseen.models.card import ModelFile, ModelVersion
from reseen.models.checksums import digest_file
from reseen.models.curve import ScoreCurve
from reseen.models.spec import EmbedderSpec, InputSpec
from reseen.runtime import Session, SessionSettings
from reseen.training.checkpoint_card import curve_of, open_set_figures
from reseen.training.models.interface import ReidModel
from reseen.training.onnx_file import convert_onnx, drafted, settle, store_half
from reseen.training.trained import TrainedModel

log = logging.getLogger(__name__)

LARGEST_DIFFERENCE = 2e-3
CHECKED = 10


@dataclass(frozen=True)
class Exported:
    """The result of an export.

    Attributes:
        path: The ONNX file.
        card_path: Its card.
        difference: Largest absolute difference of unit embeddings between torch and ONNX Runtime, before int8.
        figures: Measured figures written into the card.
    """

    path: Path
    card_path: Path
    difference: float
    figures: dict[str, float | str]


class Deployed(nn.Module):
    """What is exported: normalisation, network, unit length; no classifier, no text side.

    Args:
        model: The trained model.
        mirrored: Average each picture with its mirror image: twice the work, a little better.
    """

    def __init__(self, model: ReidModel, mirrored: bool = False) -> None:
        super().__init__()
        self.model = model
        self.mirrored = mirrored
        self.register_buffer("mean", torch.tensor(model.pixel_mean).view(1, 3, 1, 1) * 255)
        self.register_buffer("std", torch.tensor(model.pixel_std).view(1, 3, 1, 1) * 255)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 3, H, W) float32 RGB 0..255 to (N, D) unit rows."""
        mean, std = self.get_buffer("mean"), self.get_buffer("std")
        ready = (images - mean) / std
        rows = torch.nn.functional.normalize(self.model.embed(ready), dim=1)
        if not self.mirrored:
            return rows
        other = torch.nn.functional.normalize(self.model.embed(ready.flip(3)), dim=1)
        return torch.nn.functional.normalize(rows + other, dim=1)


def write_onnx(trained: TrainedModel, path: Path, *, half: bool = False, mirrored: bool = False) -> float:
    """Write the ONNX file and check it against torch on ten different pictures, alone and together.

    Args:
        trained: The model.
        path: The file.
        half: Keep the weights as float16, half the size; they are widened when the file is loaded.
        mirrored: The network itself looks at each picture's mirror image too.

    Returns:
        The largest absolute difference of the unit embeddings.

    Raises:
        InputError: It cannot be written, or ONNX Runtime computes something else than torch.
    """
    net = Deployed(trained.model, mirrored).eval().cpu()
    net = net.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    pictures = probe_pictures(trained.image_size)
    with torch.inference_mode():
        wanted = net(torch.from_numpy(pictures)).numpy()
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        batch = torch.export.Dim("batch", min=1, max=4096)
        convert_onnx(net, torch.from_numpy(pictures[:2]), temporary, "embedding", {0: batch})
        if half:
            store_half(temporary)
        difference = compare(temporary, pictures, wanted)
        if not difference <= LARGEST_DIFFERENCE:
            raise InputError(
                f"{path}: ONNX Runtime and torch differ by {difference:.2g} (allowed {LARGEST_DIFFERENCE});"
                " nothing was written"
            )
        settle(temporary, path)
    return difference


def probe_pictures(size: tuple[int, int], count: int = CHECKED) -> NDArray[np.float32]:
    """Different pictures, smooth and rough, (count, 3, H, W) in 0..255."""
    rng = np.random.default_rng(0)
    height, width = size
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    pictures = []
    for number in range(count):
        waves = rng.uniform(0.01, 0.3, (3, 2))
        smooth = np.stack([np.sin(a * rows + number) * np.cos(b * columns) for a, b in waves])
        noise = rng.normal(0, 0.02 + 0.1 * number, (3, height, width))
        pictures.append(np.clip(127 + 100 * (smooth + noise), 0, 255))
    return np.stack(pictures).astype(np.float32)


def compare(path: Path, pictures: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    """Largest difference between ONNX Runtime's outputs, alone and together, and the wanted ones."""
    session = Session(path, SessionSettings(threads=1))
    together = session.run(pictures)[0]
    alone = np.concatenate([session.run(pictures[i : i + 1])[0] for i in range(len(pictures))])
    return float(max(np.abs(together - wanted).max(), np.abs(alone - wanted).max()))


def safe_name(text: str) -> str:
    """A name that a card accepts."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._") or "model"


@dataclass(frozen=True)
class CardFacts:
    """What only the maker of a model can say.

    Attributes:
        name: Name in the catalogue; empty takes the recipe's.
        summary: One line; empty makes one.
        licence: Terms of the weights.
        data: What it was trained on; empty takes the checkpoint's list.
        notes: Limits and traps.
        measured: Figures.
        threshold: Default score from which a match is reported.
        curve: False-match curve.
    """

    name: str = ""
    summary: str = ""
    licence: str = "as the training data allow"
    data: str = ""
    notes: tuple[str, ...] = ()
    measured: tuple[tuple[str, float | str], ...] = ()
    threshold: float | None = None
    curve: ScoreCurve | None = None


def make_card(trained: TrainedModel, path: Path, facts: CardFacts) -> Card:
    """The card of an exported file."""
    found = digest_file(path)
    file = ModelFile(path.name, size=path.stat().st_size, sha256=found.sha256)
    height, width = trained.image_size
    dim = Session(path, SessionSettings(threads=1)).outputs[0].shape[-1]
    figures = trained.facts.get("figures", {})
    measured: dict[str, float | str] = {
        f"{name} {key}": round(value, 2)
        for name, values in figures.items()
        for key, value in (("rank-1", values["rank1"]), ("mAP", values["mean_precision"]))
    }
    for name, values in figures.items():
        measured |= open_set_figures(name, values.get("open_set", ()))
    recipe = trained.recipe
    card = Card(
        name=safe_name(facts.name or trained.name),
        task="reid",
        family="reid",
        summary=facts.summary or f"{recipe.model.backbone if recipe else 'network'}, {dim} numbers",
        licence=facts.licence,
        source=f"reseen train, recipe {trained.name}" if recipe else "imported weights",
        data=facts.data or "; ".join(trained.facts.get("data", ())) or "not stated",
        versions=(ModelVersion((file,), "exported"),),
        input=InputSpec(width=width, height=height, colour="RGB"),
        embedder=EmbedderSpec(dim=int(dim or trained.model.embedding_dim)),
        measured=measured | dict(facts.measured),
        notes=("The network itself normalises.", *facts.notes),
    )
    known = curve_of(trained.facts)
    if known is not None:
        card = replace(card, curve=known[0], threshold=known[1])
    if facts.threshold is not None:
        card = replace(card, threshold=facts.threshold)
    return replace(card, curve=facts.curve) if facts.curve is not None else card


def export(
    trained: TrainedModel,
    path: Path,
    facts: CardFacts | None = None,
    convert: Callable[[Path], dict[str, float | str]] | None = None,
    *,
    half: bool = False,
    mirrored: bool = False,
) -> Exported:
    """Write ``path`` and, beside it with the ending ``.toml``, its card.

    Args:
        trained: The model.
        path: An ``.onnx`` file.
        facts: What the card says beyond what is measured.
        convert: Changes the written file (such as to int8) and returns figures; if it raises, nothing stays.
        half: Keep the weights as float16, half the size.
        mirrored: The network itself averages each picture with its mirror image.

    Raises:
        InputError: It cannot be exported or written.
    """
    with drafted(path) as draft:
        difference = write_onnx(trained, draft, half=half, mirrored=mirrored)
        figures = convert(draft) if convert is not None else {}
        given = facts or CardFacts()
        card = make_card(trained, draft, replace(given, measured=(*given.measured, *figures.items())))
        write_card(card, draft.with_suffix(".toml"))
    log.info("%s: %.1f MB, differs from torch by %.1g", path, path.stat().st_size / 1e6, difference)
    return Exported(path, path.with_suffix(".toml"), difference, dict(card.measured))
