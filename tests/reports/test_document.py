from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reports.samples import OTHER, Gap, add_source, moment_of, query, result_of
from reseen.library import Skipped, Store
from reseen.reports import document
from reseen.searching import SearchResult

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "search-result.schema.json"
NINE = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    text = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(text)
    return Draft202012Validator(text, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.fixture
def result(store: Store, video: Path) -> SearchResult:
    source = add_source(store, video, shown="clips/gate3.mp4", started_at=NINE, gaps=[Gap(7.0, 7.5, "damaged")])
    coverage = store.coverage()
    skipped = (*coverage.skipped, Skipped(0, "notes.txt", 0.0, 0.0, "this is not footage"))
    return result_of(
        store,
        [moment_of(store, source)],
        below=(replace(moment_of(store, source, OTHER, 0.31237), expected_false_matches=None),),
        query=query(("photo.jpg: blurred",)),
        coverage=replace(coverage, skipped=skipped),
        warnings=("2 sources have no clock",),
    )


def test_values(result: SearchResult) -> None:
    found = document(result)
    assert found["query"] == {
        "photos": ["photo.jpg"],
        "person_box": [104.0, 130.0, 136.0, 220.0],
        "detector": "detector-a",
        "embedder": "embedder-a",
        "warnings": ["photo.jpg: blurred", "2 sources have no clock"],
    }
    assert found["threshold"] == 0.5
    assert found["coverage"] == {
        "sources": 1,
        "seconds": 7.5,
        "tracklets": 2,
        "skipped": [
            {"source": "clips/gate3.mp4", "start": 7.0, "end": 7.5, "reason": "damaged"},
            {"source": "notes.txt", "start": 0.0, "end": 0.0, "reason": "this is not footage"},
        ],
    }
    best, below = found["moments"]
    assert best == {
        "source": "clips/gate3.mp4",
        "camera": "Gate 3",
        "start": 1.0,
        "end": 6.0,
        "best_time": 3.6,
        "score": 0.8,
        "expected_false_matches": 0.004,
        "best_box": [120.8, 130.0, 152.8, 220.0],
        "wall_start": best["wall_start"],
        "tracklets": list(result.moments[0].tracklets),
    }
    assert datetime.fromisoformat(best["wall_start"] or "") == datetime(2026, 5, 1, 9, 0, 1, tzinfo=UTC)
    assert below["score"] == 0.3124 and below["expected_false_matches"] is None


def test_documents_are_valid(schema: Draft202012Validator, result: SearchResult) -> None:
    still = replace(result.moments[0], start=0.0, end=0.0, best_time=0.0, wall_start=None)
    for one in (
        result,
        replace(result, moments=(), below=()),
        replace(result, moments=(still,), query=query(whole=True)),
    ):
        schema.validate(json.loads(json.dumps(document(one), allow_nan=False)))


def test_every_key_is_required_and_no_other_is_allowed(schema: Draft202012Validator, result: SearchResult) -> None:
    whole = json.loads(json.dumps(document(result)))
    places: list[Callable[[Any], Any]] = [
        lambda doc: doc,
        lambda doc: doc["query"],
        lambda doc: doc["coverage"],
        lambda doc: doc["coverage"]["skipped"][0],
        lambda doc: doc["moments"][0],
    ]
    for place in places:
        for key in list(place(whole)):
            less = copy.deepcopy(whole)
            del place(less)[key]
            assert not schema.is_valid(less), key
        more = copy.deepcopy(whole)
        place(more)["surprise"] = 1
        assert not schema.is_valid(more)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("start", -1.0),
        ("score", "0.8"),
        ("best_box", [1, 2, 3]),
        ("tracklets", []),
        ("tracklets", [1.5]),
        ("expected_false_matches", -0.1),
        ("wall_start", 5),
    ],
)
def test_wrong_values_are_refused(schema: Draft202012Validator, result: SearchResult, key: str, value: object) -> None:
    wrong = json.loads(json.dumps(document(result)))
    wrong["moments"][0][key] = value
    assert not schema.is_valid(wrong)


def test_schema_is_described() -> None:
    text = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert text["description"]
    for name, property_ in text["$defs"]["moment"]["properties"].items():
        target = text["$defs"].get(property_.get("$ref", "").rpartition("/")[2], {})
        assert property_.get("description") or target.get("description") or name == "start"
