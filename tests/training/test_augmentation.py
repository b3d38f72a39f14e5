"""Augmentation of batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from reseen.training.augmentation import Augment
from reseen.training.settings import AugmentSettings
from training.tiny_people import picture

MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
OFF: dict[str, Any] = {"flip": 0.0, "pad": 0, "erase": 0.0}


def batch(count: int = 64) -> torch.Tensor:
    return torch.from_numpy(np.stack([picture(i, i % 3, i) for i in range(count)]))


def augment(size: tuple[int, int] = (32, 16), **settings: Any) -> Augment:
    return Augment(AugmentSettings(**{**OFF, **settings}), size, MEAN, STD)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_nothing_drawn_is_the_test_transform() -> None:
    pictures = batch(4)
    view = augment()(pictures, generator())
    plain = augment().plain(pictures)
    assert torch.equal(view.images, plain)
    wanted = (pictures[2, 5, 7].double() / 255 - torch.tensor(MEAN)) / torch.tensor(STD)
    torch.testing.assert_close(plain[2, :, 5, 7].double(), wanted, atol=1e-5, rtol=0)
    assert not view.flipped.any()


@pytest.mark.parametrize(
    "settings",
    [
        {"flip": 0.5},
        {"pad": 4},
        {"zoom": 0.2},
        {"erase": 1.0},
        {"colour": 1.0, "gamma": 0.3},
        {"low_resolution": 1.0},
        {"blur": 1.0},
        {"grayscale": 1.0},
    ],
    ids=lambda s: next(iter(s)),
)
def test_each_kind_changes_pictures_and_follows_the_generator(settings: dict[str, float]) -> None:
    pictures = batch()
    one, same, other = (augment(**settings)(pictures, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.images, same.images)
    assert not torch.equal(one.images, augment().plain(pictures))
    if "grayscale" not in settings:
        assert not torch.equal(one.images, other.images)
    assert torch.isfinite(one.images).all()
    assert one.images.shape == (64, 3, 32, 16)
    assert one.whole.min() >= 0 and one.whole.max() <= 255


def test_flipped_says_which() -> None:
    pictures = batch()
    view = augment(flip=0.5)(pictures, generator())
    plain = augment().plain(pictures)
    wanted = torch.where(view.flipped.view(-1, 1, 1, 1), plain.flip(3), plain)
    assert torch.equal(view.images, wanted)
    assert 16 < int(view.flipped.sum()) < 48


def test_pad_and_crop_shifts_whole_pictures() -> None:
    pictures = batch(8)
    view = augment(pad=3)(pictures, generator(3))
    padded = torch.nn.functional.pad(pictures.permute(0, 3, 1, 2).float(), (3, 3, 3, 3))
    for image, source in zip(view.whole, padded, strict=True):
        windows = source.unfold(1, 32, 1).unfold(2, 16, 1)
        assert any(torch.equal(image, windows[:, y, x]) for y in range(7) for x in range(7))


def test_erasing_stays_within_its_area_and_off_the_teachers_view() -> None:
    pictures = batch()
    view = augment(erase=1.0, erase_area=(0.1, 0.3))(pictures, generator())
    plain = augment().plain(pictures)
    share = (view.images != plain).any(1).float().mean((1, 2))
    assert share.min() > 0.03 and share.max() < 0.4
    assert torch.equal(augment().normalise(view.whole), plain)
    none = augment(erase=0.0)(pictures, generator())
    assert torch.equal(none.images, plain)


def test_grayscale_has_equal_channels() -> None:
    whole = augment(grayscale=1.0)(batch(4), generator()).whole
    assert torch.equal(whole[:, 0], whole[:, 1]) and torch.equal(whole[:, 1], whole[:, 2])


def test_another_size() -> None:
    view = augment((64, 32))(batch(4), generator())
    assert view.images.shape == (4, 3, 64, 32)
    flat = torch.full((1, 32, 16, 3), 77, dtype=torch.uint8)
    torch.testing.assert_close(augment((20, 30))(flat, generator()).whole, torch.full((1, 3, 20, 30), 77.0))
