"""Decoding once: values, bad files, the kept file."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reseen.errors import InputError
from reseen.training.data import Samples, load_dataset, open_files, pack
from training.limits import no_file_larger_than
from training.tiny_people import write_market, zipped


def test_values_are_pillows(tmp_path: Path) -> None:
    samples = load_dataset(write_market(tmp_path, people=2)).train
    packed = pack(samples, (24, 12), "bilinear")
    assert packed.images.shape == (16, 24, 12, 3)
    with Image.open(tmp_path / samples.names[3]) as image:
        wanted = np.asarray(image.convert("RGB").resize((12, 24), Image.Resampling.BILINEAR))
    assert (packed.images[3] == wanted).all()


def test_bad_files_are_named_once_and_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = write_market(tmp_path / "m", people=2)
    samples = load_dataset(root).train
    (root / samples.names[2]).write_bytes(b"not a picture")
    (root / samples.names[5]).unlink()
    for _ in range(2):
        samples = replace(samples, files=open_files(root))
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            packed = pack(samples, (16, 8), "bicubic", cache=tmp_path / "cache")
            pack(samples, (8, 4), "bilinear")
        assert [name for name, _ in packed.bad] == [samples.names[2], samples.names[5]]
        assert len(packed.samples) == len(packed.images) == len(samples) - 2
        assert samples.names[2] not in packed.samples.names
        assert [record.getMessage().split(":")[0] for record in caplog.records] == [
            f"{root}/{samples.names[i]}" for i in (2, 5)
        ]
    for name in samples.names:
        (root / name).write_bytes(b"gone")
    with pytest.raises(InputError, match="none of its 16 pictures"):
        pack(samples, (16, 8), "bicubic")


def test_the_kept_file_is_used_until_the_content_changes(tmp_path: Path) -> None:
    root = write_market(tmp_path / "m", people=2)
    samples = load_dataset(root).train
    first = pack(samples, (16, 8), "bicubic", cache=tmp_path / "cache")
    again = pack(samples, (16, 8), "bicubic", cache=tmp_path / "cache")
    assert isinstance(again.images, np.memmap)
    assert first.key == again.key and (first.images == again.images).all()
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 1
    Image.new("RGB", (16, 32), (250, 10, 10)).save(root / samples.names[0], quality=95)
    changed = pack(samples, (16, 8), "bicubic", cache=tmp_path / "cache")
    assert changed.key != first.key
    assert abs(changed.images[0].astype(int) - (250, 10, 10)).max() < 12
    assert pack(samples, (16, 8), "bilinear").key != changed.key


def test_a_zip_file_needs_no_unpacking(tmp_path: Path) -> None:
    root = write_market(tmp_path / "m", people=2)
    inside = load_dataset(zipped(root, tmp_path / "m.zip")).train
    assert (pack(inside, (16, 8), "bicubic").images == pack(load_dataset(root).train, (16, 8), "bicubic").images).all()


def test_boxes_are_cut_out(tmp_path: Path) -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[10:30, 5:15] = (200, 100, 50)
    Image.fromarray(picture).save(tmp_path / "x.png")
    files = load_dataset(_folder(tmp_path), "identity_folders").train.files
    none = np.full(1, -1, np.int64)
    samples = Samples(files, ("x.png",), none, none, none, np.asarray([[5, 10, 15, 30]], np.float32))
    assert (pack(samples, (4, 4), "bilinear").images == (200, 100, 50)).all()


def _folder(path: Path) -> Path:
    (path / "somebody").mkdir()
    Image.new("RGB", (4, 4)).save(path / "somebody" / "y.png")
    return path


def test_a_disk_that_fills_up_leaves_no_half_file(tmp_path: Path) -> None:
    samples = load_dataset(write_market(tmp_path / "m", people=4)).train
    words = r"decoded pictures could not be saved \(File too large\)"
    with no_file_larger_than(5000), pytest.raises(InputError, match=words) as caught:
        pack(samples, (32, 16), "bicubic", cache=tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "cache").iterdir())
    assert len(pack(samples, (32, 16), "bicubic", cache=tmp_path / "cache").images) == 32
