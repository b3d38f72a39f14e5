from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from fastapi.testclient import TestClient

from app.conftest import Clients, World, store_of

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "search-result.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def client(everybody: Clients) -> TestClient:
    """Searching changes nothing: all these tests ask one application, whose process for photos runs already."""
    return everybody.admin


def send(client: TestClient, photo: Path) -> dict:
    with photo.open("rb") as file:
        sent = client.post("/api/v1/photos", files={"file": (photo.name, file)})
    assert sent.status_code == 201, sent.text
    found: dict = sent.json()
    return found


def ask(client: TestClient, **asked: object) -> dict:
    answer = client.post("/api/v1/searches", json=asked)
    assert answer.status_code == 201, answer.text
    found: dict = answer.json()
    return found


def ask_for_somebody(client: TestClient, **asked: object) -> dict:
    """The answer to somebody whom Gate 1 saw, which needs no process that looks at photos."""
    (person, *_) = client.get("/api/v1/people", params={"camera": "Gate 1"}).json()["items"]
    return ask(client, people=[person["person"]], **asked)


@pytest.fixture
def yellow(client: TestClient, world: World) -> dict:
    """The answer to the photo of the one in yellow, who passes both cameras."""
    return ask(client, photos=[{"id": send(client, world.photos / "yellow.png")["id"]}])


def test_a_photo_is_looked_at_and_changed_and_dropped(client: TestClient, world: World) -> None:
    photo = send(client, world.photos / "two.png")
    assert (photo["name"], len(photo["people"]), photo["box"]) == ("two.png", 2, None)
    assert photo["chosen"] in {0, 1}
    other = client.patch(f"/api/v1/photos/{photo['id']}", json={"person": 1 - photo["chosen"]}).json()
    assert other["chosen"] == 1 - photo["chosen"]
    drawn = client.patch(f"/api/v1/photos/{photo['id']}", json={"box": [1, 1, 30, 60]}).json()
    assert (drawn["chosen"], drawn["box"]) == (None, [1, 1, 30, 60])
    assert client.patch(f"/api/v1/photos/{photo['id']}", json={"person": 7}).status_code == 422
    assert client.patch(f"/api/v1/photos/{photo['id']}", json={}).status_code == 422
    picture = client.get(f"/api/v1/photos/{photo['id']}/image")
    assert picture.content[:3] == b"\xff\xd8\xff"
    assert client.delete(f"/api/v1/photos/{photo['id']}").status_code == 204
    assert client.get(f"/api/v1/photos/{photo['id']}").status_code == 404


def test_a_search_finds_the_moments_and_says_how_sure(client: TestClient, yellow: dict) -> None:
    sure = [moment for moment in yellow["moments"] if moment["score"] >= yellow["threshold"]]
    assert {moment["camera"] for moment in sure} == {"Gate 1", "Yard"}
    gate = next(moment for moment in sure if moment["camera"] == "Gate 1")
    assert gate["start"] == pytest.approx(1.0, abs=0.3)
    assert gate["wall_start"].startswith("2026-05-01T")
    assert gate["sure"] in {"very likely", "likely", "unsure"}
    assert (gate["verdict"], gate["exported"], gate["new"]) == (None, False, False)
    assert yellow["people"] == sum(yellow["histogram"]["counts"]) == 6
    assert len(yellow["histogram"]["edges"]) == len(yellow["histogram"]["counts"]) + 1
    # Those below the threshold are there too, so that the slider needs no new search.
    assert len(yellow["moments"]) > len(sure)
    scores = [moment["score"] for moment in yellow["moments"]]
    assert scores == sorted(scores, reverse=True)


def test_the_curve_never_rises_and_counts_this_many_people(yellow: dict) -> None:
    expected = [point["expected"] for point in yellow["curve"]]
    assert expected == sorted(expected, reverse=True)
    assert all(0 <= value <= yellow["people"] for value in expected)


def test_an_answer_can_be_had_again_as_json_csv_and_report(client: TestClient, yellow: dict) -> None:
    again = client.get(f"/api/v1/searches/{yellow['id']}").json()
    assert again == yellow
    found = client.get(f"/api/v1/searches/{yellow['id']}/json").json()
    jsonschema.validate(found, SCHEMA)
    lines = client.get(f"/api/v1/searches/{yellow['id']}/csv").text.splitlines()
    assert len(lines) == 1 + len(yellow["moments"])
    report = client.get(f"/api/v1/searches/{yellow['id']}/report")
    assert report.headers["content-type"].startswith("text/html")
    assert "Gate 1" in report.text


def test_a_moment_comes_with_everybody_around_it(client: TestClient, yellow: dict) -> None:
    gate = next(moment for moment in yellow["moments"] if moment["camera"] == "Gate 1")
    detail = client.get(f"/api/v1/searches/{yellow['id']}/moments/{gate['id']}").json()
    assert detail["moment"] == gate
    assert detail["video"] == f"/api/v1/sources/{gate['source_id']}/video"
    own = [track for track in detail["tracks"] if track["wanted"]]
    assert gate["person"] in {track["person"] for track in own}
    # The one in cyan passes within five seconds of it.
    assert len(own) < len(detail["tracks"])
    for track in detail["tracks"]:
        assert len(track["times"]) == len(track["boxes"])
        assert track["times"] == sorted(track["times"])
    assert client.get(f"/api/v1/searches/{yellow['id']}/moments/999").status_code == 404
    assert client.get(f"/api/v1/searches/{yellow['id']}/moments/x").status_code == 404


