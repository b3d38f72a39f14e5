"""Canvases: one picture as it is, one enlarged, or four side by side, with people pasted in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.evaluation.detection import intersections
from reseen.training.detector.scenes import Boxes, CutOut, LabelledPicture, Pixels

FILL = 114
COVERED = 0.6
"""Share of a person's box behind a pasted one from which the person is ignored."""


@dataclass(frozen=True)
class MosaicSettings:
    """What canvases look like; probabilities are shares of all canvases.

    Attributes:
        size: Side of the square canvas in pixels, a multiple of 32.
        mosaic: Four pictures around a point.
        enlarged: One picture, enlarged and cut; the rest is one picture as a detector sees it.
        scales: Smallest and largest scale of a picture in a mosaic, where it need not be larger to fill its part.
        enlarge: The same of an enlarged one.
        shrink: Smallest scale of a picture as it is.
        paste: Canvases with people pasted in.
        most_pasted: The most people pasted into one.
        paste_heights: Smallest and largest height of a pasted person in pixels.
        rendered: Share of rendered frames among the pictures drawn.
        empty: Share of pictures without people among those drawn.
        kept: Share of a person's box that must be left after cutting; with less it is ignored.
        smallest: Height in pixels under which a person is ignored.
    """

    size: int = 416
    mosaic: float = 0.65
    enlarged: float = 0.2
    scales: tuple[float, float] = (0.45, 1.3)
    enlarge: tuple[float, float] = (1.1, 2.2)
    shrink: float = 0.7
    paste: float = 0.3
    most_pasted: int = 4
    paste_heights: tuple[float, float] = (28.0, 260.0)
    rendered: float = 0.06
    empty: float = 0.08
    kept: float = 0.25
    smallest: float = 6.0


@dataclass(frozen=True, eq=False)
class Canvas:
    """A square picture to learn from: ``(S, S, 3)`` uint8 RGB, people ``(G, 4)``, ignored regions ``(I, 4)``."""

    rgb: Pixels
    boxes: Boxes
    ignored: Boxes


class CanvasMaker:
    """Draws canvases from pictures.

    Args:
        pictures: Labelled pictures; group ``rendered`` and those without people are drawn by their shares.
        cut_outs: People to paste; may be empty.
        settings: What canvases look like.
        weights: How often a picture of a group is drawn compared to others; 1 for groups not named.
    """

    def __init__(
        self,
        pictures: Sequence[LabelledPicture],
        cut_outs: Sequence[CutOut],
        settings: MosaicSettings,
        weights: dict[str, float] | None = None,
    ) -> None:
        self.settings, self._cut_outs = settings, list(cut_outs)
        rendered = [p for p in pictures if p.group == "rendered"]
        empty = [p for p in pictures if p.group != "rendered" and not len(p.boxes) and not len(p.ignored)]
        lone = {id(p) for p in (*rendered, *empty)}
        usual = [p for p in pictures if id(p) not in lone]
        groups = [(rendered, settings.rendered), (empty, settings.empty)]
        left = 1 - sum(share for each, share in groups if each)
        self._groups = [(each, share) for each, share in [*groups, (usual, left)] if each]
        self._chances = np.array([share for _, share in self._groups]) / sum(share for _, share in self._groups)
        self._weights = [
            _shares([(weights or {}).get(picture.group, 1.0) for picture in each]) for each, _ in self._groups
        ]

    def draw(self, rng: np.random.Generator) -> Canvas:
        """One canvas."""
        settings = self.settings
        kind = rng.random()
        if kind < settings.mosaic:
            canvas = self._mosaic(rng)
        elif kind < settings.mosaic + settings.enlarged:
            canvas = self._single(rng, float(rng.uniform(*settings.enlarge)), filled=True)
        else:
            canvas = self._single(rng, float(rng.uniform(settings.shrink, 1.0)))
        if self._cut_outs and rng.random() < settings.paste:
            canvas = self._paste(canvas, rng)
        return canvas

    def _picture(self, rng: np.random.Generator) -> LabelledPicture:
        group = int(rng.choice(len(self._groups), p=self._chances))
        pictures = self._groups[group][0]
        return pictures[int(rng.choice(len(pictures), p=self._weights[group]))]

    def _mosaic(self, rng: np.random.Generator) -> Canvas:
        size = self.settings.size
        x, y = (round(float(v) * size) for v in rng.uniform(0.3, 0.7, 2))
        parts = []
        low, high = np.log(self.settings.scales)
        for left, top, right, bottom in ((0, 0, x, y), (x, 0, size, y), (0, y, x, size), (x, y, size, size)):
            picture, scale = self._picture(rng), float(np.exp(rng.uniform(low, high)))
            scale = max(scale, _covering(picture, right - left, bottom - top))
            parts.append((self._cut(picture, scale, right - left, bottom - top, rng), left, top))
        return _join(parts, size)

    def _single(self, rng: np.random.Generator, scale: float, *, filled: bool = False) -> Canvas:
        size, picture = self.settings.size, self._picture(rng)
        fitted = scale * size / max(picture.rgb.shape[:2])
        if filled:
            fitted = max(fitted, _covering(picture, size, size))
        part = self._cut(picture, fitted, size, size, rng)
        return _join([(part, 0, 0)], size)

    def _cut(self, picture: LabelledPicture, scale: float, width: int, height: int, rng: np.random.Generator) -> Canvas:
        """A picture scaled and cut to at most ``width`` x ``height``, with random place."""
        full_height, full_width = picture.rgb.shape[:2]
        scaled_size = max(1, round(full_width * scale)), max(1, round(full_height * scale))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        scaled = (
            picture.rgb
            if scaled_size == (full_width, full_height)
            else cv2.resize(picture.rgb, scaled_size, interpolation=way)
        )
        left = int(rng.integers(0, max(0, scaled_size[0] - width) + 1))
        top = int(rng.integers(0, max(0, scaled_size[1] - height) + 1))
        cut = np.asarray(scaled[top : top + height, left : left + width], np.uint8)
        ratio = np.array([scaled_size[0] / full_width, scaled_size[1] / full_height] * 2, np.float32)
        shift = np.array([left, top, left, top], np.float32)
        boxes, lost = cut_boxes(picture.boxes * ratio - shift, cut.shape[1], cut.shape[0], self.settings)
        regions = clip_boxes(picture.ignored * ratio - shift, cut.shape[1], cut.shape[0])
        return Canvas(cut, boxes, np.concatenate([regions, lost]))

    def _paste(self, canvas: Canvas, rng: np.random.Generator) -> Canvas:
        rgb, boxes, ignored = canvas.rgb.copy(), canvas.boxes, canvas.ignored
        low, high = np.log(self.settings.paste_heights)
        for _ in range(int(rng.integers(1, self.settings.most_pasted + 1))):
            person = self._cut_outs[int(rng.integers(len(self._cut_outs)))]
            box = paste(rgb, person, float(np.exp(rng.uniform(low, high))), rng)
            if box is None:
                continue
            new = box[None]
            covered = (intersections(boxes, new) / np.maximum(_areas(boxes), 1)[:, None]).max(1, initial=0) > COVERED
            ignored = np.concatenate([ignored, boxes[covered]])
            boxes = np.concatenate([boxes[~covered], new])
        return Canvas(rgb, boxes, ignored)


