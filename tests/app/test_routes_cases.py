from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from app.conftest import Clients, World
from app.test_routes_searches import ask, ask_for_somebody, send
from reseen.library import Store


@pytest.fixture
def answer(client: TestClient) -> dict:
    return ask_for_somebody(client, cameras=["Gate 1", "Yard"])


@pytest.fixture
def case(client: TestClient, answer: dict) -> dict:
    made = client.post("/api/v1/cases", json={"name": "The one in yellow", "search": answer["id"]})
    assert made.status_code == 201, made.text
    found: dict = made.json()
    return found


def judge(client: TestClient, case: dict, moment: dict, verdict: str | None) -> dict:
    told = {"tracklets": moment["tracklets"], "verdict": verdict, "note": "by the coat"}
    answer = client.post(f"/api/v1/cases/{case['id']}/verdicts", json=told)
    assert answer.status_code == 200, answer.text
    found: dict = answer.json()
    return found


def test_a_case_keeps_photos_filters_and_notes(client: TestClient, case: dict, answer: dict) -> None:
    assert (case["name"], case["verdicts"], case["notes"]) == ("The one in yellow", [], "")
    assert case["filters"] == {"cameras": ["Gate 1", "Yard"], "start": None, "end": None}
    assert case["threshold"] == pytest.approx(answer["threshold"])
    photo = case["photos"][0]
    assert photo["name"].startswith("shot ")
    assert client.get(photo["image"]).content[:3] == b"\xff\xd8\xff"
    assert client.get(f"/api/v1/cases/{case['id']}/photos/9").status_code == 404
    changed = client.patch(
        f"/api/v1/cases/{case['id']}", json={"notes": "seen by the guard", "cameras": ["Yard"]}
    ).json()
    assert (changed["notes"], changed["name"]) == ("seen by the guard", "The one in yellow")
    assert changed["filters"]["cameras"] == ["Yard"]
    assert client.get("/api/v1/cases").json()["items"] == [changed]
    assert client.delete(f"/api/v1/cases/{case['id']}").status_code == 204
    assert client.get(f"/api/v1/cases/{case['id']}").status_code == 404


def test_verdicts_are_kept_shown_audited_and_taken_back(
    client: TestClient, store: Store, case: dict, answer: dict
) -> None:
    first, last = answer["moments"][0], answer["moments"][-1]
    judge(client, case, first, "confirmed")
    told = judge(client, case, last, "rejected")
    assert [(one["tracklets"], one["verdict"]) for one in told["verdicts"]] == [
        (first["tracklets"], "confirmed"),
        (last["tracklets"], "rejected"),
    ]
    shown = told["verdicts"][0]
    assert (shown["camera"], shown["note"], shown["source_id"]) == (first["camera"], "by the coat", first["source_id"])
    assert client.get(f"/api/v1/shots/{shown['best_shot']}/image").status_code == 200
    assert len(store.audit(action="verdict")) == 2
    # The answer that the case was made of shows them too.
    now = client.get(f"/api/v1/searches/{answer['id']}").json()
    assert (now["moments"][0]["verdict"], now["moments"][-1]["verdict"]) == ("confirmed", "rejected")
    back = judge(client, case, last, None)
    assert [one["verdict"] for one in back["verdicts"]] == ["confirmed"]
    assert (
        client.post(
            f"/api/v1/cases/{case['id']}/verdicts", json={"tracklets": [9999], "verdict": "confirmed"}
        ).status_code
        == 404
    )


def test_searching_again_uses_the_verdicts_and_says_what_is_new(client: TestClient, case: dict, answer: dict) -> None:
    last = answer["moments"][-1]
    judge(client, case, last, "confirmed")
    again = client.post(f"/api/v1/cases/{case['id']}/search")
    assert again.status_code == 201, again.text
    found = again.json()
    assert found["moments"][0]["verdict"] == "confirmed"
    confirmed = {number for one in found["moments"] if one["verdict"] == "confirmed" for number in one["tracklets"]}
    assert confirmed.issuperset(last["tracklets"])
    assert (found["case"], found["new_since"]) == (case["id"], {"people": 0, "seconds": 0.0})
    assert found["query"]["photos"] == answer["query"]["photos"]


