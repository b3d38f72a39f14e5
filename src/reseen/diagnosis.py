"""What works on this machine: decoders, providers, models, disk."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Check:
    """One thing that was tried.

    Attributes:
        what: What was tried.
        good: Whether it works.
        words: What was found, or what to do.
        needed: Whether Reseen cannot do its main job without it.
    """

    what: str
    good: bool
    words: str
    needed: bool = True


def diagnose(cache: Path | None = None) -> tuple[Check, ...]:
    """Try everything.

    Args:
        cache: The folder of the cache of ``reseen find``; the usual one when not given.
    """
    cache = cache or platformdirs.user_cache_path("reseen", appauthor=False)
    return (_python(), *_decoders(), *_providers(), *_models(), _disk(cache), *_extras())


def _python() -> Check:
    good = sys.version_info >= (3, 11)
    words = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Check("Python", good, words if good else f"{words}; Reseen needs 3.11 or newer")


def _decoders() -> list[Check]:
    import av

    found: list[Check] = []
    for name, needed in (("h264", True), ("hevc", False), ("vp9", False), ("av1", False), ("mjpeg", False)):
        try:
            av.Codec(name, "r")
            found.append(Check(f"decoder {name}", True, f"PyAV {av.__version__}", needed))
        except (ValueError, av.FFmpegError):
            found.append(Check(f"decoder {name}", False, "this build of PyAV has none", needed))
    return found


def _providers() -> list[Check]:
    from reseen.runtime import providers

    return [
        Check(f"provider {item.name}", item.available, f"{item.runtime} {item.note}".strip(), item.name == "cpu")
        for item in providers()
    ]


def _models() -> list[Check]:
    from reseen.errors import ReseenError
    from reseen.models import Catalogue

    catalogue = Catalogue.load()
    try:
        detector, embedder = catalogue.best_pair()
    except ReseenError as error:
        return [Check("models", False, str(error))]
    here = [card.name for card in catalogue.cards() if catalogue.present(card.name)]
    return [
        Check("models", True, f"{len(here)} here: {', '.join(here)}"),
        Check("default pair", True, f"{detector} and {embedder}"),
    ]


def _disk(cache: Path) -> Check:
    existing = next(parent for parent in (cache.absolute(), *cache.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    words = f"{free / 1e9:.1f} GB free for the cache of reseen find ({cache}; reseen cache --empty empties it)"
    return Check("disk", free > 1e9, words)


def _extras() -> list[Check]:
    extras = (
        ("openvino", "openvino", "runs the Open Model Zoo networks"),
        ("torch", "training", "trains networks"),
    )
    return [
        Check(
            f"extra {extra}", importlib.util.find_spec(module) is not None,
            f'{words}; pip install "reseen[{extra}]"', needed=False,
        )
        for module, extra, words in extras
    ]  # fmt: skip
