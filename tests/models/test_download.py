from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reseen.errors import InputError
from reseen.models import ModelFile, ModelVersion
from reseen.models.download import DownloadSettings, download_version

BODY = bytes(range(256)) * 4000
QUICK = DownloadSettings(attempts=4, pause=0.0, timeout=5.0)


class Server(http.server.ThreadingHTTPServer):
    """A file server with faults."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = BODY
        self.ranges = True
        self.cuts: list[int] = []
        self.statuses: list[int] = []
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/net.onnx"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.asked.append(wanted)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if status != 200:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.server.ranges else 0
        if start >= len(self.server.body):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = self.server.body[start:]
        self.send_response(206 if start else 200)
        if start:
            size = len(self.server.body)
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.server.cuts:
            body = body[: self.server.cuts.pop(0)]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def version(url: str, body: bytes | None = BODY, **changes: object) -> ModelVersion:
    known: dict = {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()} if body is not None else {}
    return ModelVersion(files=(ModelFile(**({"name": "net.onnx", "url": url} | known | changes)),))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_file_arrives_whole(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    download_version(version(server.url), tmp_path / "new", lambda *now: seen.append(now), QUICK)
    assert (tmp_path / "new" / "net.onnx").read_bytes() == BODY
    assert names(tmp_path / "new") == ["net.onnx"]
    assert seen[-1] == ("net.onnx", len(BODY), len(BODY))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_a_cut_connection_is_continued(server: Server, tmp_path: Path) -> None:
    server.cuts = [300_000, 200_000]
    download_version(version(server.url), tmp_path, None, QUICK)
    assert (tmp_path / "net.onnx").read_bytes() == BODY
    assert server.asked == [None, "bytes=300000-", "bytes=500000-"]


def test_an_interrupted_download_resumes_in_the_next_run(server: Server, tmp_path: Path) -> None:
    server.cuts = [300_000]
    once = DownloadSettings(attempts=1, pause=0.0, timeout=5.0)
    with pytest.raises(InputError, match="goes on where it stopped"):
        download_version(version(server.url), tmp_path, None, once)
    assert not (tmp_path / "net.onnx").exists()
    (part,) = names(tmp_path)
    assert part.endswith(".part")
    download_version(version(server.url), tmp_path, None, once)
    assert (tmp_path / "net.onnx").read_bytes() == BODY
    assert server.asked == [None, "bytes=300000-"]
    assert names(tmp_path) == ["net.onnx"]


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.cuts, server.ranges = [300_000], False
    download_version(version(server.url), tmp_path, None, QUICK)
    assert (tmp_path / "net.onnx").read_bytes() == BODY


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.statuses = [503, 429]
    download_version(version(server.url), tmp_path, None, QUICK)
    assert len(server.asked) == 3


def test_a_wrong_checksum_keeps_nothing(server: Server, tmp_path: Path) -> None:
    server.body = BODY[:-1] + b"!"
    with pytest.raises(InputError, match=r"sha256 is .* instead of .*nothing was kept"):
        download_version(version(server.url), tmp_path, None, QUICK)
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["sha256", "sha384"])
def test_either_checksum_is_checked(server: Server, tmp_path: Path, name: str) -> None:
    right = hashlib.new(name, BODY).hexdigest()
    download_version(version(server.url, None, **{name: right}), tmp_path / "a", None, QUICK)
    with pytest.raises(InputError, match=name):
        download_version(version(server.url, None, **{name: "0" * len(right)}), tmp_path / "b", None, QUICK)


@pytest.mark.parametrize("body", [BODY + b"more", BODY[:-7]])
def test_a_wrong_size_keeps_nothing_under_the_name(server: Server, tmp_path: Path, body: bytes) -> None:
    server.body = body
    with pytest.raises(InputError):
        download_version(version(server.url), tmp_path, None, QUICK)
    assert not (tmp_path / "net.onnx").exists()


def test_an_endless_file_of_unknown_size_is_stopped(server: Server, tmp_path: Path) -> None:
    tight = DownloadSettings(attempts=1, pause=0.0, largest=1000)
    with pytest.raises(InputError, match="more than 1000 bytes"):
        download_version(version(server.url, None), tmp_path, None, tight)


def test_a_file_of_unknown_size_and_checksum_arrives(server: Server, tmp_path: Path) -> None:
    server.cuts = [1000]
    download_version(version(server.url, None), tmp_path, None, QUICK)
    assert (tmp_path / "net.onnx").read_bytes() == BODY


def test_not_found_is_said_at_once(server: Server, tmp_path: Path) -> None:
    server.statuses = [404]
    with pytest.raises(InputError, match="answered 404"):
        download_version(version(server.url), tmp_path, None, QUICK)
    assert len(server.asked) == 1


def test_no_network_is_one_plain_line(server: Server, tmp_path: Path) -> None:
    url = server.url
    server.server_close()
    with pytest.raises(InputError) as caught:
        download_version(version(url), tmp_path, None, DownloadSettings(attempts=2, pause=0.0, timeout=1.0))
    message = str(caught.value)
    assert message.startswith("download of net.onnx: no answer from 127.0.0.1")
    assert str(tmp_path) in message
    assert "\n" not in message


def test_a_part_of_another_version_is_not_continued(server: Server, tmp_path: Path) -> None:
    (tmp_path / "net.onnx.000000000000.part").write_bytes(b"x" * 1000)
    download_version(version(server.url), tmp_path, None, QUICK)
    assert server.asked == [None]


def test_a_spoilt_part_is_thrown_away_in_the_end(server: Server, tmp_path: Path) -> None:
    digest = hashlib.sha256(BODY).hexdigest()
    (tmp_path / f"net.onnx.{digest[:12]}.part").write_bytes(b"x" * 1000)
    with pytest.raises(InputError, match="nothing was kept"):
        download_version(version(server.url), tmp_path, None, QUICK)
    download_version(version(server.url), tmp_path, None, QUICK)
    assert (tmp_path / "net.onnx").read_bytes() == BODY


def test_what_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(BODY)
    download_version(version(server.url), tmp_path, None, QUICK)
    assert server.asked == []


def test_a_folder_that_cannot_be_made_is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        download_version(version(server.url), tmp_path / "file" / "folder", None, QUICK)
