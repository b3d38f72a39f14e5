"""The cards that ship tell how often strangers reach a score."""

from __future__ import annotations

import pytest

from reseen.models import Card, Catalogue

CALIBRATED = [card for card in Catalogue.load().cards("reid") if card.curve is not None]


def test_the_embedders_with_files_to_measure_are_calibrated() -> None:
    assert {card.name for card in CALIBRATED} >= {
        "osnet_x0_25_msmt17",
        "osnet_x0_5_msmt17",
        "person-reidentification-retail-0277",
        "person-reidentification-retail-0286",
        "person-reidentification-retail-0287",
        "person-reidentification-retail-0288",
    }


@pytest.mark.parametrize("card", CALIBRATED, ids=lambda card: card.name)
def test_few_strangers_reach_the_default_threshold_and_the_data_support_saying_so(card: Card) -> None:
    assert card.curve is not None
    expected = card.curve.expected(card.threshold, 1000)
    assert not expected.at_most
    assert 0.5 < expected.value <= 10
    assert card.curve.expected(card.strangers, 1000).value > 300
    top = card.curve.expected(1.0, 1000)
    assert top.at_most
    assert top.value < 1