def test_what_was_joined_is_one_moment_and_what_was_split_is_not(everybody: Clients, world: World) -> None:
    client = everybody.searcher
    answer = ask(client, photos=[{"id": send(client, world.photos / "yellow.png")["id"]}])
    case = client.post("/api/v1/cases", json={"name": "yellow", "search": answer["id"]}).json()
    yard = [moment for moment in answer["moments"] if moment["camera"] == "Yard"]
    groups = [moment["tracklets"] for moment in yard[:2]]
    joined = client.post(f"/api/v1/cases/{case['id']}/join", json={"tracklets": groups})
    assert joined.status_code == 200, joined.text
    judge(client, case, yard[0], "confirmed")
    both = client.post(f"/api/v1/cases/{case['id']}/search").json()
    assert sorted(groups[0] + groups[1]) in [moment["tracklets"] for moment in both["moments"]]
    client.post(f"/api/v1/cases/{case['id']}/split", json={"tracklets": groups})
    apart = client.post(f"/api/v1/cases/{case['id']}/search").json()
    assert sorted(groups[0] + groups[1]) not in [moment["tracklets"] for moment in apart["moments"]]
    assert client.post(f"/api/v1/cases/{case['id']}/join", json={"tracklets": [[1], [1]]}).status_code == 422


def test_forgetting_says_first_what_it_deletes(client: TestClient, store: Store, case: dict, answer: dict) -> None:
    assert client.get(f"/api/v1/cases/{case['id']}/forget").status_code == 409
    judge(client, case, answer["moments"][0], "confirmed")
    plan = client.get(f"/api/v1/cases/{case['id']}/forget").json()
    assert plan["people"] >= 1
    assert plan["shots"] >= 1
    assert plan["photos"] == len(case["photos"])
    job = client.post(f"/api/v1/cases/{case['id']}/forget")
    assert job.status_code == 202
    held = store.job(job.json()["id"])
    assert (held.kind, held.lane, held.arguments["case"]) == ("forget", "index", case["id"])
    # Nobody looks at pictures of them any more meanwhile.
    assert client.get(f"/api/v1/searches/{answer['id']}").status_code == 404


def test_a_case_is_its_makers_and_an_admins(clients: Clients) -> None:
    made = ask_for_somebody(clients.searcher)
    case = clients.searcher.post("/api/v1/cases", json={"name": "mine", "search": made["id"]}).json()
    judge(clients.searcher, case, made["moments"][0], "confirmed")
    assert clients.admin.get(f"/api/v1/cases/{case['id']}").status_code == 200
    for path in ("", "/photos/0"):
        assert clients.limited.get(f"/api/v1/cases/{case['id']}{path}").status_code == 404
    assert clients.limited.get("/api/v1/cases").json()["items"] == []
    assert clients.limited.post(f"/api/v1/cases/{case['id']}/search").status_code == 404
    assert clients.searcher.get(f"/api/v1/cases/{case['id']}/forget").status_code == 403


def test_a_limited_token_judges_nothing_of_another_camera(clients: Clients) -> None:
    everything = ask_for_somebody(clients.searcher)
    yard = next(moment for moment in everything["moments"] if moment["camera"] == "Yard")
    made = ask_for_somebody(clients.limited)
    case = clients.limited.post("/api/v1/cases", json={"name": "narrow", "search": made["id"]}).json()
    told = {"tracklets": yard["tracklets"], "verdict": "confirmed"}
    assert clients.limited.post(f"/api/v1/cases/{case['id']}/verdicts", json=told).status_code == 404


def test_a_case_of_a_photo_is_searched_again_without_the_photo(everybody: Clients, world: World) -> None:
    client = everybody.searcher
    made = ask(client, photos=[{"id": send(client, world.photos / "yellow.png")["id"]}])
    case = client.post("/api/v1/cases", json={"name": "yellow", "search": made["id"]}).json()
    (photo,) = case["photos"]
    assert photo["name"] == "yellow.png"
    again = client.post(f"/api/v1/cases/{case['id']}/search").json()
    assert [moment["score"] for moment in again["moments"]] == pytest.approx(
        [moment["score"] for moment in made["moments"]], abs=1e-3
    )
