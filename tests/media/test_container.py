"""Only files are opened, and only what is in them."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from reseen.media import MediaError, probe, read_photo
from reseen.media.container import file_url, open_video

Record = Callable[..., Path]


def reason(path: str | Path) -> str:
    with pytest.raises(MediaError) as caught:
        probe(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert caught.value.exit_status == 1
    return caught.value.reason


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{target}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{target}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>{target}</BaseURL></MPD>',
        '<asx version="3.0"><entry><ref href="{target}"/></entry></asx>',
        "[playlist]\nFile1={target}\n",
        "\x1b[31mhello\n",
    ],
    ids=["hls", "concat", "sdp", "dash", "asx", "pls", "text art"],
)
@pytest.mark.parametrize("ending", [".mp4", ".m3u8", ".txt"])
def test_no_list_leads_to_other_files_or_machines(text: str, ending: str, record: Record, tmp_path: Path) -> None:
    secret = record("secret.mp4", 5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        port = server.getsockname()[1]
        for target in (str(secret), secret.name, secret.as_uri(), f"http://127.0.0.1:{port}/a.ts"):
            path = tmp_path / f"list{ending}"
            path.write_text(text.format(target=target, port=port), "utf-8")
            assert reason(path) == "neither a video nor a picture that can be read here"
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "name",
    [
        "http://127.0.0.1:9/a.mp4",
        "rtsp://127.0.0.1/a",
        "concat:a.mp4|b.mp4",
        "lavfi:testsrc",
        "pipe:0",
        "-",
        "%03d.mp4",
    ],
)
def test_no_name_is_an_address(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert reason(name) == "no such file"


@pytest.mark.parametrize(
    "name", ["-i.mp4", "concat:a.mp4", "%03d.mp4", "a b'#&.mp4", "видео.mp4", "no-ending", "a?.mp4"]
)
def test_any_name_of_a_file_is_read(name: str, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record("a.mp4", 5).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert probe(name).frames == 5


def test_the_url_is_that_of_a_file() -> None:
    assert file_url("a.mp4") == f"file:{Path.cwd() / 'a.mp4'}"


def test_plain_words_for_what_is_no_file(tmp_path: Path) -> None:
    assert reason(tmp_path / "none.mp4") == "no such file"
    assert reason(tmp_path) == "this is a folder, not a file"
    (tmp_path / "empty.mp4").touch()
    assert reason(tmp_path / "empty.mp4") == "the file is empty (0 bytes)"
    assert "cannot be read" in reason("a\0b") or reason("a\0b") == "no such file"
    os.mkfifo(tmp_path / "pipe.mp4")
    assert reason(tmp_path / "pipe.mp4") == "not a plain file"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"x")
    path.chmod(0)
    assert "permission denied" in reason(path)


def test_a_recording_without_its_index_is_called_incomplete(record: Record, tmp_path: Path) -> None:
    data = record("a.mp4", 50).read_bytes()
    path = tmp_path / "b.mp4"
    path.write_bytes(data[: data.index(b"moov") - 4])
    assert "incomplete" in reason(path)


def test_a_video_is_no_photo(record: Record) -> None:
    with pytest.raises(MediaError, match="a video, not a photo"):
        read_photo(record("a.mp4", 5))


def test_threads_are_set(record: Record) -> None:
    container, stream = open_video(record("a.mp4", 5), threads=2)
    with container:
        assert stream.codec_context.thread_count == 2
