from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from app.conftest import World
from reseen.api import Library
from reseen.app.looking import PhotoReader
from reseen.app.photos import Wanted, WantedPhoto
from reseen.errors import InputError, UsageError
from reseen.runtime import SessionSettings


@pytest.fixture(scope="module")
def reader(world: World) -> Iterator[PhotoReader]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESEEN_MODELS", str(world.models))
        made = PhotoReader(world.library, SessionSettings(threads=1))
        made.start()
        yield made
        made.close()


def test_the_people_of_a_photo(reader: PhotoReader, world: World) -> None:
    found = reader.people(world.photos / "two.png", "two.png")
    assert (found.width, found.height) == (128, 128)
    assert len(found.people) == 2
    assert found.people[0].box[0] < found.people[1].box[0]
    assert found.chosen in {0, 1}
    assert found.box == found.people[found.chosen].box
    with Image.open(BytesIO(found.preview)) as preview:
        assert (preview.format, preview.size) == ("JPEG", (128, 128))


def test_another_person_and_a_box_are_chosen(reader: PhotoReader, world: World) -> None:
    content = (world.photos / "two.png").read_bytes()
    for wanted in (0, 1):
        found = reader.people(content, "two.png", Wanted(person=wanted))
        assert found.chosen == wanted
        assert found.box == found.people[wanted].box
    drawn = reader.people(content, "two.png", Wanted(box=(10.0, 20.0, 60.0, 120.0)))
    assert drawn.chosen is None
    assert drawn.box == (10.0, 20.0, 60.0, 120.0)
    with pytest.raises(UsageError, match="no person 9"):
        reader.people(content, "two.png", Wanted(person=8))


def test_nobody_in_the_photo_is_said(reader: PhotoReader, world: World) -> None:
    found = reader.people(world.photos / "nobody.png", "nobody.png")
    assert found.people == ()
    assert found.box is None
    assert found.rating[0].word == "nobody found"


def test_the_query_is_that_of_the_library(reader: PhotoReader, world: World, home: Path) -> None:
    photo = world.photos / "yellow.png"
    made = reader.query([WantedPhoto("yellow.png", photo.read_bytes())])
    with Library(world.library, create=False, session=SessionSettings(threads=1)) as library:
        expected = library.query([photo])
    np.testing.assert_allclose(made.vectors, expected.vectors, atol=1e-6)
    assert made.hashes == expected.hashes
    assert made.photos[0].path == "yellow.png"
    assert made.photos[0].box == expected.photos[0].box


def test_a_large_photo_comes_back_smaller_but_with_true_boxes(
    reader: PhotoReader, world: World, tmp_path: Path
) -> None:
    with Image.open(world.photos / "yellow.png") as small:
        small.resize((3000, 3000)).save(tmp_path / "large.png")
    made = reader.query([WantedPhoto("large.png", tmp_path / "large.png")])
    photo = made.photos[0]
    assert max(photo.picture.shape) == 1600
    assert len(pickle.dumps(made)) < 10_000_000
    assert photo.box is not None and photo.box[3] > 1600
    height = photo.box[3] - photo.box[1]
    assert abs(photo.crop.shape[0] - height * 1600 / 3000) <= 1.5


def bomb() -> bytes:
    """A PNG that claims to be 30,000 x 30,000 and is a few hundred kilobytes."""
    stream = BytesIO()
    Image.new("1", (30_000, 30_000)).save(stream, "PNG")
    return stream.getvalue()


def test_what_is_no_photo_is_refused_in_one_line_with_its_own_name(reader: PhotoReader, world: World) -> None:
    lies = {
        "bomb.png": bomb(),
        "video.jpg": (world.footage / "gate.mp4").read_bytes(),
        "text.jpg": b"GIF89a no, it is not",
        "half.png": (world.photos / "yellow.png").read_bytes()[:200],
        "empty.jpg": b"",
        "page.jpg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    }
    for name, content in lies.items():
        with pytest.raises(InputError) as refused:
            reader.people(content, name)
        words = str(refused.value)
        assert words.startswith(f"{name}: "), words
        assert "\n" not in words and "reseen-photos-" not in words
    with pytest.raises(InputError, match="million pixels"):
        reader.people(bomb(), "bomb.png")


def test_nothing_of_a_photo_is_left_behind(reader: PhotoReader, world: World) -> None:
    reader.people((world.photos / "yellow.png").read_bytes(), "yellow.png")
    assert list(Path(reader._folder.name).iterdir()) == []


def number_of(reader: PhotoReader) -> int:
    """The process that looks at the photos, now."""
    assert reader._pid is not None
    return reader._pid.result()


def test_a_process_that_was_killed_is_revived(reader: PhotoReader, world: World) -> None:
    reader.people(world.photos / "yellow.png", "yellow.png")
    before = number_of(reader)
    process = psutil.Process(before)
    process.kill()
    process.wait()
    assert len(reader.people(world.photos / "yellow.png", "yellow.png").people) == 1
    assert number_of(reader) not in {before, os.getpid()}


def test_a_photo_that_takes_too_long_is_given_up(world: World) -> None:
    slow = PhotoReader(world.library, SessionSettings(threads=1), seconds=0.001)
    try:
        with pytest.raises(InputError, match="took more than"):
            slow.people(world.photos / "yellow.png", "yellow.png")
    finally:
        slow.close()
