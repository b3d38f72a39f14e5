"""Any detector family behind one interface."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reseen.detection.areas import Areas
from reseen.detection.decoders import decoder_for
from reseen.detection.detections import Detections
from reseen.detection.letterbox import Placement, fit
from reseen.detection.suppression import by_score, suppress
from reseen.detection.tiles import MOST, Tile, Tiles, cut_sides, lay_tiles, merge_tiles
from reseen.errors import InputError, UsageError
from reseen.models import LocatedModel
from reseen.runtime import Session, SessionSettings, TensorMaker

Picture = NDArray[np.uint8]
MERGE_IOU = 0.45
"""Overlap from which two tiles' boxes are one person, for networks that do their own suppression."""


@dataclass(frozen=True)
class DetectionSettings:
    """What counts as a detection.

    Attributes:
        score_threshold: Score from which a box counts as a person; None for the card's.
        low: Lowest score that is reported at all: boxes between ``low`` and the threshold do not start a
            tracklet but may continue one.
        nms_iou: Overlap from which the weaker of two boxes is dropped; None for the card's.
        tiles: None, a number of tiles along the long side, or ``auto``.
        min_height: Smallest height of a box, in pixels of the picture.
        areas: Where people count.
        batch: Pictures (and tiles) in one call of the network.
    """

    score_threshold: float | None = None
    low: float = 0.1
    nms_iou: float | None = None
    tiles: Tiles = None
    min_height: float = 0.0
    areas: Areas = field(default_factory=Areas)
    batch: int = 8

    def __post_init__(self) -> None:
        for name in ("score_threshold", "low", "nms_iou"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value <= 1.0:
                raise UsageError(f"{name} is {value}: give a number from 0 to 1")
        if self.tiles not in (None, "auto") and not (isinstance(self.tiles, int) and 1 <= self.tiles <= MOST):
            raise UsageError(f"tiles is {self.tiles}: give auto, or a number from 1 to {MOST}")
        if self.min_height < 0 or self.batch < 1:
            raise UsageError("min_height must be 0 or more, batch 1 or more")


class Detector:
    """Finds people in pictures. May be used by several threads at once.

    Args:
        model: A located detection model.
        settings: What counts as a detection.
        session_settings: How the network is run.

    Attributes:
        name: Name of the model.
        high: Score from which a box counts as a person.
        low: Lowest score reported.
        provider: What computes, for people.

    Raises:
        InputError: The model cannot be loaded or is not what its card says.
    """

    def __init__(
        self,
        model: LocatedModel,
        settings: DetectionSettings | None = None,
        session_settings: SessionSettings | None = None,
    ) -> None:
        card = model.card
        if card.detector is None:
            raise InputError(f"model {card.name} is no detector: its task is {card.task}")
        self._settings = settings or DetectionSettings()
        self._input = card.input
        self._session = Session(model.path, session_settings)
        self._tensors = TensorMaker(card.input)
        wanted = (3, card.input.height, card.input.width)
        actual = self._session.inputs[0].shape[1:]
        if any(have not in (None, want) for have, want in zip(actual, wanted, strict=True)):
            raise InputError(f"model {card.name}: its input is {actual}, but its card says {wanted}")
        self._decode = decoder_for(card, [port.shape for port in self._session.outputs])
        self._iou = self._settings.nms_iou if self._settings.nms_iou is not None else card.detector.nms_iou
        chosen = self._settings.score_threshold
        self.name = card.name
        self.provider = self._session.provider
        self.high = card.detector.score_threshold if chosen is None else chosen
        self.low = min(self._settings.low, self.high)

    def with_areas(self, areas: Areas) -> Detector:
        """The same network with other areas, for another camera."""
        other = copy.copy(self)
        other._settings = replace(self._settings, areas=areas)
        return other

    def detect(self, bgr: Picture) -> Detections:
        """People in one picture ``(H, W, 3)`` uint8 BGR; see ``detect_batch``."""
        return self.detect_batch([bgr])[0]

    def detect_batch(self, pictures: Sequence[Picture]) -> list[Detections]:
        """People in several pictures, of any sizes.

        What is found in a picture does not depend on the others.

        Args:
            pictures: ``(H, W, 3)`` uint8 BGR each.

        Returns:
            For each picture the boxes with a score of at least ``low``, highest first, in its pixels and
            clipped to it.

        Raises:
            ValueError: A picture is empty or of another form.
        """
        views = [self._views(picture) for picture in pictures]
        cut_outs = [
            picture[tile.y1 : tile.y2, tile.x1 : tile.x2]
            for picture, tiles in zip(pictures, views, strict=True)
            for tile in tiles
        ]
        found = iter(self._look(cut_outs))
        return [
            self._finish(picture, tiles, [next(found) for _ in tiles])
            for picture, tiles in zip(pictures, views, strict=True)
        ]

    def _views(self, picture: Picture) -> tuple[Tile, ...]:
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or 0 in picture.shape:
            raise ValueError(f"a picture is (H, W, 3) uint8, not {picture.dtype} {picture.shape}")
        height, width = picture.shape[:2]
        return lay_tiles(width, height, self._settings.tiles, self._input)

    def _look(self, pictures: Sequence[Picture]) -> list[Detections]:
        """Boxes in the pixels of each (part of a) picture."""
        found: list[Detections] = []
        for start in range(0, len(pictures), self._settings.batch):
            fitted = [fit(picture, self._input) for picture in pictures[start : start + self._settings.batch]]
            outputs = self._session.run(self._tensors.batch([picture for picture, _ in fitted]))
            found += [self._read([out[index] for out in outputs], where) for index, (_, where) in enumerate(fitted)]
        return found

    def _read(self, outputs: list[NDArray[np.float32]], where: Placement) -> Detections:
        raw = self._decode(outputs, self.low)
        placed = Detections(where.to_picture(raw.boxes), raw.scores)
        return by_score(placed) if self._iou is None else suppress(placed, self._iou)

    def _finish(self, picture: Picture, tiles: tuple[Tile, ...], parts: list[Detections]) -> Detections:
        height, width = picture.shape[:2]
        if len(tiles) == 1:
            return self._filter(parts[0], width, height)
        shifted = [
            part.boxes + np.array([tile.x1, tile.y1] * 2, np.float32) for part, tile in zip(parts, tiles, strict=True)
        ]
        cut = [cut_sides(boxes, tile, tiles[0], self._input) for boxes, tile in zip(shifted, tiles, strict=True)]
        together = Detections(np.concatenate(shifted), np.concatenate([part.scores for part in parts]))
        iou = MERGE_IOU if self._iou is None else self._iou
        return self._filter(merge_tiles(together, np.concatenate(cut), iou), width, height)

    def _filter(self, detections: Detections, width: int, height: int) -> Detections:
        limit = np.array([width, height, width, height], np.float32)
        boxes = np.clip(detections.boxes, 0.0, limit)
        sides = boxes[:, 2:] - boxes[:, :2]
        # What lies outside the picture, or is thinner than a pixel, holds nobody.
        good = (sides >= 1.0).all(axis=1) & (sides[:, 1] >= self._settings.min_height)
        if self._settings.areas:
            good &= self._settings.areas.contain(boxes, width, height)
        return Detections(boxes, detections.scores).keep(good)


def load_detector(
    model: LocatedModel,
    settings: DetectionSettings | None = None,
    session_settings: SessionSettings | None = None,
) -> Detector:
    """Load a detector; see ``Detector``."""
    return Detector(model, settings, session_settings)


def check_detector(model: LocatedModel) -> None:
    """Load a detector and run it once on a gray picture.

    Raises:
        InputError: It cannot be loaded or run, or is not what its card says.
    """
    detector = load_detector(model, session_settings=SessionSettings(threads=1))
    gray = np.full((model.card.input.height, model.card.input.width, 3), 128, np.uint8)
    try:
        detector.detect(gray)
    except (ValueError, IndexError, RuntimeError) as error:
        raise InputError(f"model {model.card.name}: does not run ({str(error).splitlines()[0]})") from error
