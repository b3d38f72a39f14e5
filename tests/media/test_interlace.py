"""Interlaced pictures become whole ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recordings import SIZE, encode, numbered, x264
from reseen.media import ReadSettings, open_segment, survey

Record = Callable[..., Path]
INTERLACED = x264(tff=1) | {"flags": "+ilme+ildct"}


def bar(moment: int) -> NDArray[np.uint8]:
    picture = np.full((SIZE[1], SIZE[0], 3), 60, np.uint8)
    left = 5 + 2 * moment
    picture[10:-10, left : left + 25] = 200
    return picture


def woven(index: int) -> NDArray[np.uint8]:
    """Even lines of one moment, odd lines of the next, as a camera of old delivers them."""
    picture = bar(2 * index)
    picture[1::2] = bar(2 * index + 1)[1::2]
    return picture


def combing(picture: NDArray[np.uint8]) -> float:
    """How much each line differs from the mean of its neighbours."""
    gray = picture.astype(float).mean(axis=2)[20:-20]
    return float(np.abs(gray[1:-1] - (gray[:-2] + gray[2:]) / 2).mean())


def test_the_lines_of_the_other_moment_are_filled_in(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", (woven(i) for i in range(40)), [i / 25 for i in range(40)], options=INTERLACED)
    (span,) = survey(path).spans
    with open_segment(path, span, ReadSettings(every=True)) as reader:
        frames = list(reader)
    assert len(frames) == 40
    assert [frame.time for frame in frames] == pytest.approx([i / 25 for i in range(40)])
    for frame in frames[2:-2:6]:
        index = round(frame.time * 25)
        assert frame.bgr.shape == (SIZE[1], SIZE[0], 3)
        assert combing(frame.bgr) < 0.3 * combing(woven(index))
        assert np.abs(frame.bgr.astype(int) - bar(2 * index)).mean() < 7


def test_progressive_pictures_are_left_alone(record: Record) -> None:
    path = record("a.mp4", 10, options=x264(qp=1))
    (span,) = survey(path).spans
    with open_segment(path, span, ReadSettings(every=True)) as reader:
        pictures = [frame.bgr for frame in reader]
    assert np.abs(pictures[4].astype(int) - numbered(4)).mean() < 3


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_frames(count: int, tmp_path: Path) -> None:
    path = encode(
        tmp_path / "a.mp4", (woven(i) for i in range(count)), [i / 25 for i in range(count)], options=INTERLACED
    )
    (span,) = survey(path).spans
    with open_segment(path, span, ReadSettings(every=True)) as reader:
        assert len(list(reader)) == count
