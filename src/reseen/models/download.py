"""Downloads that resume, are verified, and never leave half a file under the real name (httpx, tenacity)."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import tenacity
from filelock import FileLock

from reseen.errors import InputError
from reseen.models.card import ModelFile, ModelVersion
from reseen.models.checksums import Digests, digest_file

Progress = Callable[[str, int, int | None], None]
# Sizes and ranges are those of the file, so nothing may be compressed on the way.
HEADERS = {"User-Agent": "reseen", "Accept-Encoding": "identity"}
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class DownloadSettings:
    """How patient a download is.

    Attributes:
        attempts: Tries of one file before giving up.
        pause: Seconds before the second try; doubled each time, at most half a minute.
        timeout: Seconds without a byte after which a try has failed.
        largest: Bytes that a file of unknown size may have.
    """

    attempts: int = 5
    pause: float = 1.0
    timeout: float = 30.0
    largest: int = 2 << 30


class TryError(Exception):
    """A try failed in a way that another may not."""


def download_version(
    version: ModelVersion,
    folder: Path,
    progress: Progress | None = None,
    settings: DownloadSettings | None = None,
) -> None:
    """Fetch all files of a version into a folder; files already there and right are kept.

    Args:
        version: What to fetch; every file has an address.
        folder: Where to; made when needed.
        progress: Called with the file's name, bytes so far and bytes in all if known.
        settings: Patience.

    Raises:
        InputError: No connection, the server says no, wrong size or checksum, or the disk does.
    """
    chosen = settings or DownloadSettings()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # One process at a time: two would write into the same part.
        with FileLock(folder / ".download.lock"), _client(chosen) as client:
            for file in version.files:
                _fetch(client, file, folder, progress, chosen)
    except OSError as error:
        raise InputError(f"models folder {folder}: cannot be written ({error.strerror or error})") from error


def _client(settings: DownloadSettings) -> httpx.Client:
    return httpx.Client(follow_redirects=True, timeout=settings.timeout, headers=HEADERS)


def _fetch(
    client: httpx.Client, file: ModelFile, folder: Path, progress: Progress | None, settings: DownloadSettings
) -> None:
    target = folder / file.name
    if target.is_file() and file.pinned and _problem(file, target) is None:
        return
    # The name holds the checksum, so that the part of an older version is never continued.
    identity = file.sha256 or file.sha384 or hashlib.sha256(str(file.url).encode()).hexdigest()
    part = folder / f"{file.name}.{identity[:12]}.part"
    retrying = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(settings.attempts),
        wait=tenacity.wait_exponential(multiplier=settings.pause, max=30.0),
        retry=tenacity.retry_if_exception_type((TryError, httpx.TransportError)),
        reraise=True,
    )
    try:
        retrying(_receive, client, file, part, progress, settings)
    except (TryError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise InputError(_no_connection(file, folder, error)) from error
    problem = _problem(file, part)
    if problem is not None:
        part.unlink(missing_ok=True)
        raise InputError(f"download of {file.name}: {problem}; nothing was kept, try again or report it")
    _settle(part, target)


def _receive(
    client: httpx.Client, file: ModelFile, part: Path, progress: Progress | None, settings: DownloadSettings
) -> None:
    """One try: continue the part where it ends."""
    have = part.stat().st_size if part.exists() else 0
    if file.size is not None and have >= file.size:
        if have == file.size:
            return
        part.unlink()
        have = 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with client.stream("GET", str(file.url), headers=headers) as answer:
        if answer.status_code in BUSY:
            raise TryError(f"the server answered {answer.status_code}")
        if answer.status_code == 416:
            part.unlink(missing_ok=True)
            raise TryError("the server cannot continue the part")
        if answer.status_code not in (200, 206):
            raise InputError(
                f"download of {file.name}: {_host(file)} answered {answer.status_code}"
                f" {answer.reason_phrase}; the address may have moved ({file.url})"
            )
        start = _start(answer, have)
        _store(answer, part, start, file=file, progress=progress, settings=settings)


def _store(
    answer: httpx.Response,
    part: Path,
    start: int,
    *,
    file: ModelFile,
    progress: Progress | None,
    settings: DownloadSettings,
) -> None:
    total = file.size if file.size is not None else _announced(answer, start)
    limit = file.size if file.size is not None else settings.largest
    done = start
    with part.open("r+b" if start else "wb") as stream:
        stream.seek(start)
        stream.truncate()
        for block in answer.iter_bytes():
            done += len(block)
            if done > limit:
                stream.truncate(0)
                raise InputError(f"download of {file.name}: the server sends more than {limit} bytes; stopped")
            stream.write(block)
            if progress is not None:
                progress(file.name, done, total)
        stream.flush()
        os.fsync(stream.fileno())
    if total is not None and done < total:
        raise TryError(f"the connection ended after {done} of {total} bytes")


def _start(answer: httpx.Response, have: int) -> int:
    """Where the answer's bytes belong; a server that ignores the range starts over."""
    if answer.status_code == 200:
        return 0
    match = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    if match is None or int(match.group(1)) != have:
        raise TryError("the server sent another range than asked for")
    return have


def _announced(answer: httpx.Response, start: int) -> int | None:
    length = answer.headers.get("Content-Length", "")
    encoded = answer.headers.get("Content-Encoding", "identity") != "identity"
    return start + int(length) if length.isdigit() and not encoded else None


def _problem(file: ModelFile, path: Path) -> str | None:
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        return f"{size} bytes instead of {file.size}"
    found: Digests = digest_file(path)
    for name in ("sha256", "sha384"):
        wanted = getattr(file, name)
        if wanted is not None and wanted != getattr(found, name):
            return f"{name} is {getattr(found, name)[:16]}... instead of {wanted[:16]}..."
    return None


def _settle(part: Path, target: Path) -> None:
    part.replace(target)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _host(file: ModelFile) -> str:
    return urlsplit(str(file.url)).hostname or str(file.url)


def _no_connection(file: ModelFile, folder: Path, error: Exception) -> str:
    reason = str(error).replace("\n", " ") or type(error).__name__
    return (
        f"download of {file.name}: no answer from {_host(file)} ({reason}); without a network, copy the"
        f" file to {folder} from elsewhere; with one, run the same command again: it goes on where it stopped"
    )
