"""Another embedder for a library: every stored shot embedded anew, then one switch."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, func, insert, select, text, update

from reseen.library.codec import check_vectors, pack_vectors
from reseen.library.errors import LibraryError
from reseen.library.hiding import renew_marks
from reseen.library.models_used import models_of, refuse_other_detector, set_models
from reseen.library.part import Part
from reseen.library.records import ModelsUsed
from reseen.library.tables import LibraryRow, ShotRow, StagedVectorRow

_PICTURE_BYTES = """
    UPDATE segments SET picture_bytes = coalesce((
        SELECT sum(shots.size) FROM shots JOIN tracklets ON shots.tracklet_id = tracklets.id
        WHERE tracklets.segment_id = segments.id
    ), 0)
"""


class ReembeddingPart(Part):
    """The switch to another embedder."""

    def replace_embedder(
        self,
        models: ModelsUsed,
        batches: Iterable[tuple[NDArray[np.int64], NDArray[np.float32]]],
        *,
        drop_missing: bool = False,
    ) -> int:
        """Replaces all embeddings by those of another embedder; no footage is decoded (see ``shot_batches``).

        The new embeddings wait beside the old ones until all are there; a crash before the switch leaves the
        library as it was. Searches go on meanwhile, with the old ones.

        Args:
            models: The new embedder, with the detector as it is.
            batches: Shot ids ``(B,)`` int64 and their new embeddings ``(B, dim)`` float32 unit rows.
            drop_missing: Delete the shots that no batch held (their pictures are lost) instead of refusing.

        Returns:
            How many shots have new embeddings.

        Raises:
            LibraryError: Shots are missing from the batches.
            ModelsDifferError: The detector is another one.
        """
        self._need_writer()
        with self._db.write() as session:
            refuse_other_detector(models_of(session), models, self.folder)
            session.execute(delete(StagedVectorRow))
        for ids, vectors in batches:
            self._stage(ids, vectors, models.dim)
        staged = select(StagedVectorRow.shot_id)
        left_out = ShotRow.id.not_in(staged)
        with self._db.write() as session:
            missing = session.execute(select(func.count()).select_from(ShotRow).where(left_out)).scalar_one()
            if missing and not drop_missing:
                raise LibraryError(
                    f"{self.folder}: {missing} shots have no new embedding (is a picture missing?): nothing "
                    "was changed; run 'reseen library verify'"
                )
            if missing:
                session.execute(delete(ShotRow).where(left_out))
                session.execute(text(_PICTURE_BYTES))
            session.execute(
                text("UPDATE shots SET vector = (SELECT vector FROM staged_vectors WHERE shot_id = shots.id)")
            )
            session.execute(delete(StagedVectorRow))
            set_models(session, models)
            session.flush()
            renew_marks(session)
            session.execute(update(LibraryRow).values(epoch=LibraryRow.epoch + 1))
            count = session.execute(select(func.count()).select_from(ShotRow)).scalar_one()
        self._index.forget()
        self._index.files.discard()
        with self._db.read() as session:
            self._index.save(session)
        return count

    def _stage(self, ids: NDArray[np.int64], vectors: NDArray[np.float32], dim: int) -> None:
        check_vectors(vectors, len(ids), dim)
        rows = [{"shot_id": int(i), "vector": blob} for i, blob in zip(ids, pack_vectors(vectors), strict=True)]
        if rows:
            with self._db.write() as session:
                session.execute(insert(StagedVectorRow), rows)
