from __future__ import annotations

import numpy as np

from reseen.training.detector.assignment import IGNORED, NOBODY, assign
from reseen.training.detector.cells import grid
from reseen.training.detector.scenes import as_boxes
from training.detector.tiny_canvases import knowing_cells

PLACES, STRIDES = grid(128, 128)
MIDDLE = (PLACES + 0.5) * STRIDES


def test_the_cells_that_know_a_person_answer_for_them() -> None:
    boxes = as_boxes([[20, 30, 44, 86], [80, 40, 100, 96]])
    cells = knowing_cells(boxes)
    owners = assign(cells, PLACES, STRIDES, boxes, as_boxes([]))
    for person in range(2):
        mine = owners == person
        assert 1 <= mine.sum() <= 10
        assert (cells[mine, 4] == np.float32(0.8)).all()
    assert set(np.unique(owners)) == {NOBODY, 0, 1}


def test_somebody_whom_the_teacher_does_not_see_gets_a_cell_of_a_fitting_level() -> None:
    cells = knowing_cells(as_boxes([]))
    for box, stride in (([40, 40, 52, 80], 8), ([4, 4, 124, 124], 32)):
        owners = assign(cells, PLACES, STRIDES, as_boxes([box]), as_boxes([]))
        mine = np.flatnonzero(owners == 0)
        assert len(mine) == 1 and STRIDES[mine[0], 0] == stride
        x, y = MIDDLE[mine[0]]
        assert box[0] <= x <= box[2] and box[1] <= y <= box[3]


def test_a_person_smaller_than_a_cell_is_answered_for() -> None:
    owners = assign(knowing_cells(as_boxes([])), PLACES, STRIDES, as_boxes([[65, 65, 67, 71]]), as_boxes([]))
    mine = np.flatnonzero(owners == 0)
    assert len(mine) == 1 and STRIDES[mine[0], 0] == 8 and np.abs(MIDDLE[mine[0]] - [66, 68]).max() <= 4


def test_ignored_regions_are_marked_but_not_where_somebody_is() -> None:
    boxes = as_boxes([[20, 30, 44, 86]])
    owners = assign(knowing_cells(boxes), PLACES, STRIDES, boxes, as_boxes([[0, 0, 64, 128]]))
    assert (owners == 0).any()
    left = MIDDLE[:, 0] <= 64
    assert (owners[~left] == NOBODY).all() and set(np.unique(owners[left])) == {IGNORED, 0}
