"""Rankings against the golden files, against hand-made cases and against the plain way of doing it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reseen.evaluation import (
    JUNK,
    Embedded,
    Ranking,
    RankingSettings,
    RerankSettings,
    distance_rows,
    evaluate,
    evaluate_rows,
    matrix_rows,
    rerank,
)


def numbers(persons: object, cameras: object) -> Embedded:
    """Identities and cameras without features."""
    who = np.asarray(persons, dtype=np.int64)
    return Embedded(np.zeros((len(who), 1), np.float32), who, np.asarray(cameras, dtype=np.int64))


def naive(distances: np.ndarray, query: Embedded, gallery: Embedded, junk: int | None = JUNK) -> list[dict]:
    """The protocol as it is told: sort, drop, walk down the list. One entry a query; {} where skipped."""
    judged = []
    for row, person, camera in zip(distances, query.persons, query.cameras, strict=True):
        kept = []
        for image in np.argsort(row, kind="stable"):
            if gallery.persons[image] == junk:
                continue
            if gallery.persons[image] == person and gallery.cameras[image] == camera:
                continue
            kept.append(bool(gallery.persons[image] == person and person != junk))
        places = [place for place, right in enumerate(kept) if right]
        if not places:
            judged.append({})
            continue
        precisions, trapezoids, before, recall_step = [], [], 1.0, 1 / len(places)
        hits = 0
        for place, right in enumerate(kept):
            hits += right
            now = hits / (place + 1)
            if right:
                precisions.append(now)
                trapezoids.append((now + before) / 2 * recall_step)
            before = now
        judged.append(
            {
                "first": places[0],
                "AP": float(np.mean(precisions)),
                "trapezoid": float(np.sum(trapezoids)),
                "INP": len(places) / (places[-1] + 1),
                "right": len(places),
            }
        )
    return judged


def golden_case(golden: Path, name: str) -> tuple[Embedded, Embedded, RankingSettings, dict, dict]:
    arrays_ = np.load(golden / "eval.npz")
    figures = json.loads((golden / "eval.json").read_text())[name]
    query, gallery = (
        Embedded(arrays_[f"{side}_features"], arrays_[f"{side}_pids"], arrays_[f"{side}_camids"])
        for side in ("query", "gallery")
    )
    per_query = {key.removeprefix(f"{name}."): arrays_[key] for key in arrays_ if key.startswith(f"{name}.")}
    settings = RankingSettings(
        metric="cosine" if figures["feat_norm"] else "euclidean",
        junk=None if name.startswith("kept") else JUNK,
        max_rank=len(per_query["cmc"]),
    )
    return query, gallery, settings, figures, per_query


def bar(golden: Path, name: str) -> dict:
    return json.loads((golden / "config.json").read_text())["tolerances"][name]


@pytest.mark.parametrize("name", ["dropped_norm", "dropped_raw", "kept_norm"])
def test_golden_measures(golden: Path, name: str) -> None:
    query, gallery, settings, figures, expected = golden_case(golden, name)
    allowed = bar(golden, "eval")
    ranking = evaluate(query, gallery, settings)
    np.testing.assert_array_equal(ranking.valid, expected["valid"])
    np.testing.assert_array_equal(ranking.right, expected["num_good"])
    np.testing.assert_allclose(ranking.cmc, expected["cmc"], rtol=0, atol=allowed["cmc_abs"])
    for found, key in (
        (ranking.precision, "AP"),
        (ranking.precision_trapezoid, "AP_trapezoid"),
        (ranking.inverse_penalty, "INP"),
    ):
        np.testing.assert_allclose(found, expected[key], rtol=0, atol=allowed["per_query_abs"])
    assert ranking.used == figures["num_valid_queries"]
    for found, key in (
        (ranking.mean_precision, "mAP"),
        (ranking.mean_precision_trapezoid, "mAP_trapezoid"),
        (ranking.mean_inverse_penalty, "mINP"),
    ):
        assert found == pytest.approx(figures[key], abs=allowed["mAP_abs"])
    for rank in (1, 5, 10):
        assert ranking.at_rank(rank) == pytest.approx(figures[f"rank{rank}"], abs=allowed["cmc_abs"])


def test_golden_distances_give_the_golden_ranking(golden: Path) -> None:
    query, gallery, settings, _, expected = golden_case(golden, "dropped_norm")
    gallery = gallery.take(gallery.persons != JUNK)
    unit = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (query.features, gallery.features)]
    rows = distance_rows(unit[0], unit[1], "euclidean")
    np.testing.assert_allclose(
        rows(0, len(query)), expected["distmat"], rtol=0, atol=bar(golden, "eval")["distmat_abs"]
    )
    ranking = evaluate_rows(matrix_rows(expected["distmat"]), query, gallery, settings)
    np.testing.assert_allclose(ranking.precision, expected["AP"], rtol=0, atol=1e-6)


def test_golden_reranked_measures(golden: Path) -> None:
    names = [key for key in json.loads((golden / "eval.json").read_text()) if "rerank" in key]
    assert names
    for name in names:
        query, gallery, settings, figures, expected = golden_case(golden, name)
        gallery = gallery.take(gallery.persons != JUNK)
        k1, k2, weight = name.split("rerank_")[1].split("_")
        unit = [one / np.linalg.norm(one, axis=1, keepdims=True) for one in (query.features, gallery.features)]
        reranked = rerank(unit[0], unit[1], RerankSettings(int(k1), int(k2), float(weight)))
        ranking = evaluate_rows(reranked.rows, query, gallery, settings)
        half, whole = bar(golden, "rerank_float16_reference"), bar(golden, "rerank_own_float64")
        assert ranking.used == figures["num_valid_queries"]
        assert ranking.mean_precision == pytest.approx(figures["mAP"], abs=half["mAP_abs"])
        np.testing.assert_allclose(ranking.cmc, expected["cmc"], rtol=0, atol=2 / ranking.used + 1e-6)
        own = figures["own_float64"]
        assert ranking.mean_precision == pytest.approx(own["mAP"], abs=whole["mAP_abs"])
        assert ranking.mean_precision_trapezoid == pytest.approx(own["mAP_trapezoid"], abs=whole["mAP_abs"])
        assert ranking.mean_inverse_penalty == pytest.approx(own["mINP"], abs=5 * whole["mAP_abs"])


def test_golden_small_matrix(golden: Path) -> None:
    case = json.loads((golden / "eval_small.json").read_text())
    ranking = evaluate_rows(
        matrix_rows(np.array(case["distmat"], dtype=np.float32)),
        numbers(case["q_pids"], case["q_camids"]),
        numbers(case["g_pids"], case["g_camids"]),
        RankingSettings(max_rank=case["max_rank"]),
    )
    np.testing.assert_array_equal(ranking.valid, case["valid"])
    np.testing.assert_allclose(ranking.cmc, case["cmc"], atol=1e-6)
    assert ranking.mean_precision == pytest.approx(case["mAP"], abs=1e-6)
    assert ranking.mean_precision_trapezoid == pytest.approx(case["mAP_trapezoid"], abs=1e-6)
    assert ranking.mean_inverse_penalty == pytest.approx(case["mINP"], abs=1e-6)


def judge(row: list[float], persons: list[int], cameras: list[int], **settings: object) -> Ranking:
    """A ranking for one query, person 1 in camera 1."""
    return evaluate_rows(
        matrix_rows(np.array([row], dtype=np.float32)),
        numbers([1], [1]),
        numbers(persons, cameras),
        RankingSettings(**settings),
    )


def test_right_wrong_right_by_hand() -> None:
    ranking = judge([0.1, 0.2, 0.3], [1, 2, 1], [2, 2, 2], max_rank=3)
    assert ranking.precision[0] == pytest.approx((1 + 2 / 3) / 2)
    assert ranking.precision_trapezoid[0] == pytest.approx(((1 + 1) / 2 + (2 / 3 + 1 / 2) / 2) / 2)
    assert ranking.inverse_penalty[0] == pytest.approx(2 / 3)
    assert ranking.cmc.tolist() == [1, 1, 1]
    assert ranking.nearest_right[0] == pytest.approx(0.1)
    assert ranking.nearest_wrong[0] == pytest.approx(0.2)


def test_own_camera_and_junk_count_neither_way() -> None:
    row, persons, cameras = [0.1, 0.2, 0.3, 0.4], [1, JUNK, 2, 1], [1, 2, 2, 2]
    assert judge(row, persons, cameras).precision[0] == pytest.approx(1 / 2)
    assert judge(row, persons, cameras, junk=None).precision[0] == pytest.approx(1 / 3)
    assert judge(row, persons, cameras, drop_same_camera=False).precision[0] == pytest.approx((1 + 2 / 3) / 2)


def test_distractors_stay_as_wrong_answers() -> None:
    assert judge([0.1, 0.2], [0, 1], [2, 2]).precision[0] == pytest.approx(1 / 2)


def test_equal_distances_rank_in_gallery_order() -> None:
    assert judge([0.5, 0.5], [1, 2], [2, 2]).first[0] == 0
    assert judge([0.5, 0.5], [2, 1], [2, 2]).first[0] == 1
    assert judge([0.5, 0.5, 0.5], [1, 2, 1], [2, 2, 2]).precision[0] == pytest.approx((1 + 2 / 3) / 2)


def test_a_query_without_right_image_is_skipped_and_counted() -> None:
    ranking = evaluate_rows(
        matrix_rows(np.array([[0.2, 0.1], [0.1, 0.2]], dtype=np.float32)),
        numbers([1, 7], [1, 1]),
        numbers([1, 2], [2, 2]),
    )
    assert (ranking.used, ranking.skipped) == (1, 1)
    assert ranking.right.tolist() == [1, 0]
    assert ranking.first.tolist() == [1, -1]
    assert np.isnan(ranking.precision[1])
    assert ranking.mean_precision == pytest.approx(1 / 2)


def test_junk_as_a_query_is_skipped() -> None:
    ranking = evaluate_rows(
        matrix_rows(np.array([[0.1, 0.2]], dtype=np.float32)),
        numbers([JUNK], [1]),
        numbers([JUNK, 2], [2, 2]),
    )
    assert ranking.used == 0
    assert ranking.mean_precision == 0
    assert ranking.cmc.tolist() == [0] * 50


def test_a_gallery_shorter_than_the_curve() -> None:
    ranking = judge([0.3, 0.2, 0.1], [1, 2, 1], [2, 2, 1], max_rank=5)
    assert ranking.cmc.tolist() == [0, 1, 1, 1, 1]
    assert ranking.at_rank(50) == 1


def test_an_empty_gallery_skips_everything() -> None:
    ranking = judge([], [], [])
    assert ranking.skipped == 1
    assert ranking.nearest_wrong[0] == np.inf


def test_features_of_other_width_are_refused() -> None:
    query = Embedded(np.zeros((1, 3), np.float32), np.array([1]), np.array([1]))
    with pytest.raises(ValueError, match="do not compare"):
        evaluate(query, numbers([1], [2]))


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, Embedded, Embedded]:
    queries, gallery = draw(st.integers(1, 6)), draw(st.integers(0, 40))
    # Few different values, so that ties are common.
    distances = draw(arrays.arrays(np.float32, (queries, gallery), elements=st.integers(0, 8).map(float)))
    person, camera = st.integers(-1, 4), st.integers(0, 2)
    query = numbers(
        draw(st.lists(person, min_size=queries, max_size=queries)),
        draw(st.lists(camera, min_size=queries, max_size=queries)),
    )
    return (
        distances,
        query,
        numbers(
            draw(st.lists(person, min_size=gallery, max_size=gallery)),
            draw(st.lists(camera, min_size=gallery, max_size=gallery)),
        ),
    )


@given(cases(), st.integers(1, 1000))
def test_equals_the_plain_way(case: tuple[np.ndarray, Embedded, Embedded], chunk_bytes: int) -> None:
    distances, query, gallery = case
    ranking = evaluate_rows(
        matrix_rows(distances), query, gallery, RankingSettings(max_rank=8, chunk_bytes=chunk_bytes)
    )
    expected = naive(distances, query, gallery)
    firsts = [one["first"] for one in expected if one]
    for index, one in enumerate(expected):
        assert ranking.valid[index] == bool(one)
        if one:
            assert ranking.right[index] == one["right"]
            assert ranking.first[index] == one["first"]
            assert ranking.precision[index] == pytest.approx(one["AP"])
            assert ranking.precision_trapezoid[index] == pytest.approx(one["trapezoid"])
            assert ranking.inverse_penalty[index] == pytest.approx(one["INP"])
    curve = [np.mean([first <= rank for first in firsts]) if firsts else 0.0 for rank in range(8)]
    np.testing.assert_allclose(ranking.cmc, curve)


@given(st.integers(0, 2**31), st.sampled_from(["cosine", "euclidean"]))
def test_chunks_change_nothing(seed: int, metric: str) -> None:
    rng = np.random.default_rng(seed)

    def draw(count: int) -> Embedded:
        return Embedded(
            rng.standard_normal((count, 5)).astype(np.float32),
            rng.integers(-1, 4, count),
            rng.integers(0, 3, count),
        )

    query, gallery = draw(9), draw(30)
    whole = evaluate(query, gallery, RankingSettings(metric=metric))
    pieces = evaluate(query, gallery, RankingSettings(metric=metric, chunk_bytes=4 * 30 * 2))
    np.testing.assert_array_equal(whole.first, pieces.first)
    np.testing.assert_allclose(whole.precision, pieces.precision)
    np.testing.assert_allclose(whole.nearest_wrong, pieces.nearest_wrong, rtol=1e-5, atol=1e-6)
