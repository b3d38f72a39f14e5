from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reseen.errors import UsageError
from reseen.indexing import IndexSettings

settings = st.builds(
    IndexSettings,
    rate=st.floats(0.1, 60),
    segment_seconds=st.floats(1, 3600),
    warmup_seconds=st.floats(0, 60),
    shots=st.just("all") | st.integers(1, 100),
    gate=st.booleans(),
    tiles=st.none() | st.just("auto") | st.integers(1, 8),
    min_height=st.integers(0, 500),
    flip=st.booleans(),
)


@given(settings)
def test_what_a_library_keeps_is_what_was_set(chosen: IndexSettings) -> None:
    assert IndexSettings.from_json(chosen.to_json()) == chosen


@given(settings, settings)
def test_equal_settings_and_only_those_have_equal_text(one: IndexSettings, other: IndexSettings) -> None:
    assert (one.to_json() == other.to_json()) == (one == other)


def test_the_text_names_every_setting() -> None:
    assert json.loads(IndexSettings().to_json()) == {
        "rate": 5.0,
        "segment_seconds": 30.0,
        "warmup_seconds": 2.0,
        "shots": 4,
        "gate": True,
        "tiles": None,
        "min_height": 0,
        "flip": False,
    }


def test_older_and_newer_texts_can_be_read() -> None:
    assert IndexSettings.from_json('{"rate": 2.5}') == IndexSettings(rate=2.5)
    assert IndexSettings.from_json('{"shots": 1, "zeal": 11}') == IndexSettings(shots=1)
    assert IndexSettings.from_json("{}") == IndexSettings()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rate": 0.0}, "analysis rate"),
        ({"rate": 61.0}, "analysis rate"),
        ({"rate": math.nan}, "analysis rate"),
        ({"segment_seconds": 0.5}, "segment"),
        ({"segment_seconds": math.nan}, "segment"),
        ({"segment_seconds": math.inf}, "segment"),
        ({"warmup_seconds": -1.0}, "warm-up"),
        ({"shots": 0}, "at least one shot"),
        ({"min_height": -1}, "least height"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        IndexSettings(**changes)
