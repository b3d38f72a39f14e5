from __future__ import annotations

import base64
import re

import numpy as np
import pytest

from reseen.evaluation import Pairs
from reseen.evaluation.pictures import (
    RankedImage,
    RankedQuery,
    ranked_page,
    similarity_histogram,
    training_curves,
)

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PAIRS = Pairs(np.linspace(0.3, 0.9, 50), np.linspace(-0.2, 0.5, 400))


def page(**changes: object) -> str:
    images = (RankedImage(PNG, "7 in camera 2", 0.8125, True), RankedImage(PNG, "9 in camera 1", 0.5, False))
    query = RankedQuery(PNG, str(changes.get("caption", "7 in camera 1")), "AP 100", images)
    return ranked_page("A model <b>", [("mAP", "94.3")], [query, RankedQuery(PNG, "8", "", ())])


def test_right_and_wrong_answers_are_framed_in_order() -> None:
    text = page()
    framed = re.findall(r'<figure class="(right|wrong)">.*?<b>(.) (\d+) · ([\d.]+)</b>([^<]*)', text)
    assert framed == [
        ("right", "✓", "1", "0.812", "7 in camera 2"),
        ("wrong", "✕", "2", "0.500", "9 in camera 1"),
    ]
    assert text.count("<section") == 2
    assert "The gallery holds nothing for this query." in text


def test_the_page_needs_nothing_from_outside() -> None:
    text = page()
    assert not re.findall(r"""(?:src|href)=["'](?!data:image/)""", text)
    assert text.count("data:image/png;base64,") == 4
    assert "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in text


def test_words_are_escaped() -> None:
    text = page(caption='"><script>alert(1)</script>')
    assert "<script>" not in text
    assert "A model &lt;b&gt;" in text


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="JPEG"):
        ranked_page("t", [], [RankedQuery(b"nothing", "", "", ())])


@pytest.mark.parametrize("threshold", [0.45, -0.1])
def test_a_histogram_tells_what_the_threshold_costs(threshold: float) -> None:
    pytest.importorskip("matplotlib")
    import matplotlib as mpl

    with mpl.rc_context({"svg.fonttype": "none"}):
        text = similarity_histogram(PAIRS, threshold, "a model").decode()
    reached = 100 * (PAIRS.different >= threshold).mean()
    missed = 100 * (PAIRS.same < threshold).mean()
    assert f"threshold {threshold:.3f}" in text
    assert f"{reached:.1f} % of strangers reach it" in text
    assert f"{missed:.1f} % of right ones do not" in text
    assert "different people (400 pairs)" in text


def test_the_same_histogram_is_the_same_file() -> None:
    mpl = pytest.importorskip("matplotlib")
    with mpl.rc_context({"svg.hashsalt": "fixed"}):
        first, second = (similarity_histogram(PAIRS, 0.4) for _ in range(2))
    assert first == second
    assert similarity_histogram(Pairs(np.zeros(0), PAIRS.different), 0.4, form="png")[:4] == b"\x89PNG"


def test_training_curves_draw_every_column_of_numbers() -> None:
    mpl = pytest.importorskip("matplotlib")
    rows = [
        {"epoch": str(epoch), "size": "256x128", "loss": f"{1 / epoch:.3f}", "mAP": "" if epoch % 2 else "12.5"}
        for epoch in range(1, 6)
    ]
    with mpl.rc_context({"svg.fonttype": "none"}):
        text = training_curves(rows, "a run").decode()
    assert re.findall(r">(loss|mAP|size|epoch|a run)<", text).count("loss") == 1
    assert ">mAP<" in text
    assert ">size<" not in text
    assert ">a run<" in text


@pytest.mark.parametrize("rows", [[], [{"epoch": "1", "size": "256x128"}], [{"loss": "1"}]])
def test_a_log_without_numbers_is_refused(rows: list[dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="log"):
        training_curves(rows)
