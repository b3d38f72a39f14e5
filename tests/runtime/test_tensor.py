from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.models import InputSpec
from reseen.runtime import TensorMaker

SIZE = {"width": 16, "height": 32}


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (32, 16, 3)).astype(np.uint8)


def test_plain_bgr_is_the_bytes() -> None:
    out = TensorMaker(InputSpec(**SIZE, colour="BGR")).batch([picture()])
    assert out.shape == (1, 3, 32, 16)
    assert out.dtype == np.float32
    assert out.flags.c_contiguous
    np.testing.assert_array_equal(out[0], picture().transpose(2, 0, 1))


def test_rgb_swaps_the_channels() -> None:
    out = TensorMaker(InputSpec(**SIZE, colour="RGB")).batch([picture()])
    np.testing.assert_array_equal(out[0], picture()[:, :, ::-1].transpose(2, 0, 1))


@pytest.mark.parametrize("colour", ["BGR", "RGB"])
def test_normalised_as_frameworks_do_in_float32(colour: str) -> None:
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    spec = InputSpec(**SIZE, colour=colour, divisor=255.0, mean=mean, std=std)
    pixels = picture() if colour == "BGR" else picture()[:, :, ::-1]
    wanted = pixels.astype(np.float32) / np.float32(255)
    wanted = (wanted - np.array(mean, np.float32)) / np.array(std, np.float32)
    out = TensorMaker(spec).batch([picture()])
    np.testing.assert_array_equal(out[0], wanted.transpose(2, 0, 1))


@given(st.integers(0, 5), st.integers(1, 4))
def test_each_picture_has_its_own_place(seed: int, count: int) -> None:
    maker = TensorMaker(InputSpec(**SIZE, colour="RGB", divisor=255.0))
    pictures = [picture(seed + index) for index in range(count)]
    out = maker.batch(pictures)
    for index, each in enumerate(pictures):
        np.testing.assert_array_equal(out[index], maker.batch([each])[0])
