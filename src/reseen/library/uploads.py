"""Files on their way from a browser: what has arrived is on the disk, and an upload goes on from there."""

from __future__ import annotations

import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reseen.library.durable import sync_file, sync_folder, wipe
from reseen.library.errors import LibraryError, UnknownRowError
from reseen.library.part import now
from reseen.library.tables import SourceRow
from reseen.library.tables_of_work import UploadRow
from reseen.library.wiping import WipingPart
from reseen.library.work_records import Upload

_LONGEST_NAME = 200
_WRITING = threading.Lock()


class UploadsPart(WipingPart):
    """Uploads; also a library opened for reading takes them."""

    @property
    def uploaded_footage(self) -> Path:
        """Where finished uploads lie; they belong to the library and go with their source."""
        return self.folder / "footage"

    def add_upload(self, name: str, size: int, who: str, sha256: str | None = None) -> Upload:
        """Begins an upload.

        Raises:
            LibraryError: The name is none, or the file would be empty.
        """
        if size < 1:
            raise LibraryError(f"{name}: an empty file holds no footage")
        with self._db.write() as session:
            row = UploadRow(
                id=secrets.token_urlsafe(16),
                name=plain_name(name),
                size=size,
                sha256=None if sha256 is None else sha256.lower(),
                who=who,
                created_at=now(),
            )
            session.add(row)
            session.flush()
            return self._upload(row)

    def upload(self, upload_id: str) -> Upload:
        """An upload, and how far it is.

        Raises:
            UnknownRowError: There is none.
        """
        with self._db.read() as session:
            return self._upload(self._upload_row(session, upload_id))

    def uploads(self) -> tuple[Upload, ...]:
        """All uploads that are not finished, oldest first."""
        with self._db.read() as session:
            return tuple(self._upload(row) for row in session.scalars(select(UploadRow).order_by(UploadRow.created_at)))

    def write_upload(self, upload_id: str, offset: int, content: bytes) -> Upload:
        """Appends a piece; what it returns as received is on the disk.

        A piece that (or whose beginning) is there already changes nothing.

        Raises:
            UnknownRowError: No such upload.
            LibraryError: The piece begins beyond what has arrived, or reaches beyond the file's size.
        """
        with _WRITING:
            one = self.upload(upload_id)
            if offset > one.received or offset < 0:
                raise LibraryError(f"{one.name}: {one.received} bytes have arrived: go on from there")
            if offset + len(content) > one.size:
                raise LibraryError(f"{one.name}: more arrives than the {one.size} bytes that were announced")
            one.path.parent.mkdir(exist_ok=True)
            fresh = content[one.received - offset :]
            with one.path.open("ab") as file:
                file.write(fresh)
                file.flush()
                os.fsync(file.fileno())
        return self.upload(upload_id)

    def finish_upload(self, upload_id: str) -> Path:
        """Gives a whole upload its name among the library's footage.

        Returns:
            Where it lies now.

        Raises:
            UnknownRowError: No such upload.
            LibraryError: Something is missing.
        """
        one = self.upload(upload_id)
        if one.received != one.size:
            raise LibraryError(f"{one.name}: only {one.received} of {one.size} bytes have arrived: go on from there")
        # A folder of its own: names need not be unique, and the user's name stays.
        target = self.uploaded_footage / upload_id / one.name
        target.parent.mkdir(parents=True, exist_ok=True)
        sync_file(one.path)
        one.path.replace(target)
        for folder in (target.parent, target.parent.parent, self.folder):
            sync_folder(folder)
        with self._db.write() as session:
            session.execute(delete(UploadRow).where(UploadRow.id == upload_id))
        return target

    def delete_upload(self, upload_id: str) -> None:
        """Breaks off an upload; what arrived is wiped.

        Raises:
            UnknownRowError: No such upload.
        """
        one = self.upload(upload_id)
        with self._db.write() as session:
            noted = self._note_unwiped(session, [one.path])
            session.execute(delete(UploadRow).where(UploadRow.id == upload_id))
        self._drop_notes(self._wipe_noted(noted)[0])

    def drop_uploaded(self, path: Path) -> None:
        """Wipes a file of uploaded footage; for one that no source needs."""
        if self.is_uploaded(path):
            wipe(path)
            with suppress(OSError):  # the folder is its own
                path.parent.rmdir()

    def needless_uploads(self) -> tuple[Path, ...]:
        """Files of uploaded footage that belong to no source (yet)."""
        with self._db.read() as session:
            known = set(session.scalars(select(SourceRow.path)))
        found = sorted(path for path in self.uploaded_footage.glob("*/*") if path.is_file())
        return tuple(path for path in found if str(path.absolute()) not in known and str(path.resolve()) not in known)

    def is_uploaded(self, path: Path) -> bool:
        """Whether a file of footage came by upload and so belongs to the library."""
        return self.uploaded_footage.resolve() in path.resolve().parents

    def _upload_row(self, session: Session, upload_id: str) -> UploadRow:
        row = session.get(UploadRow, upload_id)
        if row is None:
            raise UnknownRowError(f"{self.folder}: no such upload")
        return row

    def _upload(self, row: UploadRow) -> Upload:
        path = self.folder / "uploads" / row.id
        try:
            received = path.stat().st_size
        except FileNotFoundError:
            received = 0
        return Upload(row.id, row.name, row.size, row.sha256, row.who, row.created_at, received, path, row.job_id)


# What Windows cannot have in a name, and the names of its devices.
_FORBIDDEN = frozenset('<>:"/\\|?*')
_DEVICES = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{port}{i}" for port in ("COM", "LPT") for i in range(10))})


def plain_name(name: str) -> str:
    """A file name from a stranger as one that can lie in any folder on any system.

    Raises:
        LibraryError: Nothing is left of it.
    """
    last = PurePosixPath(PureWindowsPath(name).name).name
    kept = "".join("_" if c in _FORBIDDEN or not c.isprintable() else c for c in last).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    stem, ending = (stem, ending) if dot else (ending, "")
    if stem.upper() in _DEVICES:
        stem = f"_{stem}"
    room = _LONGEST_NAME - len((dot + ending).encode())
    while len(stem.encode()) > max(room, 1):
        stem = stem[:-1]
    if not stem:
        raise LibraryError("an uploaded file needs a name")
    return stem + dot + ending
