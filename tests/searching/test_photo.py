from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from coloured_people import BLUE, GREEN, RED, colour_detector, linear_embedder, person
from reseen.detection import Detections, Detector
from reseen.embedding import Embedder
from reseen.errors import UsageError
from reseen.media import MediaError
from reseen.searching import PersonChoice, find_people, make_query, read_person
from reseen.searching.photo import _without_doubles


class Scripted:
    """A detector that finds given boxes in a picture of a given size, and nobody in any other."""

    name = "scripted"
    high = 0.5

    def __init__(self, found: dict[tuple[int, int], Sequence[tuple[float, float, float, float, float]]]) -> None:
        self._found = found
        self.seen: list[tuple[int, int]] = []

    def detect(self, picture: NDArray[np.uint8]) -> Detections:
        size = picture.shape[1], picture.shape[0]
        self.seen.append(size)
        rows = np.array(self._found.get(size, ()), np.float32).reshape(-1, 5)
        return Detections(rows[:, :4].copy(), rows[:, 4].copy())


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    return colour_detector(tmp_path_factory.mktemp("detector"))


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return linear_embedder(tmp_path_factory.mktemp("embedder"))


def noise(width: int, height: int) -> NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 100, (height, width, 3), dtype=np.uint8)


def people(*who: tuple[int, int, int, int], size: tuple[int, int] = (400, 300)) -> NDArray[np.uint8]:
    """A picture of people: colour, left, width and height, standing on one line."""
    picture = noise(*size) // 2
    for colour, left, width, height in who:
        bottom = size[1] - 20
        picture[bottom - height : bottom, left : left + width] = cv2.resize(
            person(colour), (width, height), interpolation=cv2.INTER_NEAREST
        )
    return picture


def save(path: Path, picture: NDArray[np.uint8]) -> Path:
    assert cv2.imwrite(str(path), picture)
    return path


def moving(path: Path, pictures: Sequence[NDArray[np.uint8]], **how: object) -> Path:
    images = [Image.fromarray(np.ascontiguousarray(picture[..., ::-1])) for picture in pictures]
    images[0].save(path, save_all=True, append_images=images[1:], duration=200, **how)  # type: ignore[arg-type]
    return path


def test_the_person_is_found_and_cut_out(tmp_path: Path, detector: Detector) -> None:
    path = save(tmp_path / "one.png", people((RED, 150, 60, 180)))
    photo = read_person(path, detector)
    assert photo.box is not None
    assert np.abs(np.array(photo.box) - (150, 100, 210, 280)).max() <= 6
    assert len(photo.people) == 1
    assert photo.warnings == ()
    assert photo.path == str(path)
    assert photo.picture.shape == (300, 400, 3)
    assert int(photo.crop.reshape(-1, 3).mean(axis=0).argmax()) == RED
    assert photo.crop.shape[:2] == (
        round(photo.box[3]) - round(photo.box[1]),
        round(photo.box[2]) - round(photo.box[0]),
    )


def test_of_several_the_largest_is_used_and_said(tmp_path: Path, detector: Detector) -> None:
    path = save(tmp_path / "three.png", people((RED, 40, 40, 120), (BLUE, 150, 70, 210), (GREEN, 300, 50, 150)))
    photo = read_person(path, detector)
    assert len(photo.people) == 3
    lefts = photo.people.boxes[:, 0].tolist()
    assert lefts == sorted(lefts)
    assert int(photo.crop.reshape(-1, 3).mean(axis=0).argmax()) == BLUE
    assert photo.warnings == (
        f"{path}: 3 people in the photo; the largest is used (person 2 from the left), "
        "choose another with --person N or --box x1,y1,x2,y2",
    )


@pytest.mark.parametrize(("number", "colour"), [(1, RED), (2, BLUE), (3, GREEN)])
def test_another_is_chosen_by_counting_from_the_left(
    tmp_path: Path, detector: Detector, number: int, colour: int
) -> None:
    path = save(tmp_path / "three.png", people((RED, 40, 40, 120), (BLUE, 150, 70, 210), (GREEN, 300, 50, 150)))
    photo = read_person(path, detector, PersonChoice(number=number))
    assert int(photo.crop.reshape(-1, 3).mean(axis=0).argmax()) == colour
    assert photo.warnings == ()


@pytest.mark.parametrize("number", [0, -1, 2])
def test_nobody_else_can_be_counted(tmp_path: Path, detector: Detector, number: int) -> None:
    path = save(tmp_path / "one.png", people((RED, 150, 60, 180)))
    with pytest.raises(UsageError, match=rf"there is no person {number}; 1 seen, counted from the left"):
        read_person(path, detector, PersonChoice(number=number))


