"""Each moment as a clip of its own, as it was recorded or with everybody else blurred."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from os import fspath
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from reseen.errors import InputError, UsageError
from reseen.library import LibraryError, Source, Store
from reseen.media import ClipResult, MediaError, clip_ending, cut_clip, pictures_between, read_frame, rewrite_clip
from reseen.reports.blurring import Pixels, hide, hide_around
from reseen.reports.bystanders import BlurSettings, Boxes, Bystanders, Glances, paths_of
from reseen.reports.clip_names import clip_name, moment_key, plain
from reseen.reports.whole import probe, unwritable, whole
from reseen.searching import Moment

_SHORTEST = 0.2  # seconds; a moment seen in one frame alone has no length of its own
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 92]
_NOT_BLURRED = "other people are not blurred"
_BLURRED = "other people are blurred where they were found: look at it before passing it on"

OnClip = Callable[[int, int], None]
OnPicture = Callable[[float], None]
Eye = Callable[[Pixels], Boxes]


@dataclass(frozen=True)
class ClipSettings:
    """How moments become clips.

    Attributes:
        padding: Seconds kept before and after each moment.
        blur: Encode anew with people blurred, instead of copying the original picture.
        keep: Who is not blurred: the ``"wanted"`` person, or ``"nobody"``.
        around: Blur everything but the wanted person, not only other people.
        hiding: How widely people are blurred.
    """

    padding: float = 2.0
    blur: bool = False
    keep: Literal["wanted", "nobody"] = "wanted"
    around: bool = False
    hiding: BlurSettings = field(default_factory=BlurSettings)

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            UsageError: The padding is negative or no number.
        """
        if not (math.isfinite(self.padding) and self.padding >= 0):
            raise UsageError(f"clips can be padded by 0 seconds or more, not by {self.padding:g}")


@dataclass(frozen=True)
class WrittenClip:
    """What became of a moment.

    Attributes:
        path: The clip, or the picture where there is no footage to cut; None when there is neither.
        moment: The moment.
        note: What the file is, or why there is none, in plain words.
    """

    path: Path | None
    moment: Moment
    note: str


def write_clips(
    store: Store,
    moments: Sequence[Moment],
    folder: str | Path,
    settings: ClipSettings | None = None,
    on_progress: OnClip | None = None,
    *,
    eye: Eye | None = None,
    on_picture: OnPicture | None = None,
    told: bool = False,
) -> Iterator[WrittenClip]:
    """Write a clip of each moment, one after the other; enter the export in the audit log before the first.

    Clips appear under their names when they are complete. A name tells its moment from all others, so that no
    file of another moment is overwritten, and the same moment replaces its own clip. A still image is written
    as a still; of footage that is gone, the best shot in the library is.

    Args:
        store: The library that was searched.
        moments: The moments, in the order of their numbers.
        folder: Where to; made when missing.
        settings: How.
        on_progress: Called after each with how many are done and how many there are.
        eye: Gives the boxes, ``(K, 4)`` float32, of everything in a picture that may be a person. With it every
            picture of a blurred clip is looked at anew, since the analysis looks at a few a second only.
        on_picture: Called at every picture of a blurred clip with the share of the clip that is done; may raise.
        told: The audit log was told already.

    Yields:
        What became of each moment.

    Raises:
        InputError: The folder cannot be written to.
    """
    settings = settings or ClipSettings()
    folder = Path(folder)
    _make(folder)
    if not told:
        store.record(
            "export",
            {"kind": "clips", "folder": str(folder), "blur": settings.blur, "padding": settings.padding},
            results=len(moments),
        )
    writer = _ClipWriter(store, folder, settings, set(), eye, on_picture)
    for number, moment in enumerate(moments, 1):
        yield writer.write(number, moment)
        if on_progress is not None:
            on_progress(number, len(moments))


def check_clips_place(folder: str | Path) -> None:
    """Find out before a long search that its clips could not be written; nothing is made yet.

    Raises:
        InputError: They cannot.
    """
    folder = Path(folder)
    _refuse_file(folder)
    probe(folder / "clip")


