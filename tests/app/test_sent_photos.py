"""Photos that are not what they say they are, over HTTP: refused in one line, and the application goes on."""

from __future__ import annotations

from io import BytesIO

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.conftest import Clients, World
from app.test_looking import bomb

PHOTOS = "/api/v1/photos"


@pytest.fixture
def sending(everybody: Clients) -> TestClient:
    """One application for all of them: what one of them does to it, the next one meets."""
    return everybody.searcher


def refused(client: TestClient, name: str, content: bytes, status: int = 400, kind: str = "image/jpeg") -> str:
    for path, field in ((PHOTOS, "file"), ("/api/v1/search", "photo")):
        answer = client.post(path, files={field: (name, content, kind)})
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        words: str = answer.json()["detail"]
        assert "\n" not in words and "Traceback" not in words and "/tmp" not in words
    return words


def test_a_picture_of_900_million_pixels(sending: TestClient) -> None:
    assert "million pixels" in refused(sending, "wall.png", bomb(), kind="image/png")


def test_a_video_that_is_called_a_photo(sending: TestClient, world: World) -> None:
    assert refused(sending, "me.jpg", (world.footage / "gate.mp4").read_bytes()).startswith("me.jpg: ")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.jpg", b"<!doctype html><script>alert(1)</script>"), ("script.png", b"#!/bin/sh\nid"),
        ("list.jpg", b"#EXTM3U\nfile:///etc/passwd"), ("vector.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("head.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 500),
    ],
)  # fmt: skip
def test_what_is_no_photo(sending: TestClient, name: str, content: bytes) -> None:
    refused(sending, name, content)


def test_an_empty_one(sending: TestClient) -> None:
    refused(sending, "empty.jpg", b"", 422)


def test_one_that_is_cut_off(sending: TestClient, world: World) -> None:
    stream = BytesIO()
    with Image.open(world.photos / "two.png") as photo:
        photo.convert("RGB").resize((900, 900)).save(stream, "JPEG")
    refused(sending, "half.jpg", stream.getvalue()[:4000])


def test_one_that_is_too_large(sending: TestClient) -> None:
    assert "MB" in refused(sending, "large.jpg", b"\xff\xd8" + b"x" * 3_200_000, 413)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\\b\\c.png", "..", "C:\\con", "x" * 600 + ".png", "名字.png", "a\tb.png"]
)
def test_a_name_is_only_a_name(sending: TestClient, world: World, name: str) -> None:
    content = (world.photos / "two.png").read_bytes()
    answer = sending.post(PHOTOS, files={"file": (name, content, "image/png")})
    assert answer.status_code in {201, 422}, answer.text
    if answer.status_code == 201:
        shown = answer.json()["name"]
        assert "/" not in shown and "\\" not in shown and len(shown) <= 255 and shown.isprintable()


def test_what_it_is_its_content_says(sending: TestClient, world: World) -> None:
    content = (world.photos / "two.png").read_bytes()
    answer = sending.post(PHOTOS, files={"file": ("photo.mp4", content, "video/mp4")})
    assert answer.status_code == 201
    image = sending.get(f"{PHOTOS}/{answer.json()['id']}/image")
    # What goes back to browsers was encoded here, whatever came in.
    assert image.headers["content-type"] == "image/jpeg"
    assert image.content[:2] == b"\xff\xd8"


def test_nothing_at_all(sending: TestClient) -> None:
    for path in (PHOTOS, "/api/v1/search"):
        assert sending.post(path).status_code == 422
        assert sending.post(
            path, content=b"x", headers={"Content-Type": "multipart/form-data; boundary=x"}
        ).status_code in {
            400,
            422,
        }