def test_a_box_is_taken_as_drawn_and_cut_to_the_photo(tmp_path: Path, detector: Detector) -> None:
    path = save(tmp_path / "one.png", people((RED, 150, 60, 180)))
    photo = read_person(path, detector, PersonChoice(box=(20.4, 60.0, 99.6, 280.0)))
    assert photo.box == (20.4, 60.0, 99.6, 280.0)
    np.testing.assert_array_equal(photo.crop, photo.picture[60:280, 20:100])
    assert photo.warnings == ()
    wide = read_person(path, detector, PersonChoice(box=(-50, -50, 100, 1000)))
    assert wide.box == (0.0, 0.0, 100.0, 300.0)


@pytest.mark.parametrize(
    "box",
    [
        (400, 0, 500, 100),
        (-50, 0, 0, 100),
        (10, 300, 50, 400),
        (10, 10, 11, 200),
        (50, 10, 10, 200),
        (9, 90, 99, 9),
        (float("nan"), 0, 100, 100),
        (0, 0, 100, float("nan")),
    ],
)
def test_a_box_outside_the_photo_is_refused(
    tmp_path: Path, detector: Detector, box: tuple[float, float, float, float]
) -> None:
    path = save(tmp_path / "one.png", people((RED, 150, 60, 180)))
    with pytest.raises(UsageError, match=r"the box .* lies outside the 400x300 photo"):
        read_person(path, detector, PersonChoice(box=box))


def test_nobody_found_the_whole_picture_is_used_and_said(tmp_path: Path, detector: Detector) -> None:
    path = save(tmp_path / "nobody.png", noise(120, 240))
    photo = read_person(path, detector)
    assert photo.box is None
    assert photo.crop is photo.picture
    assert len(photo.people) == 0
    (words,) = photo.warnings
    assert words.startswith(f"{path}: no person was found in the photo; the whole picture is used")
    assert "--box x1,y1,x2,y2" in words


def test_a_tight_crop_is_seen_with_a_margin_around_it(tmp_path: Path) -> None:
    # 30% of the longer side on each side: a detector for scenes sees somebody only in the larger picture.
    path = save(tmp_path / "tight.png", noise(100, 200))
    probing = Scripted({})
    read_person(path, probing)  # type: ignore[arg-type]
    (plain, framed) = probing.seen
    assert plain == (100, 200)
    left, top = (framed[0] - 100) // 2, (framed[1] - 200) // 2
    assert min(left, top) >= 30
    seeing = Scripted({framed: [(left + 5, top - 4, left + 90, top + 210, 0.8)]})
    photo = read_person(path, seeing)  # type: ignore[arg-type]
    assert photo.box == (5.0, 0.0, 90.0, 200.0)  # in the photo's own pixels, and cut to it


def test_who_is_seen_in_both_views_is_one(tmp_path: Path) -> None:
    path = save(tmp_path / "photo.png", noise(200, 200))
    probing = Scripted({})
    read_person(path, probing)  # type: ignore[arg-type]
    framed = probing.seen[1]
    dx, dy = (framed[0] - 200) // 2, (framed[1] - 200) // 2
    both = Scripted(
        {
            (200, 200): [(20, 10, 80, 190, 0.7), (120, 20, 180, 190, 0.6), (90, 50, 110, 110, 0.4)],
            framed: [(dx + 22, dy + 12, dx + 82, dy + 190, 0.9)],
        }
    )
    found = find_people(noise(200, 200), both)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.boxes, [[22, 12, 82, 190], [120, 20, 180, 190]])
    np.testing.assert_allclose(found.scores, [0.9, 0.6])  # who is only perhaps there is left out


sides = st.integers(2, 50)
places = st.integers(0, 50)
boxes = st.lists(st.tuples(places, places, sides, sides, st.floats(0.125, 1, width=16)), max_size=8)


@given(boxes)
def test_of_doubles_the_surest_stays(drawn: list[tuple[int, int, int, int, float]]) -> None:
    rows = np.array([(x, y, x + w, y + h, s) for x, y, w, h, s in drawn], np.float32).reshape(-1, 5)
    kept = _without_doubles(rows[:, :4], rows[:, 4]).tolist()

    def double(a: int, b: int) -> bool:
        one, other = rows[a], rows[b]
        width = max(min(one[2], other[2]) - max(one[0], other[0]), 0)
        height = max(min(one[3], other[3]) - max(one[1], other[1]), 0)
        sizes = [(row[2] - row[0]) * (row[3] - row[1]) for row in (one, other)]
        shared = width * height
        return bool(shared > 0.6 * (sum(sizes) - shared) or shared > 0.85 * min(sizes))

    scores = rows[:, 4]
    assert [scores[i] for i in kept] == sorted((scores[i] for i in kept), reverse=True)
    assert not any(double(a, b) for place, a in enumerate(kept) for b in kept[place + 1 :])
    for other in set(range(len(rows))) - set(kept):
        assert any(double(other, better) and scores[better] >= scores[other] for better in kept)


def test_a_small_person_is_named_with_the_height(tmp_path: Path, detector: Detector) -> None:
    path = save(tmp_path / "small.png", people((RED, 150, 18, 50)))
    (words,) = read_person(path, detector).warnings
    height = int(words.split("only ")[1].split(" ")[0])
    assert abs(height - 50) <= 5
    assert words == f"{path}: the person is only {height} pixels high, too small to rely on"


