from __future__ import annotations

import io
import shutil
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from app.conftest import CAMERAS, Clients
from reseen.library import Store


@pytest.fixture
def gate(app: FastAPI, store: Store, footage: Path) -> dict:
    """The source of Gate 1, in this test's own folder."""
    source = next(one for one in store.sources() if one.camera == CAMERAS[0])
    return {"id": source.id, "file": source.path, "duration": source.duration}


def test_a_video_that_browsers_play_is_served_as_it_is_in_parts(client: TestClient, store: Store, gate: dict) -> None:
    address = f"/api/v1/sources/{gate['id']}/video"
    whole = client.get(address)
    assert whole.status_code == 200
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    part = client.get(address, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert client.get(address, headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416
    # However often it is fetched in parts, it was looked at once.
    (entry,) = store.audit(action="view")
    assert '"camera": "Gate 1"' in entry.detail


def test_a_picture_of_a_time_is_the_one_shown_then(client: TestClient, gate: dict) -> None:
    answer = client.get(f"/api/v1/sources/{gate['id']}/frame", params={"time": 2.0, "width": 100})
    assert answer.headers["content-type"] == "image/jpeg"
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.width == 100
    bare = client.get(f"/api/v1/sources/{gate['id']}/frame", params={"time": 0.2, "width": 100})
    # Yellow is there from 1 to 4 s.
    difference = np.abs(np.asarray(picture, int) - np.asarray(Image.open(io.BytesIO(bare.content)), int))
    assert difference.max() > 100
    assert client.get(f"/api/v1/sources/{gate['id']}/frame", params={"time": -1}).status_code == 422


def test_tracks_say_where_everybody_is(client: TestClient, gate: dict) -> None:
    found = client.get(f"/api/v1/sources/{gate['id']}/tracks", params={"start": 0, "end": 10}).json()
    assert (found["start"], found["end"]) == (0, 10)
    assert len(found["tracks"]) >= 2
    assert not any(track["wanted"] for track in found["tracks"])
    first = min(track["times"][0] for track in found["tracks"])
    assert first == pytest.approx(1.0, abs=0.3)
    none = client.get(f"/api/v1/sources/{gate['id']}/tracks", params={"start": 8.5, "end": 9}).json()
    assert none["tracks"] == []
    assert client.get(f"/api/v1/sources/{gate['id']}/tracks", params={"start": 5, "end": 1}).status_code == 422


def test_what_is_gone_or_another_cameras_is_not_shown(clients: Clients, store: Store, gate: dict) -> None:
    yard = next(one.id for one in store.sources() if one.camera == CAMERAS[1])
    for what in ("video", "frame", "tracks"):
        assert clients.limited.get(f"/api/v1/sources/{yard}/{what}").status_code == 404
        assert clients.limited.get(f"/api/v1/sources/{gate['id']}/{what}").status_code == 200
        assert clients.viewer.get(f"/api/v1/sources/9999/{what}").status_code == 404


def test_a_video_that_browsers_do_not_play_is_copied_once(
    app: FastAPI, client: TestClient, store: Store, gate: dict, tmp_path: Path
) -> None:
    other = tmp_path / "gate.mkv"
    with av.open(str(gate["file"])) as source, av.open(str(other), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    playing = app.state.context.playing
    known = store.source(gate["id"])
    moved = replace(known, path=other, size=other.stat().st_size)
    copy = playing.file(moved, wait=120)
    assert copy == store.folder / "cache" / "playable" / f"{known.sha256}.mp4"
    with av.open(str(gate["file"])) as source, av.open(str(copy)) as made:
        assert made.streams.video[0].codec_context.name == "h264"
        assert [frame.time for frame in made.decode(video=0)] == pytest.approx(
            [frame.time for frame in source.decode(video=0)], abs=0.002
        )
    changed = copy.stat().st_ino
    assert playing.file(moved).stat().st_ino == changed
    shutil.copy(copy, copy.with_name(f"{'0' * 64}.mp4"))
    playing.tidy()
    assert [file.name for file in copy.parent.iterdir()] == [copy.name]
