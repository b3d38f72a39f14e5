"""Hard cuts, seen on the small gray picture.

At a cut the whole picture changes at once, much more than it did before and does after; between two
stretches of one fixed camera that may be little, but it is still a lone spike. The measure is the mean
absolute difference of blurred pictures about a fifth of a second apart: at that distance a dropped frame,
noise and fast movement make no lone spikes (measured on real footage; from each frame to the next they do).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from reseen.media.clock import grid_cell
from reseen.media.frame import Frame

COMPARISONS = 5.0
"""Comparisons a second, at most."""

CONTEXT = 2.0
"""Seconds before and after a step within which other steps are compared with it."""

_NEIGHBOURS = 2
_SPIKE = 1.95
_SPIKE_OF_LONG_STEP = 3.0
_LONG_STEP = 0.35
_LEAST = 1.0
_LEAST_PEAK = 12.0
_FLOOR = 0.05
_LIGHT = 0.4
_UNLIKE = 0.25
_SPIKE_UNLIKE = 1.25
_SIDE = 96
_BLUR = 2.0

_Small = NDArray[np.float32]


@dataclass
class _Step:
    """The change between two compared frames, and the frames after the first up to the second."""

    start: float
    end: float
    change: float
    harmless: bool
    correlation: float
    frames: list[Frame]
    smalls: list[_Small]


def mark_cuts(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Sets ``cut`` on each frame that is the first after a hard cut.

    Looks ahead by two comparisons (0.4 to 0.6 s, at low rates up to ``CONTEXT``) and back by ``CONTEXT``; the
    mark of a frame depends on nothing farther away.

    Args:
        frames: Frames with rising times.

    Yields:
        The same frames in the same order.
    """
    steps: deque[_Step] = deque()
    undecided = 0
    for step in _steps(frames):
        steps.append(step)
        undecided += 1
        while undecided and _is_surrounded(steps, undecided):
            yield from _decided(steps, len(steps) - undecided)
            undecided -= 1
        while len(steps) - undecided > _NEIGHBOURS:
            steps.popleft()
    while undecided:
        yield from _decided(steps, len(steps) - undecided)
        undecided -= 1


def _is_surrounded(steps: deque[_Step], undecided: int) -> bool:
    at = len(steps) - undecided
    return undecided > _NEIGHBOURS or steps[-1].end > steps[at].end + CONTEXT


def _decided(steps: deque[_Step], at: int) -> list[Frame]:
    step = steps[at]
    # The step stays as context for others; its frames must not stay with it.
    frames, step.frames = step.frames, []
    if not _is_cut(steps, at):
        return frames
    first = _largest_change(step)
    return [replace(frame, cut=True) if i == first else frame for i, frame in enumerate(frames)]


def _is_cut(steps: deque[_Step], at: int) -> bool:
    step = steps[at]
    if step.change < _LEAST or step.harmless:
        return False
    before = [s.change for s in _near(steps, at - _NEIGHBOURS, at) if s.start >= step.end - CONTEXT]
    after = [s.change for s in _near(steps, at + 1, at + 1 + _NEIGHBOURS) if s.end <= step.end + CONTEXT]
    if not before or not after:
        return False
    ratio = step.change / (max(before + after) + _FLOOR)
    # What moves between frames far apart changes as much as a cut would; only whole scenes stand out then.
    spike = _SPIKE if step.end - step.start < _LONG_STEP else _SPIKE_OF_LONG_STEP
    return ratio > spike or (ratio > _SPIKE_UNLIKE and step.correlation < _UNLIKE)


def _near(steps: deque[_Step], first: int, end: int) -> list[_Step]:
    # The source's first frame is a step from itself to itself, which says nothing.
    return [s for s in list(steps)[max(0, first) : end] if s.end > s.start]


def _largest_change(step: _Step) -> int:
    """Which of a step's frames is the first after the cut: the one most unlike the one before it."""
    changes = [_change(before, after) for before, after in zip(step.smalls, step.smalls[1:], strict=False)]
    return int(np.argmax(changes))


def _steps(frames: Iterable[Frame]) -> Iterator[_Step]:
    """Groups frames into steps between compared frames; the first frame is a step by itself."""
    anchor: _Small | None = None
    before = 0.0
    cell = 0
    waiting: list[Frame] = []
    smalls: list[_Small] = []
    for frame in frames:
        small = _small(frame)
        waiting.append(frame)
        smalls.append(small)
        if anchor is not None and grid_cell(frame.time, COMPARISONS) <= cell:
            continue
        if anchor is None:
            yield _Step(frame.time, frame.time, 0.0, True, 1.0, waiting, [small, small])
        else:
            yield _compared(before, frame.time, waiting, [anchor, *smalls])
        anchor, before, cell = small, frame.time, grid_cell(frame.time, COMPARISONS)
        waiting, smalls = [], []
    if waiting and anchor is not None:
        yield _compared(before, waiting[-1].time, waiting, [anchor, *smalls])


def _compared(start: float, end: float, frames: list[Frame], smalls: list[_Small]) -> _Step:
    before, after = smalls[0], smalls[-1]
    change = _change(before, after)
    if change < _LEAST:
        return _Step(start, end, change, False, 1.0, frames, smalls)
    if before.shape != after.shape:
        return _Step(start, end, change, False, 0.0, frames, smalls)
    deviations = before - before.mean(), after - after.mean()
    spreads = float(np.sqrt((deviations[0] ** 2).mean())), float(np.sqrt((deviations[1] ** 2).mean()))
    correlation = float((deviations[0] * deviations[1]).mean()) / (spreads[0] * spreads[1] + 1.0)
    # At a key frame of few bits everything changes a little; at a cut something changes a lot.
    peak = float(np.quantile(np.abs(before - after), 0.99))
    # A lamp switched on or an exposure corrected: the picture is the old one, brighter or darker.
    gain = min(2.0, max(0.5, spreads[1] / (spreads[0] + 1e-6)))
    left = float(np.abs(gain * deviations[0] - deviations[1]).mean())
    harmless = peak < _LEAST_PEAK or left < _LIGHT * change
    return _Step(start, end, change, harmless, correlation, frames, smalls)


def _change(before: _Small, after: _Small) -> float:
    """Mean absolute difference in gray levels; beyond any where the sizes differ."""
    if before.shape != after.shape:
        return 255.0
    return float(np.abs(before - after).mean())


def _small(frame: Frame) -> _Small:
    height, width = frame.luma.shape
    scale = min(1.0, _SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(frame.luma, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), _BLUR), dtype=np.float32)
