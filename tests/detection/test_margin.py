from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.detection import with_margin


@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from([0.0, 0.15, 0.3, 0.8]))
def test_the_picture_is_found_where_it_says(width: int, height: int, share: float) -> None:
    picture = np.full((height, width, 3), 7, np.uint8)
    ground, (x, y) = with_margin(picture, share)
    assert ground.shape[0] == ground.shape[1] == max(width, height) + 2 * round(share * height)
    assert (ground[y : y + height, x : x + width] == 7).all()
    assert int((ground == 7).sum()) == picture.size
    assert set(np.unique(ground)) <= {7, 128}
    assert y >= round(share * height)


def test_a_tall_crop_stands_in_the_middle() -> None:
    ground, offset = with_margin(np.zeros((100, 40, 3), np.uint8))
    assert ground.shape == (160, 160, 3)
    assert offset == (60, 30)


def test_tight_photos_are_seen_with_a_margin(model_files: object, footage: object) -> None:
    pytest.importorskip("openvino")
    import cv2

    from reseen.detection import load_detector
    from reseen.models import Catalogue
    from reseen.runtime import SessionSettings

    located = Catalogue.load([model_files], environment={}).locate("person-detection-0201")  # type: ignore[list-item]
    detector = load_detector(located, session_settings=SessionSettings(threads=1))
    names = ("home-man-front", "yard-p1", "hall-1", "absent-1")
    photos = [cv2.imread(str(footage / "queries" / f"{name}.jpg")) for name in names]  # type: ignore[operator]
    plain = [int((found.scores >= detector.high).sum()) for found in detector.detect_batch(photos)]
    framed = detector.detect_batch([with_margin(photo)[0] for photo in photos])
    assert sum(plain) == 0
    assert [int((found.scores >= detector.high).sum()) for found in framed] == [1, 1, 1, 1]
