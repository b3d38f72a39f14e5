"""Weights by name, from a hub where one can be reached."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import httpx
import platformdirs

from reseen.errors import InputError, UsageError

HUB = "https://huggingface.co"
OPENAI = "https://openaipublic.azureedge.net/clip/models"
HUB_PREFIX = "hf:"
CHUNK = 1 << 20
TIMEOUT = httpx.Timeout(30.0, connect=10.0)


@dataclass(frozen=True)
class PublishedWeights:
    """A file of weights at a known place.

    Attributes:
        url: Where it lies.
        sha256: Of its bytes.
        terms: Licence.
    """

    url: str
    sha256: str
    terms: str


def _openai(sha256: str, name: str) -> PublishedWeights:
    return PublishedWeights(f"{OPENAI}/{sha256}/{name}", sha256, "MIT")


KNOWN_WEIGHTS = {
    "ViT-B-16": _openai("5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f", "ViT-B-16.pt"),
    "ViT-B-32": _openai("40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af", "ViT-B-32.pt"),
    "ViT-L-14": _openai("b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836", "ViT-L-14.pt"),
    "RN50": _openai("afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762", "RN50.pt"),
}


def find_weights(source: str, folder: Path | None = None, client: httpx.Client | None = None) -> Path:
    """Gives the file for a path or a name, downloading a name that is not there yet.

    Args:
        source: A path; a name of `KNOWN_WEIGHTS`; or ``hf:OWNER/MODEL`` or ``hf:OWNER/MODEL/FILE`` on the hub
            (``model.safetensors`` where no file is named).
        folder: Where downloads are kept; None takes the user's cache.
        client: To download with.

    Raises:
        UsageError: It is neither a file nor a known name.
        InputError: The download failed, or the file is not the published one.
    """
    if Path(source).is_file():
        return Path(source)
    folder = folder or platformdirs.user_cache_path("reseen") / "weights"
    if source in KNOWN_WEIGHTS:
        known = KNOWN_WEIGHTS[source]
        url, sha256 = known.url, known.sha256
        target = folder / url.rsplit("/", 1)[1]
    elif source.startswith(HUB_PREFIX):
        owner, model, file = _hub_parts(source)
        url, sha256 = f"{HUB}/{owner}/{model}/resolve/main/{file}", ""
        target = folder / f"{owner}--{model}--{file.replace('/', '--')}"
    else:
        names = ", ".join([*KNOWN_WEIGHTS, f"{HUB_PREFIX}OWNER/MODEL"])
        raise UsageError(f"weights '{source}': no such file, and none of the names {names}")
    if not target.is_file():
        _download(url, sha256, target, client)
    return target


def _hub_parts(source: str) -> tuple[str, str, str]:
    parts = source.removeprefix(HUB_PREFIX).split("/", 2)
    if len(parts) < 2 or not all(parts) or ".." in source:
        raise UsageError(f"weights '{source}': write {HUB_PREFIX}OWNER/MODEL or {HUB_PREFIX}OWNER/MODEL/FILE")
    return parts[0], parts[1], parts[2] if len(parts) == 3 else "model.safetensors"


def _download(url: str, sha256: str, target: Path, client: httpx.Client | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    digest = hashlib.sha256()
    own_client = client is None
    client = client or httpx.Client(follow_redirects=True, timeout=TIMEOUT)
    try:
        with os.fdopen(handle, "wb") as file, client.stream("GET", url) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes(CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if sha256 and digest.hexdigest() != sha256:
            raise InputError(f"{url}: what came is not the published file (its sha256 differs); try again")
        Path(name).replace(target)
    except (httpx.HTTPError, OSError) as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{url}: could not be downloaded ({reason}); fetch it elsewhere and name the file") from None
    finally:
        Path(name).unlink(missing_ok=True)
        if own_client:
            client.close()
