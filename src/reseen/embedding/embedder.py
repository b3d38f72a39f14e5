"""Any re-identification network behind one interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.errors import InputError, UsageError
from reseen.models import LocatedModel
from reseen.runtime import Session, SessionSettings, TensorMaker

Crop = NDArray[np.uint8]
INTERPOLATION = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC, "area": cv2.INTER_AREA}


@dataclass(frozen=True)
class EmbeddingSettings:
    """How crops are embedded.

    Attributes:
        flip: Whether a crop and its mirror image are embedded and averaged: twice the work, a little better.
        batch: Crops in one call of the network.
    """

    flip: bool = False
    batch: int = 16

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise UsageError(f"batch is {self.batch}: give 1 or more")


class Embedder:
    """Turns crops of people into unit vectors. May be used by several threads at once.

    Args:
        model: A located reid model.
        settings: How crops are embedded.
        session_settings: How the network is run.

    Attributes:
        name: Name of the model.
        dim: Length of a vector.
        sha256: Checksum of the model; vectors of different ones must never be compared.
        provider: What computes, for people.

    Raises:
        InputError: The model cannot be loaded or is not what its card says.
    """

    def __init__(
        self,
        model: LocatedModel,
        settings: EmbeddingSettings | None = None,
        session_settings: SessionSettings | None = None,
    ) -> None:
        card = model.card
        if card.embedder is None:
            raise InputError(f"model {card.name} is no re-identification model: its task is {card.task}")
        self._settings = settings or EmbeddingSettings()
        self._size = (card.input.width, card.input.height)
        self._interpolation = INTERPOLATION[card.input.interpolation]
        self._session = Session(model.path, session_settings)
        self._tensors = TensorMaker(card.input)
        self.name = card.name
        self.dim = card.embedder.dim
        self.sha256 = model.sha256
        self.provider = self._session.provider
        self._check_shapes(card.input.height, card.input.width)

    def embed(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        """Embed crops of people.

        What a crop gives does not depend on the others, up to rounding.

        Args:
            crops: ``(h, w, 3)`` uint8 BGR each, of any size from 1 x 1 on.

        Returns:
            ``(N, dim)`` float32, rows of length 1; N may be 0.

        Raises:
            ValueError: A crop is empty or of another form.
            InputError: The network gave no usable vector.
        """
        for crop in crops:
            if crop.ndim != 3 or crop.shape[2] != 3 or crop.dtype != np.uint8 or 0 in crop.shape:
                raise ValueError(f"a crop is (h, w, 3) uint8 and not empty, not {crop.dtype} {crop.shape}")
        step = self._settings.batch
        parts = [self._raw(crops[start : start + step]) for start in range(0, len(crops), step)]
        if not parts:
            return np.zeros((0, self.dim), np.float32)
        return self._unit(np.concatenate(parts))

    def _raw(self, crops: Sequence[Crop]) -> NDArray[np.float32]:
        batch = self._tensors.batch([self._resize(crop) for crop in crops])
        vectors = self._session.run(batch)[0].reshape(len(crops), -1)
        if self._settings.flip:
            vectors = vectors + self._session.run(batch[:, :, :, ::-1])[0].reshape(len(crops), -1)
        return np.asarray(vectors, np.float32)

    def _resize(self, crop: Crop) -> Crop:
        if (crop.shape[1], crop.shape[0]) == self._size:
            return crop
        return np.asarray(cv2.resize(crop, self._size, interpolation=self._interpolation), np.uint8)

    def _unit(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if vectors.shape[1] != self.dim or not np.isfinite(lengths).all() or lengths.min() <= 0:
            raise InputError(f"model {self.name}: its output is not a vector of {self.dim} finite numbers")
        return np.asarray(vectors / lengths, np.float32)

    def _check_shapes(self, height: int, width: int) -> None:
        wanted, actual = (3, height, width), self._session.inputs[0].shape[1:]
        if any(have not in (None, want) for have, want in zip(actual, wanted, strict=True)):
            raise InputError(f"model {self.name}: its input is {actual}, but its card says {wanted}")
        sizes = self._session.outputs[0].shape[1:]
        if None not in sizes and int(np.prod([size or 1 for size in sizes])) != self.dim:
            raise InputError(f"model {self.name}: its output is {sizes}, but its card says {self.dim} numbers")


def load_embedder(
    model: LocatedModel,
    settings: EmbeddingSettings | None = None,
    session_settings: SessionSettings | None = None,
) -> Embedder:
    """Load an embedder; see ``Embedder``."""
    return Embedder(model, settings, session_settings)


def check_embedder(model: LocatedModel) -> None:
    """Load an embedder and run it on two crops, alone and together.

    Raises:
        InputError: It cannot be loaded or run, or is not what its card says.
    """
    embedder = load_embedder(model, session_settings=SessionSettings(threads=1))
    ramp = np.linspace(0, 255, 256 * 128 * 3).astype(np.uint8).reshape(256, 128, 3)
    crops = [ramp, np.ascontiguousarray(ramp[::-1])]
    try:
        together = embedder.embed(crops)
        alone = np.concatenate([embedder.embed([crop]) for crop in crops])
    except (ValueError, RuntimeError) as error:
        raise InputError(f"model {embedder.name}: does not run ({str(error).splitlines()[0]})") from error
    if np.abs(together - alone).max() > 1e-3:
        raise InputError(f"model {embedder.name}: its vectors depend on the other pictures of a batch")
