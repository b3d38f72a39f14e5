from __future__ import annotations

import numpy as np

from reseen.searching import MergeSettings
from reseen.searching.match import Match, SourceClock
from reseen.searching.moments import group_matches, seen_together

SETTINGS = MergeSettings()
GATE = SourceClock(1, "1.mp4", "Gate", None, 60.0)
TIMES = np.arange(0.0, 2.0, 0.2)


def match(box: tuple[float, float, float, float], number: int) -> Match:
    boxes = np.tile(np.array(box, np.float32), (len(TIMES), 1))
    return Match(GATE, (number,), TIMES, boxes, 0.6, 0.0, box, number)


def test_somebody_tracked_whole_and_from_the_waist_up_is_one_person() -> None:
    whole, half = match((100, 50, 150, 200), 1), match((104, 48, 148, 120), 2)
    assert not seen_together(whole, half, SETTINGS)
    assert len(group_matches([whole, half], SETTINGS)) == 1


def test_somebody_half_behind_another_is_not() -> None:
    whole, behind = match((100, 50, 150, 200), 1), match((125, 45, 170, 150), 2)
    assert seen_together(whole, behind, SETTINGS)
    assert len(group_matches([whole, behind], SETTINGS)) == 2