def test_filters_narrow_a_search(client: TestClient, world: World) -> None:
    photo = send(client, world.photos / "yellow.png")["id"]
    gate = ask(client, photos=[{"id": photo}], cameras=["Gate*"])
    assert {moment["camera"] for moment in gate["moments"]} == {"Gate 1"}
    assert gate["filters"] == {"cameras": ["Gate*"], "start": None, "end": None}
    late = ask(client, photos=[{"id": photo}], start="2026-05-02T00:00:00Z")
    assert (late["moments"], late["coverage"]["seconds"]) == ([], 0)
    swapped = {"start": "2026-05-02T00:00:00Z", "end": "2026-05-01T00:00:00Z"}
    assert client.post("/api/v1/searches", json={"photos": [{"id": photo}], **swapped}).status_code == 422


def test_shots_and_people_are_searched_for_as_photos_are(client: TestClient, yellow: dict) -> None:
    first = yellow["moments"][0]
    by_shot = ask(client, shots=[first["best_shot"]])
    by_person = ask(client, people=[first["person"]])
    for answer in (by_shot, by_person):
        sure = [moment for moment in answer["moments"] if moment["score"] >= answer["threshold"]]
        assert {moment["camera"] for moment in sure} == {"Gate 1", "Yard"}
    assert by_shot["query"]["photos"] == [f"shot {first['best_shot']}"]
    assert client.post("/api/v1/searches", json={"shots": [99999]}).status_code == 404
    assert client.post("/api/v1/searches", json={"people": [99999]}).status_code == 404
    assert client.post("/api/v1/searches", json={}).status_code == 422


def test_verdicts_in_a_search_are_marked_and_ordered(client: TestClient, world: World, yellow: dict) -> None:
    first, second = yellow["moments"][:2]
    photo = send(client, world.photos / "yellow.png")["id"]
    judged = {"confirmed": [second["tracklets"]], "rejected": [first["tracklets"]]}
    answer = ask(client, photos=[{"id": photo}], **judged)
    assert (answer["moments"][0]["tracklets"], answer["moments"][0]["verdict"]) == (second["tracklets"], "confirmed")
    assert (answer["moments"][-1]["tracklets"], answer["moments"][-1]["verdict"]) == (first["tracklets"], "rejected")


def test_scripts_search_in_one_request(client: TestClient, world: World) -> None:
    with (world.photos / "two.png").open("rb") as file:
        sent = client.post("/api/v1/search", files={"photo": ("two.png", file)}, data={"person": "2", "camera": "Yard"})
    assert sent.status_code == 200, sent.text
    found = sent.json()
    jsonschema.validate(found, SCHEMA)
    assert {moment["camera"] for moment in found["moments"]} == {"Yard"}
    with (world.photos / "two.png").open("rb") as file:
        sent = client.post("/api/v1/search", files={"photo": ("two.png", file)}, data={"box": "1,2,3"})
    assert sent.status_code == 422
    assert client.post("/api/v1/search", files={"photo": ("a.jpg", b"no photo")}).status_code == 400


def test_every_search_is_in_the_audit_log_with_hash_and_thumbnail(client: TestClient, world: World) -> None:
    store = store_of(client)
    before = len(store.audit(action="search"))
    yellow = ask(client, photos=[{"id": send(client, world.photos / "yellow.png")["id"]}])
    (entry,) = store.audit(action="search")[before:]
    assert entry.results == sum(moment["score"] >= yellow["threshold"] for moment in yellow["moments"])
    assert len(entry.photos) == 1
    assert len(entry.photos[0]) == 64
    picture = store.audit_thumbnail(entry.id)
    assert picture is not None
    assert picture[:3] == b"\xff\xd8\xff"


def test_photos_and_answers_are_their_owners_alone(everybody: Clients, world: World) -> None:
    photo = send(everybody.searcher, world.photos / "yellow.png")["id"]
    answer = ask(everybody.searcher, photos=[{"id": photo}])["id"]
    for other in (everybody.admin, everybody.limited):
        assert other.get(f"/api/v1/photos/{photo}").status_code == 404
        assert other.get(f"/api/v1/searches/{answer}").status_code == 404
        assert other.get(f"/api/v1/searches/{answer}/moments/0").status_code == 404
        assert other.post("/api/v1/searches", json={"photos": [{"id": photo}]}).status_code == 404
    assert everybody.viewer.get(f"/api/v1/photos/{photo}").status_code == 403


def test_a_token_for_one_camera_finds_nothing_of_another(everybody: Clients, world: World) -> None:
    everything = ask(everybody.searcher, photos=[{"id": send(everybody.searcher, world.photos / "yellow.png")["id"]}])
    yard = next(moment for moment in everything["moments"] if moment["camera"] == "Yard")
    narrow = ask(everybody.limited, photos=[{"id": send(everybody.limited, world.photos / "yellow.png")["id"]}])
    assert {moment["camera"] for moment in narrow["moments"]} == {"Gate 1"}
    assert narrow["people"] < everything["people"]
    # Where footage lies on the server is nobody's business but the admin's.
    assert {moment["source"] for moment in narrow["moments"]} == {"gate.mp4"}
    limited = everybody.limited
    assert limited.post("/api/v1/searches", json={"shots": [yard["best_shot"]]}).status_code == 404
    assert limited.post("/api/v1/searches", json={"people": [yard["person"]]}).status_code == 404
    assert limited.get(f"/api/v1/shots/{yard['best_shot']}/image").status_code == 404
    assert limited.get(f"/api/v1/people/{yard['person']}").status_code == 404
