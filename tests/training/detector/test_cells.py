from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from reseen.training.detector.cells import from_boxes, grid, to_boxes, window_cells
from reseen.training.detector.views import mirrored_cells


def test_grid_lists_levels_finest_first() -> None:
    places, strides = grid(64, 96)
    assert len(places) == 8 * 12 + 4 * 6 + 2 * 3
    assert places[13].tolist() == [1, 1] and strides[13, 0] == 8
    assert places[-1].tolist() == [2, 1] and strides[-1, 0] == 32


def test_boxes_as_yolox_has_them() -> None:
    raw = torch.tensor([[0.5, 0.25, math.log(2.0), math.log(4.0)]])
    box = to_boxes(raw, torch.tensor([[3.0, 2.0]]), torch.tensor([[16.0]]))
    torch.testing.assert_close(box, torch.tensor([[56.0 - 16, 36.0 - 32, 56.0 + 16, 36.0 + 32]]))


@given(st.floats(-50, 450), st.floats(-50, 450), st.floats(2, 300), st.floats(2, 300), st.sampled_from([8, 16, 32]))
def test_boxes_there_and_back(x: float, y: float, width: float, height: float, stride: int) -> None:
    box = torch.tensor([[x, y, x + width, y + height]])
    places, strides = torch.tensor([[4.0, 7.0]]), torch.tensor([[float(stride)]])
    torch.testing.assert_close(to_boxes(from_boxes(box, places, strides), places, strides), box, atol=2e-2, rtol=1e-3)


@given(st.integers(0, 5), st.integers(0, 5))
def test_cells_of_a_window_lie_in_it(column: int, row: int) -> None:
    left, top, window = 32 * column, 32 * row, 256
    places, strides = grid(416, 416)
    index = window_cells(416, left, top, window)
    mine, own_strides = grid(window, window)
    np.testing.assert_array_equal(strides[index], own_strides)
    np.testing.assert_array_equal(places[index] * own_strides, mine * own_strides + np.array([left, top]))


def test_mirroring_cells_twice_changes_nothing() -> None:
    ways = mirrored_cells(96)
    np.testing.assert_array_equal(ways[ways], np.arange(len(ways)))
    assert ways[0] == 11 and ways[144] == 144 + 5