def paste(rgb: Pixels, person: CutOut, height: float, rng: np.random.Generator) -> NDArray[np.float32] | None:
    """Paste a person into a picture, in place.

    Returns:
        The box ``(4,)`` of what is inside the picture; None where nothing would fit.
    """
    scale = height / person.mask.shape[0]
    size = max(2, round(person.mask.shape[1] * scale)), max(2, round(height))
    if size[0] >= rgb.shape[1] or size[1] >= rgb.shape[0]:
        return None
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    colours = cv2.resize(person.rgb, size, interpolation=way).astype(np.float32)
    mask = cv2.resize(person.mask, size, interpolation=way)
    soft = cv2.GaussianBlur(mask, (3, 3), 0).astype(np.float32)[:, :, None] / 255
    if rng.random() < 0.5:
        colours, soft = colours[:, ::-1], soft[:, ::-1]
    colours = np.clip(colours * rng.uniform(0.6, 1.3) * rng.uniform(0.92, 1.08, 3), 0, 255)
    left = int(rng.integers(0, rgb.shape[1] - size[0]))
    top = int(rng.integers(0, rgb.shape[0] - size[1]))
    part = rgb[top : top + size[1], left : left + size[0]]
    part[:] = (part * (1 - soft) + colours * soft).astype(np.uint8)
    return np.array([left, top, left + size[0], top + size[1]], np.float32)


def clip_boxes(boxes: Boxes, width: float, height: float) -> Boxes:
    """Boxes cut at the edges of a picture; those wholly outside are dropped."""
    limit = np.array([width, height, width, height], np.float32)
    clipped = np.clip(boxes, 0, limit)
    return clipped[_areas(clipped) > 0]


def cut_boxes(boxes: Boxes, width: float, height: float, settings: MosaicSettings) -> tuple[Boxes, Boxes]:
    """People after cutting a picture: those still there, and the regions of those of whom too little is left."""
    limit = np.array([width, height, width, height], np.float32)
    clipped = np.clip(boxes, 0, limit)
    inside = _areas(clipped) > 0
    enough = _areas(clipped) >= settings.kept * np.maximum(_areas(boxes), 1e-6)
    enough &= clipped[:, 3] - clipped[:, 1] >= settings.smallest
    return clipped[inside & enough], clipped[inside & ~enough]


def _areas(boxes: Boxes) -> NDArray[np.float32]:
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def _join(parts: Sequence[tuple[Canvas, int, int]], size: int) -> Canvas:
    rgb = np.full((size, size, 3), FILL, np.uint8)
    boxes, ignored = [], []
    for part, left, top in parts:
        height, width = part.rgb.shape[:2]
        rgb[top : top + height, left : left + width] = part.rgb
        shift = np.array([left, top, left, top], np.float32)
        boxes.append(part.boxes + shift)
        ignored.append(part.ignored + shift)
    return Canvas(rgb, np.concatenate(boxes), np.concatenate(ignored))


def _covering(picture: LabelledPicture, width: int, height: int) -> float:
    """The smallest scale at which a picture leaves nothing of a rectangle empty."""
    return float(max(width / picture.rgb.shape[1], height / picture.rgb.shape[0]))


def _shares(weights: Sequence[float]) -> NDArray[np.float64]:
    values = np.asarray(weights, np.float64)
    return np.asarray(values / values.sum(), np.float64)
