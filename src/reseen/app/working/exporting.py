"""What somebody chose is put together to be taken away: one ZIP file, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from reseen.api import Library
from reseen.app.working.work import Work
from reseen.errors import InputError
from reseen.library import JobProgress, Store, UnknownRowError
from reseen.reports import ClipSettings
from reseen.reports.clips import Eye
from reseen.reports.package import PackageSettings, write_package
from reseen.searching import Moment

Blur = Literal["others", "all but wanted", "none"]


@dataclass(frozen=True)
class ExportOrder:
    """What is to be put together: the arguments of a job.

    Attributes:
        export: The export in the library.
        moments: The moments, each with the fields of ``Moment``.
        clips: Whether the moments are cut out of the footage.
        blur: What is made unrecognisable in clips.
        padding: Seconds kept before and after each moment.
        photos: Hex SHA-256 of the query photos.
        threshold: The score from which a match was reported.
    """

    export: int
    moments: tuple[Mapping[str, Any], ...]
    clips: bool
    blur: Blur
    padding: float
    photos: tuple[str, ...]
    threshold: float

    def arguments(self) -> dict[str, object]:
        """As the arguments of a job."""
        return asdict(self)

    @staticmethod
    def of(arguments: Mapping[str, Any]) -> ExportOrder:
        """From the arguments of a job."""
        held = {**arguments, "moments": tuple(arguments["moments"]), "photos": tuple(arguments["photos"])}
        return ExportOrder(**held)


def moment_arguments(moment: Moment) -> dict[str, object]:
    """A moment as JSON-ready values."""
    wall = moment.wall_start
    return {**asdict(moment), "wall_start": None if wall is None else wall.isoformat()}


def prepared(store: Store, export_id: int) -> Path:
    """The folder in which the report and tables of an export wait for its clips."""
    return store.exports_folder / f"{export_id}.prepared"


def export(work: Work) -> str:
    """Put an export together; from the beginning where it was interrupted."""
    order = ExportOrder.of(cast("dict[str, Any]", work.job.arguments))
    store = work.store
    folder = prepared(store, order.export)
    target = store.exports_folder / f"{order.export}.part.zip"
    ended = True
    try:
        try:
            made = store.export_of(order.export)
        except UnknownRowError:
            raise InputError("it was deleted before it was made") from None
        if made.path is not None and made.path.exists():
            return _said(order)  # killed after the deed
        moments = [_moment(one) for one in order.moments]
        _still_there(store, moments)
        sha256 = write_package(
            store,
            moments,
            sorted(folder.iterdir()) if folder.is_dir() else [],
            target,
            _settings(order, work),
            eye=_eye(work, order),
            on_share=lambda share, words: _tell(work, share, words),
        )
        try:
            store.finish_export(order.export, target, sha256)
        except UnknownRowError:
            raise InputError("it was deleted before it was made") from None
        return _said(order)
    except BaseException as error:
        ended = getattr(error, "reason", "cancel") == "cancel"
        raise
    finally:
        target.unlink(missing_ok=True)
        if ended:
            shutil.rmtree(folder, ignore_errors=True)


def _settings(order: ExportOrder, work: Work) -> PackageSettings:
    blur = order.blur != "none"
    clips = ClipSettings(padding=order.padding, blur=blur, around=order.blur == "all but wanted")
    return PackageSettings(
        clips=clips if order.clips else None,
        asked={"clips": order.clips, "blur": order.blur, "padding": order.padding},
        photos=order.photos,
        threshold=order.threshold,
        who=work.job.who,
    )


def _eye(work: Work, order: ExportOrder) -> Eye | None:
    """What looks at every picture of a blurred clip."""
    if not order.clips or order.blur == "none":
        return None
    settings = work.settings
    with Library(settings.library, session=settings.session, create=False) as library:
        return library.second_look


def _tell(work: Work, share: float, words: str) -> None:
    work.report(JobProgress(min(share, 1.0), current=words))
    work.check()


def _moment(held: Mapping[str, Any]) -> Moment:
    wall = held["wall_start"]
    return Moment(
        **{
            **held,
            "wall_start": None if wall is None else datetime.fromisoformat(wall),
            "best_box": tuple(held["best_box"]),
            "tracklets": tuple(held["tracklets"]),
        }
    )


def _still_there(store: Store, moments: list[Moment]) -> None:
    """Whoever was removed or forgotten meanwhile is not exported.

    Raises:
        InputError: Somebody was.
    """
    there = store.tracklet_ids()
    wanted = np.array(sorted({number for moment in moments for number in moment.tracklets}), np.int64)
    if not np.isin(wanted, there).all():
        raise InputError("somebody in it was removed from the library meanwhile: search again and choose anew")


def _said(order: ExportOrder) -> str:
    count = len(order.moments)
    return f"{count} moment{'' if count == 1 else 's'} put together"
