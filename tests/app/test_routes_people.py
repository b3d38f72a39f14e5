from __future__ import annotations

from fastapi.testclient import TestClient

from app.conftest import CAMERAS, Clients
from app.test_routes_searches import ask
from reseen.library import Store


def everybody(client: TestClient, **asked: object) -> list[dict]:
    items: list[dict] = client.get("/api/v1/people", params=asked).json()["items"]
    return items


def test_people_come_newest_first_in_pages_and_from_any_place(client: TestClient) -> None:
    people = everybody(client)
    ids = [person["person"] for person in people]
    assert client.get("/api/v1/people/count").json() == {"count": len(ids), "hidden": 0}
    first = client.get("/api/v1/people", params={"limit": 2}).json()
    second = client.get("/api/v1/people", params={"limit": 2, "cursor": first["next"]}).json()
    assert [person["person"] for person in first["items"] + second["items"]] == ids[:4]
    middle = client.get("/api/v1/people/page", params={"offset": 3, "limit": 2}).json()["items"]
    assert [person["person"] for person in middle] == ids[3:5]
    assert client.get("/api/v1/people", params={"cursor": "nonsense"}).status_code == 422
    gate = everybody(client, camera=CAMERAS[0])
    assert {person["camera"] for person in gate} == {CAMERAS[0]}
    starts = [person["wall_start"] for person in gate]
    assert starts == sorted(starts, reverse=True)


def test_a_person_and_their_shots_are_shown(client: TestClient) -> None:
    person = everybody(client)[0]
    assert client.get(f"/api/v1/people/{person['person']}").json() == person
    shot = client.get(f"/api/v1/shots/{person['best_shot']}").json()
    assert (shot["person"], shot["camera"]) == (person["person"], person["camera"])
    assert person["start"] <= shot["time"] <= person["end"]
    picture = client.get(f"/api/v1/shots/{person['best_shot']}/image")
    assert picture.content[:3] == b"\xff\xd8\xff"
    assert picture.headers["cache-control"].startswith("private")
    assert client.get("/api/v1/people/9999").status_code == 404
    assert client.get("/api/v1/shots/9999").status_code == 404


def test_what_is_no_person_is_left_out_everywhere_until_it_is_shown_again(client: TestClient, store: Store) -> None:
    person, other = everybody(client, camera=CAMERAS[0])[:2]
    number = person["person"]
    before = client.get("/api/v1/people/count").json()["count"]
    done = client.post(f"/api/v1/people/{number}/hide", json={"hidden": True}).json()
    assert done["changed"] >= 1
    left = client.get("/api/v1/people/count").json()
    assert (left["count"] + left["hidden"], left["hidden"]) == (before, before - left["count"])
    assert number not in [one["person"] for one in everybody(client)]
    assert number in [one["person"] for one in everybody(client, hidden=True) if one["hidden"]]
    answer = ask(client, shots=[other["best_shot"]])
    assert (answer["people"], answer["hidden"]) == (left["count"], left["hidden"])
    assert number not in [moment["person"] for moment in answer["moments"]]
    client.post(f"/api/v1/people/{number}/hide", json={"hidden": False})
    assert client.get("/api/v1/people/count").json() == {"count": before, "hidden": 0}
    assert len(store.audit(action="hide")) == 2


def test_a_token_for_one_camera_sees_its_people_alone(clients: Clients) -> None:
    yard = everybody(clients.viewer, camera=CAMERAS[1])[0]
    assert {person["camera"] for person in everybody(clients.limited)} == {CAMERAS[0]}
    assert everybody(clients.limited, camera=CAMERAS[1]) == []
    assert clients.limited.get(f"/api/v1/people/{yard['person']}").status_code == 404
    assert clients.limited.get(f"/api/v1/shots/{yard['best_shot']}").status_code == 404
    assert clients.limited.get(f"/api/v1/shots/{yard['best_shot']}/image").status_code == 404
    assert clients.viewer.post(f"/api/v1/people/{yard['person']}/hide", json={"hidden": True}).status_code == 403