@dataclass(frozen=True)
class _ClipWriter:
    store: Store
    folder: Path
    settings: ClipSettings
    used: set[str]
    eye: Eye | None
    on_picture: OnPicture | None

    def write(self, number: int, moment: Moment) -> WrittenClip:
        """Write one clip, or what can stand for it."""
        source = self.store.source(moment.source_id)
        if not source.footage_present:
            return self._shot(number, moment, source, f"the footage is not at {source.path} any more")
        try:
            if source.kind == "image":
                return self._still(number, moment, source)
            return self._clip(number, moment, source)
        except MediaError as error:
            if error.path != fspath(source.path):
                raise
            return self._shot(number, moment, source, f"no clip can be cut ({error.reason})")

    def _clip(self, number: int, moment: Moment, source: Source) -> WrittenClip:
        start = max(moment.start - self.settings.padding, 0.0)
        end = max(moment.end + self.settings.padding, start + _SHORTEST)
        if self.settings.blur:
            path = self._name(number, moment, source, ".mp4")
            glances = self._glances(source, start, end)
            people = self._bystanders(moment, start, end, glances)
            length = end - start

            def edit(time: float, picture: Pixels) -> Pixels:
                self._tell(0.5 + 0.5 * (time - start) / length if glances is not None else (time - start) / length)
                return self._hidden(people, time, picture)

            rewrite_clip(source.path, start, end, path, edit)
            return WrittenClip(path, moment, f"encoded anew, without sound; {_BLURRED}")
        path = self._name(number, moment, source, clip_ending(source.path))
        return WrittenClip(path, moment, _note(cut_clip(source.path, start, end, path), start))

    def _still(self, number: int, moment: Moment, source: Source) -> WrittenClip:
        if not self.settings.blur:
            path = self._name(number, moment, source, plain(source.path.suffix[:8]) or ".jpg")
            with whole(path) as temporary:
                shutil.copyfile(source.path, temporary)
            return WrittenClip(path, moment, f"the original picture, {_NOT_BLURRED}")
        picture = read_frame(source.path, moment.start).bgr
        glances = None
        if self.eye is not None:
            glances = Glances([moment.start], [self.eye(picture)], self.settings.hiding)
        people = self._bystanders(moment, moment.start, moment.end, glances)
        path = self._name(number, moment, source, ".jpg")
        _write_jpeg(path, self._hidden(people, moment.start, picture))
        return WrittenClip(path, moment, f"a still picture; {_BLURRED}")

    def _shot(self, number: int, moment: Moment, source: Source, why: str) -> WrittenClip:
        """The best shot in the library, for want of footage."""
        try:
            (shot,) = self.store.shots_by_id([moment.best_shot])
            content = self.store.shot_image(moment.best_shot)
            if self.settings.blur:
                content = self._hidden_shot(moment, shot.box)
        except LibraryError:
            return WrittenClip(None, moment, f"{moment.source}: {why}, and its best shot is missing")
        path = self._name(number, moment, source, ".jpg")
        with whole(path) as temporary:
            temporary.write_bytes(content)
        return WrittenClip(path, moment, f"{why}; this is the best shot in the library")

    def _hidden_shot(self, moment: Moment, box: Boxes) -> bytes:
        """The best shot blurred as the settings say: all boxes brought into the pixels of the crop."""
        pixels = self.store.shot_pixels(moment.best_shot)
        corner = np.maximum(box[:2], 0.0)
        scale = pixels.shape[0] / max(float(box[3] - corner[1]), 1.0)
        people = self._bystanders(moment, moment.best_time, moment.best_time)
        shift = np.concatenate([corner, corner]).astype(np.float32)
        others = (people.boxes(moment.best_time) - shift) * np.float32(scale)
        wanted = (people.wanted(moment.best_time) - shift) * np.float32(scale)
        return _jpeg(self._hide(pixels, others, wanted))

    def _glances(self, source: Source, start: float, end: float) -> Glances | None:
        """What is to be seen in every picture of a stretch, and shortly before and after it."""
        if self.eye is None:
            return None
        reach = self.settings.hiding.linger
        times, boxes = [], []
        for time, picture in pictures_between(source.path, max(start - reach, 0.0), end + reach):
            self._tell(0.5 * (time - start) / (end - start))
            times.append(time)
            boxes.append(self.eye(picture))
        return Glances(times, boxes, self.settings.hiding)

    def _tell(self, share: float) -> None:
        if self.on_picture is not None:
            self.on_picture(min(max(share, 0.0), 1.0))

    def _bystanders(self, moment: Moment, start: float, end: float, glances: Glances | None = None) -> Bystanders:
        around = max(self.settings.hiding.hold, self.settings.hiding.bridge) + 1.0
        others, wanted = paths_of(self.store, moment.source_id, start - around, end + around, moment.tracklets)
        if self.settings.keep == "nobody":
            others, wanted = [*others, *wanted], []
        return Bystanders(others, wanted, self.settings.hiding, glances)

    def _hidden(self, people: Bystanders, time: float, picture: Pixels) -> Pixels:
        return self._hide(picture, people.boxes(time), people.wanted(time))

    def _hide(self, picture: Pixels, others: Boxes, wanted: Boxes) -> Pixels:
        way = hide_around if self.settings.around else hide
        return way(picture, others, wanted, self.settings.hiding)

    def _name(self, number: int, moment: Moment, source: Source, ending: str) -> Path:
        key = moment_key(source.sha256, moment.start, moment.end)
        for attempt in range(1, len(self.used) + 2):
            name = clip_name(
                number,
                moment.camera,
                start=moment.start,
                wall_start=moment.wall_start,
                key=key if attempt == 1 else f"{key}-{attempt}",
                ending=ending,
                blurred=self.settings.blur,
            )
            if name.casefold() not in self.used:
                break
        self.used.add(name.casefold())
        return self.folder / name


def _note(cut: ClipResult, start: float) -> str:
    if cut.reencoded:
        return f"encoded anew, without sound; {_NOT_BLURRED}"
    words = f"the original picture, without sound; {_NOT_BLURRED}"
    early = start - cut.start
    return words if early < 0.5 else f"{words}; begins {early:.1f} s early, where it can be cut"


def _write_jpeg(path: Path, picture: Pixels) -> None:
    with whole(path) as temporary:
        temporary.write_bytes(_jpeg(picture))


def _jpeg(picture: Pixels) -> bytes:
    done, content = cv2.imencode(".jpg", picture, _JPEG)
    if not done:
        raise ValueError(f"a picture of {picture.shape} cannot be a JPEG")
    return bytes(content.tobytes())


def _refuse_file(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: this is a file, not a folder for clips")


def _make(folder: Path) -> None:
    _refuse_file(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise unwritable(folder, error) from error
