from __future__ import annotations

from fastapi.testclient import TestClient


def test_the_local_user_is_an_admin_while_there_is_no_token(client: TestClient) -> None:
    here = client.get("/api/v1/session")
    assert here.status_code == 200
    assert here.json()["role"] == "admin"
    assert here.json()["signed_in"] is False
