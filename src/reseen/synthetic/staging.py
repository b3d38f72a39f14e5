"""One camera's pictures: the place developed once, people drawn into it far ones first, with their shadows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.synthetic.curves import Floats
from reseen.synthetic.drawing import Drawn, draw, fineness
from reseen.synthetic.figures import Figure, Posed, Spot
from reseen.synthetic.gait import Stance
from reseen.synthetic.places import Place
from reseen.synthetic.shadows import Shadow, shadows_of
from reseen.synthetic.wardrobe import Look

_SPACINGS = (0.005, 0.007, 0.010, 0.014, 0.020)
_KEPT_POINTS = 2_000_000  # of all figures together, about 80 MB
_NOISE_ROOM = 64


@dataclass(frozen=True, eq=False)
class TruthBoxes:
    """Who is in a picture, and where.

    Attributes:
        people: ``(N,)`` int64, numbers of the people.
        boxes: ``(N, 4)`` float32 ``x1, y1, x2, y2`` in pixels: the whole figure, also where something hides it, cut
            at the edges of the picture.
        visible: ``(N,)`` float32, the share of the figure's area that is seen: inside the picture and hidden by
            nobody and nothing.
        tracks: ``(N,)`` int64, a number for each time a person comes.
    """

    people: NDArray[np.int64]
    boxes: NDArray[np.float32]
    visible: NDArray[np.float32]
    tracks: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.people)


@dataclass(frozen=True)
class Actor:
    """Somebody in front of the camera.

    Attributes:
        person: Number of the person.
        look: What they look like.
        spot: Where they are.
        stance: How they stand.
        track: A number for this time that they come.
    """

    person: int
    look: Look
    spot: Spot
    stance: Stance
    track: int = 0


@dataclass(eq=False)
class Stage:
    """The place of one camera, ready to be filmed.

    Attributes:
        place: The place.
        seed: Seeds the noise.
    """

    place: Place
    seed: int
    _figures: OrderedDict[tuple[int, float], Figure] = field(default_factory=OrderedDict, repr=False)

    def __post_init__(self) -> None:
        camera, response = self.place.camera, self.place.response
        backdrop = self.place.scenery.seen_by(camera)
        self._corners = response.corners(camera.width, camera.picture_height)
        self._blur = response.blur * camera.picture_height / 720
        picture = response.develop(self._soft(backdrop.light)) * self._corners[..., None]
        self._backdrop = np.asarray(picture + 0.5, np.uint8)
        self._depth, self._ground = backdrop.depth, backdrop.ground
        rng = np.random.default_rng([self.seed, 7])
        size = (camera.picture_height + _NOISE_ROOM, camera.width + _NOISE_ROOM, 3)
        grain = self._grain(rng, size)
        self._lighter = np.maximum(grain, 0).astype(np.uint8)
        self._darker = np.maximum(-grain, 0).astype(np.uint8)

    def _grain(self, rng: np.random.Generator, size: tuple[int, int, int]) -> NDArray[np.float32]:
        """Noise of the sensor: mostly of lightness, a little coarser than a pixel."""
        light = rng.standard_normal((*size[:2], 1), np.float32)
        colour = rng.standard_normal(size, np.float32)
        mixed = cv2.GaussianBlur(0.8 * light + 0.6 * colour, (0, 0), 0.55)
        return np.asarray(np.round(mixed / mixed.std() * self.place.response.noise), np.float32)

    def _soft(self, picture: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), self._blur) if self._blur > 0.2 else picture, np.float32)

    def shoot(self, actors: Sequence[Actor], frame: int) -> tuple[NDArray[np.uint8], TruthBoxes]:
        """Take one picture.

        Args:
            actors: Who is there.
            frame: Number of the frame, which chooses the noise.

        Returns:
            ``(h, w, 3)`` uint8 in BGR order, and who is in it.
        """
        picture = self._backdrop.copy()
        drawn: list[tuple[float, Actor, Drawn]] = []
        for actor in actors:
            posed = self._posed(actor)
            for shadow in shadows_of(posed, actor.spot, self.place.camera, self.place.scenery.light):
                self._darken(picture, shadow)
            piece = draw(posed, self.place.camera, self.place.scenery.light)
            if piece is not None:
                drawn.append((self._distance(actor.spot), actor, piece))
        drawn.sort(key=lambda entry: -entry[0])
        for _, _, piece in drawn:
            self._lay(piece, picture)
        rng = np.random.default_rng([self.seed, 8, frame + 1_000_000])
        down, right = rng.integers(0, _NOISE_ROOM, 2)
        crop = (slice(down, down + picture.shape[0]), slice(right, right + picture.shape[1]))
        cv2.add(picture, self._lighter[crop], dst=picture)
        cv2.subtract(picture, self._darker[crop], dst=picture)
        return picture, self._truth(drawn)

    def _distance(self, spot: Spot) -> float:
        return float(np.hypot(spot.x - self.place.camera.x, spot.y - self.place.camera.y))

    def _posed(self, actor: Actor) -> Posed:
        """The figure in the world, as fine as it is large in the picture."""
        camera = self.place.camera
        scale = camera.focal / max(float(np.hypot(self._distance(actor.spot), camera.height - 1)), 1.0)
        wanted = 2.1 / (scale * fineness(actor.look.height * scale))
        spacing = _SPACINGS[int(np.argmin(np.abs(np.log(np.array(_SPACINGS) / wanted))))]
        key = (actor.person, spacing)
        figure = self._figures.pop(key, None) or Figure(actor.look, spacing)
        self._figures[key] = figure
        while len(self._figures) > 1 and sum(kept.size for kept in self._figures.values()) > _KEPT_POINTS:
            self._figures.popitem(last=False)
        return figure.posed(actor.stance, actor.spot, camera)

    def _darken(self, picture: NDArray[np.uint8], shadow: Shadow) -> None:
        rows, columns = shadow.window
        factor = 1 - shadow.dark * self._ground[rows, columns]
        under = picture[rows, columns]
        under[...] = under * factor[..., None] + 0.5

    def _lay(self, piece: Drawn, picture: NDArray[np.uint8]) -> None:
        window, part = piece.overlap(picture.shape)
        if window is None or part is None:
            return
        mixed = self._soft(piece.paint)[part]
        cover = np.ascontiguousarray(mixed[..., 3])
        colour = self.place.response.develop(mixed[..., :3] / np.maximum(cover, 1e-3)[..., None])
        cover *= self._depth[window] > piece.depth[part]
        rows, columns = window
        middle = ((rows.start + rows.stop) // 2, (columns.start + columns.stop) // 2)
        dimmed = cv2.convertScaleAbs(colour, alpha=float(self._corners[middle]))
        picture[window] = cv2.blendLinear(dimmed, np.ascontiguousarray(picture[window]), cover, 1 - cover)

    def _truth(self, drawn: Sequence[tuple[float, Actor, Drawn]]) -> TruthBoxes:
        open_share = np.ones(self._depth.shape, np.float32)
        found: list[tuple[int, tuple[float, ...], float, int]] = []
        for _, actor, piece in reversed(drawn):  # the nearest first: it hides what comes after
            window, part = piece.overlap(open_share.shape)
            if window is None or part is None:
                continue
            cover = piece.cover[part]
            shown = cover * (self._depth[window] > piece.depth[part])
            share = float((shown * open_share[window]).sum() / piece.cover.sum())
            open_share[window] *= 1 - shown
            box = _box(cover, window)
            if box is not None and share > 0.005:
                found.append((actor.person, box, share, actor.track))
        found.sort()
        return TruthBoxes(
            np.array([person for person, *_ in found], np.int64),
            np.array([box for _, box, *_ in found], np.float32).reshape(-1, 4),
            np.array([share for _, _, share, _ in found], np.float32),
            np.array([track for *_, track in found], np.int64),
        )


def _box(cover: Floats, window: tuple[slice, slice]) -> tuple[float, float, float, float] | None:
    solid = cover > 0.5
    rows, columns = np.flatnonzero(solid.any(1)), np.flatnonzero(solid.any(0))
    if len(rows) == 0:
        return None
    left, top = window[1].start, window[0].start
    return left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1