def test_who_is_cut_off_is_named(tmp_path: Path, detector: Detector) -> None:
    path = save(tmp_path / "bust.png", people((RED, 100, 180, 200)))
    (words,) = read_person(path, detector).warnings
    assert words == f"{path}: the person seems cut off (much of the body is not in the picture)"


def test_who_is_blurred_is_named(tmp_path: Path, detector: Detector) -> None:
    sharp = people((RED, 150, 60, 180))
    # Stripes of clothes gone, the outline still there.
    sharp[100:280, 150:210] = cv2.GaussianBlur(sharp[100:280, 150:210], (0, 0), 25)
    path = save(tmp_path / "blurred.png", cv2.GaussianBlur(sharp, (0, 0), 4))
    photo = read_person(path, detector, PersonChoice(box=(150, 100, 210, 280)))
    assert photo.warnings == (f"{path}: the person is blurred; a sharper photo finds more",)


def test_what_is_odd_about_the_file_is_passed_on(tmp_path: Path, detector: Detector) -> None:
    path = moving(tmp_path / "cut.gif", [people((RED, 150, 60, 180)), people((BLUE, 50, 60, 180))])
    path.write_bytes(path.read_bytes()[:-2000])
    photo = read_person(path, detector)
    assert int(photo.crop.reshape(-1, 3).mean(axis=0).argmax()) == RED
    assert photo.warnings == (f"{path}: only 1 of its pictures can be read",)


def test_what_is_no_photo_is_refused(tmp_path: Path, detector: Detector) -> None:
    path = tmp_path / "letter.jpg"
    path.write_text("Dear reader")
    with pytest.raises(MediaError, match=r"letter\.jpg"):
        read_person(path, detector)


def test_of_an_animated_picture_the_first_frame_with_somebody_is_used(tmp_path: Path, detector: Detector) -> None:
    nobody = np.full((300, 400, 3), 20, np.uint8)
    path = moving(
        tmp_path / "moving.webp", [nobody, people((RED, 150, 60, 180)), people((BLUE, 50, 60, 180))], lossless=True
    )
    photo = read_person(path, detector)
    assert int(photo.crop.reshape(-1, 3).mean(axis=0).argmax()) == RED


def test_a_query_is_a_unit_row_for_each_photo(tmp_path: Path, detector: Detector, embedder: Embedder) -> None:
    paths = [save(tmp_path / f"{colour}.png", people((colour, 150, 60, 180))) for colour in (RED, BLUE)]
    query = make_query(paths, detector, embedder)
    assert query.vectors.shape == (2, embedder.dim)
    assert query.vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(query.vectors, axis=1), 1, atol=1e-6)
    assert (query.detector, query.embedder) == ("colours", "linear")
    assert query.hashes == tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    truth = embedder.embed([person(colour) for colour in (RED, BLUE)])
    assert (query.vectors @ truth.T).argmax(axis=1).tolist() == [0, 1]
    assert query.warnings == ()


def test_a_photo_and_its_mirror_image_count_alike(tmp_path: Path, detector: Detector, embedder: Embedder) -> None:
    picture = people((RED, 150, 60, 180))
    picture[100:190, 150:180] //= 2  # one shoulder darker than the other
    path, mirrored = save(tmp_path / "a.png", picture), save(tmp_path / "b.png", picture[:, ::-1])
    box = (150.0, 100.0, 210.0, 280.0)
    other = (400 - box[2], box[1], 400 - box[0], box[3])
    one = make_query([path], detector, embedder, PersonChoice(box=box))
    two = make_query([mirrored], detector, embedder, PersonChoice(box=other))
    np.testing.assert_allclose(one.vectors, two.vectors, atol=1e-5)
    crop = one.photos[0].crop
    sides = embedder.embed([crop, np.ascontiguousarray(crop[:, ::-1])])
    assert sides[0] @ sides[1] < 0.999
    mean = sides.sum(axis=0) / np.linalg.norm(sides.sum(axis=0))
    np.testing.assert_allclose(one.vectors[0], mean, atol=1e-6)


def test_a_choice_is_of_the_first_photo(tmp_path: Path, detector: Detector, embedder: Embedder) -> None:
    group = save(tmp_path / "group.png", people((RED, 40, 40, 120), (BLUE, 150, 70, 210)))
    query = make_query([group, group], detector, embedder, PersonChoice(number=1))
    assert [int(photo.crop.reshape(-1, 3).mean(axis=0).argmax()) for photo in query.photos] == [RED, BLUE]
    assert len(query.warnings) == 1  # of the second, in which nobody was chosen


def test_without_a_photo_there_is_no_query(detector: Detector, embedder: Embedder) -> None:
    with pytest.raises(UsageError, match="a photo of the wanted person is needed"):
        make_query([], detector, embedder)
