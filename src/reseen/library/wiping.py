"""Files whose rows are deleted: noted in that transaction, so that being killed before they are wiped loses none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from reseen.library.durable import wipe
from reseen.library.part import Part, in_chunks
from reseen.library.tables_of_work import UnwipedRow


class WipingPart(Part):
    """Files to be wiped; also a library opened for reading wipes what it deletes."""

    def _note_unwiped(self, session: Session, paths: Iterable[Path]) -> list[str]:
        """Notes files to be wiped once their rows are gone; gives the names they are noted by."""
        names = [path.resolve().relative_to(self.folder.resolve()).as_posix() for path in paths]
        for name in names:
            session.merge(UnwipedRow(file=name))
        return names

    def _wipe_noted(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Wipes files that were noted: the names of those that are gone, and in words why the others are not."""
        done: list[str] = []
        left: list[str] = []
        for name in names:
            path = self.folder / name
            said = wipe_quietly([path])
            left.extend(said)
            if not said:
                done.append(name)
                if len(Path(name).parts) == 3:  # a folder of its own: of an upload, or of what an export is made of
                    with suppress(OSError):
                        path.parent.rmdir()
        return done, left

    def _drop_notes(self, names: Sequence[str]) -> None:
        with self._db.write() as session:
            for some in in_chunks(names):
                session.execute(delete(UnwipedRow).where(UnwipedRow.file.in_(some)))


def wipe_quietly(paths: Iterable[Path]) -> tuple[str, ...]:
    """Wipes files; gives those back, in words, that somebody has open (Windows)."""
    left = []
    for path in paths:
        try:
            wipe(path)
        except PermissionError:
            left.append(f"{path} is open in another program: it is deleted when the library is next opened to write")
    return tuple(left)
