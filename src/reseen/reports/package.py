"""What is taken away, as one file: clips, tables and report in a ZIP that says what it is and where it is from."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reseen.library import Store
from reseen.media import content_hash
from reseen.reports.clips import ClipSettings, Eye, WrittenClip, write_clips
from reseen.reports.document import iso, moment_document
from reseen.reports.provenance import provenance
from reseen.reports.whole import whole
from reseen.searching import Moment

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
NOTICE = "Visual similarity, not identity."

OnShare = Callable[[float, str], None]
_PACKED = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".ts", ".jpg", ".jpeg", ".png"})


@dataclass(frozen=True)
class PackageSettings:
    """What goes into a package.

    Attributes:
        clips: How the moments become clips; None leaves clips out.
        asked: What was asked for, to be written down with it, by name.
        photos: Hex SHA-256 of the query photos.
        threshold: The score from which a match was reported.
        who: Who asked for it.
    """

    clips: ClipSettings | None = field(default_factory=ClipSettings)
    asked: Mapping[str, object] = field(default_factory=dict)
    photos: tuple[str, ...] = ()
    threshold: float | None = None
    who: str = ""


@dataclass(frozen=True)
class _Entry:
    """A file of the package: its name, and hex SHA-256 of the footage it was made from, if it was."""

    file: Path
    name: str
    source: str | None = None


def write_package(
    store: Store,
    moments: Sequence[Moment],
    extras: Sequence[Path],
    path: Path,
    settings: PackageSettings,
    *,
    eye: Eye | None = None,
    on_share: OnShare | None = None,
) -> str:
    """Put everything into one ZIP file, whole or not at all.

    Beside the files are ``manifest.json`` (moments, sources, models, versions, settings; of each file its size and
    SHA-256 and that of its source) and ``SHA256SUMS``, which ``sha256sum -c`` checks.

    Args:
        store: The library that was searched.
        moments: The moments, in the order of their numbers.
        extras: Further files (report, tables) that go in as they are.
        path: The ZIP file; a folder beside it holds the clips meanwhile and is gone afterwards.
        settings: What goes in.
        eye: See ``write_clips``.
        on_share: Called now and then with the share that is done and what is being done; may raise, which leaves
            nothing behind.

    Returns:
        Hex SHA-256 of the file.

    Raises:
        InputError: It cannot be written there.
    """
    tell = on_share or (lambda share, words: None)
    folder = path.with_name(f"{path.name}.clips")
    try:
        clips = list(_clips(store, moments, folder, settings, eye, tell))
        entries = [_Entry(file, file.name) for file in extras]
        hashes = {moment.source_id: store.source(moment.source_id).sha256 for moment in moments}
        entries += [
            _Entry(clip.path, f"clips/{clip.path.name}", hashes[clip.moment.source_id]) for clip in clips if clip.path
        ]
        tell(0.97, "putting it into one file")
        with whole(path) as temporary:
            _zip(store, temporary, entries, clips, moments, settings, tell)
        return content_hash(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clips(
    store: Store, moments: Sequence[Moment], folder: Path, settings: PackageSettings, eye: Eye | None, tell: OnShare
) -> Iterator[WrittenClip]:
    if settings.clips is None or not moments:
        return
    total = len(moments)
    done = 0

    def on_picture(share: float) -> None:
        tell(0.95 * (done + share) / total, f"clip {done + 1} of {total}")

    tell(0.0, f"clip 1 of {total}")
    for clip in write_clips(store, moments, folder, settings.clips, eye=eye, on_picture=on_picture, told=True):
        done += 1
        tell(0.95 * done / total, f"clip {min(done + 1, total)} of {total}")
        yield clip


def _zip(
    store: Store,
    file: Path,
    entries: Sequence[_Entry],
    clips: Sequence[WrittenClip],
    moments: Sequence[Moment],
    settings: PackageSettings,
    tell: OnShare,
) -> None:
    sums = [(entry, content_hash(entry.file), entry.file.stat().st_size) for entry in entries]
    manifest = _manifest(store, sums, clips, moments, settings)
    lines = [(entry.name, sha256) for entry, sha256, _ in sums]
    lines.append((MANIFEST, hashlib.sha256(manifest).hexdigest()))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (entry, _, _) in enumerate(sums):
            tell(0.97 + 0.03 * number / len(sums), "putting it into one file")
            # What is packed already is only stored.
            stored = entry.file.suffix.lower() in _PACKED
            archive.write(entry.file, entry.name, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
        archive.writestr(MANIFEST, manifest)
        archive.writestr(SUMS, "".join(f"{sha256}  {name}\n" for name, sha256 in lines))


def _manifest(
    store: Store,
    sums: Sequence[tuple[_Entry, str, int]],
    clips: Sequence[WrittenClip],
    moments: Sequence[Moment],
    settings: PackageSettings,
) -> bytes:
    made = provenance(store)
    of_moment = {id(clip.moment): clip for clip in clips}
    sources = {moment.source_id: store.source(moment.source_id) for moment in moments}
    content = {
        "notice": NOTICE,
        "made_at": iso(datetime.now(UTC)),
        "made_by": settings.who,
        "asked": dict(settings.asked),
        "query": {"photos_sha256": list(settings.photos), "threshold": settings.threshold},
        "moments": [
            {
                "number": number,
                **moment_document(moment),
                "source_sha256": sources[moment.source_id].sha256,
                "verdict": moment.verdict,
                "clip": _clip_name(of_moment.get(id(moment))),
                "note": of_moment[id(moment)].note if id(moment) in of_moment else None,
            }
            for number, moment in enumerate(moments, 1)
        ],
        "sources": [
            {"source": source.shown, "camera": source.camera, "sha256": source.sha256, "bytes": source.size}
            for source in sources.values()
        ],
        "files": [
            {"name": entry.name, "bytes": size, "sha256": sha256, "source_sha256": entry.source}
            for entry, sha256, size in sums
        ],
        "models": [{"task": model.task, "name": model.name, "sha256": model.sha256} for model in made.models],
        "versions": dict(made.versions),
        "settings": dict(made.settings),
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _clip_name(clip: WrittenClip | None) -> str | None:
    return None if clip is None or clip.path is None else f"clips/{clip.path.name}"
