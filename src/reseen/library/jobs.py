"""Jobs: what is to be done by the workers, taken up one at a time, with heartbeats.

Also a library opened for reading adds and steers jobs: they are requests, and the worker that carries one out
holds the right to write.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, cast

import psutil
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reseen.library.errors import LibraryError
from reseen.library.part import Part, now
from reseen.library.tables_of_work import JobRow
from reseen.library.work_records import ENDED, Asked, Job, JobProgress, JobState, Wish

DEAD_AFTER = timedelta(seconds=10)
"""A worker that says nothing for so long is taken for dead."""

_DEATHS_WITHOUT_PROGRESS = 20


class JobsPart(Part):
    """The table of jobs."""

    def add_job(
        self,
        kind: str,
        arguments: Mapping[str, object],
        *,
        who: str,
        lane: str,
        priority: int = 0,
        title: str = "",
    ) -> Job:
        """Adds a job; it is safe on the disk when this returns."""
        with self._db.write() as session:
            row = JobRow(
                kind=kind,
                lane=lane,
                state="waiting",
                priority=priority,
                title=title or kind,
                arguments=json.dumps(arguments, default=str),
                progress=json.dumps(asdict(JobProgress())),
                message="",
                asked="",
                who=who,
                created_at=now(),
                attempts=0,
                deaths=0,
                changed=_next(session),
            )
            session.add(row)
            session.flush()
            return _job(row)

    def job(self, job_id: int) -> Job:
        """A job by its id.

        Raises:
            UnknownRowError: There is none.
        """
        with self._db.read() as session:
            return _job(self._job_row(session, job_id))

    def jobs(
        self, states: Sequence[JobState] | None = None, before: int | None = None, limit: int = 50
    ) -> tuple[Job, ...]:
        """Jobs, newest first; ``before`` an id, only in some states."""
        wanted = select(JobRow).order_by(JobRow.id.desc()).limit(limit)
        if states is not None:
            wanted = wanted.where(JobRow.state.in_(states))
        if before is not None:
            wanted = wanted.where(JobRow.id < before)
        with self._db.read() as session:
            return tuple(_job(row) for row in session.scalars(wanted))

    def jobs_changed_since(self, marker: int) -> tuple[Job, ...]:
        """The jobs that changed after ``marker`` (a ``Job.changed``, 0 for all), in that order."""
        with self._db.read() as session:
            wanted = select(JobRow).where(JobRow.changed > marker).order_by(JobRow.changed)
            return tuple(_job(row) for row in session.scalars(wanted))

    def jobs_marker(self) -> int:
        """The newest ``Job.changed``."""
        with self._db.read() as session:
            return session.scalar(select(func.max(JobRow.changed))) or 0

    def take_job(self, lane: str, worker: str) -> Job | None:
        """Takes up the most urgent job of a lane, or one whose worker died; atomic.

        A job whose workers died again and again without getting any further is given up.

        Args:
            lane: The lane.
            worker: Who takes it, from ``worker_name``.
        """
        wanted = select(JobRow).where(JobRow.lane == lane, JobRow.state.in_(("waiting", "running")))
        with self._db.write() as session:
            for row in session.scalars(wanted.order_by(JobRow.priority.desc(), JobRow.id)):
                if row.state == "running":
                    if not _dead(row, worker):
                        continue
                    row.deaths += 1
                    if row.asked == "cancel" or row.deaths > _DEATHS_WITHOUT_PROGRESS:
                        _end_dead(session, row)
                        continue
                row.state, row.worker, row.beat_at = "running", worker, now()
                row.started_at = row.started_at or row.beat_at
                row.attempts += 1
                row.message = ""
                row.changed = _next(session)
                session.flush()
                return _job(row)
        return None

    def beat(self, job_id: int, worker: str, progress: JobProgress | None = None) -> Asked:
        """Says that a job is being worked at, and how far it is.

        Returns:
            What is asked of the worker: to pause, to cancel, to yield (a more urgent job waits), nothing, or
            that the job is no longer its own (``lost``).
        """
        with self._db.write() as session:
            row = session.get(JobRow, job_id)
            if row is None or row.worker != worker or row.state != "running":
                return "lost"
            row.beat_at = now()
            text = None if progress is None else json.dumps(asdict(progress), default=str)
            if progress is not None and text != row.progress:
                if progress.fraction > json.loads(row.progress)["fraction"]:
                    row.deaths = 0
                row.progress = cast(str, text)
                row.changed = _next(session)
            if row.asked:
                return cast(Asked, row.asked)
            urgent = select(JobRow.id).where(
                JobRow.lane == row.lane, JobRow.state == "waiting", JobRow.priority > row.priority
            )
            return "yield" if session.scalar(urgent.limit(1)) is not None else ""

    def end_job(self, job_id: int, worker: str, state: JobState, message: str = "") -> bool:
        """Gives a job back: done, failed, cancelled, paused, or waiting (to be gone on with later).

        Returns:
            Whether it was the worker's; if not, nothing was changed.
        """
        with self._db.write() as session:
            row = session.get(JobRow, job_id)
            if row is None or row.worker != worker or row.state != "running":
                return False
            _give_back(session, row, state, message)
            return True

    def ask_job(self, job_id: int, wish: Wish) -> Job:
        """Asks for a job to be paused, resumed or cancelled; at once, unless a worker is at it.

        Raises:
            UnknownRowError: There is no such job.
            LibraryError: It has ended.
        """
        with self._db.write() as session:
            row = self._job_row(session, job_id)
            if row.state in ENDED:
                raise LibraryError(f"job {job_id} has ended ({row.state}): there is nothing to {wish}")
            if row.state == "running" and not _dead(row, ""):
                row.asked = "" if wish == "resume" and row.asked == "pause" else row.asked
                row.asked = wish if wish != "resume" and row.asked != "cancel" else row.asked
                row.changed = _next(session)
            else:
                states: dict[Wish, JobState] = {"pause": "paused", "resume": "waiting", "cancel": "cancelled"}
                _give_back(session, row, states[wish], "")
            session.flush()
            return _job(row)

    def _job_row(self, session: Session, job_id: int) -> JobRow:
        return self._row(session, JobRow, job_id, "job")


def worker_name() -> str:
    """This process, so that another can tell whether it still lives: host, process id and when it began."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.2f}"


def _dead(row: JobRow, asking: str) -> bool:
    if row.worker is None or row.beat_at is None or row.worker == asking:
        # A worker that asks for work is not at any.
        return True
    if now() - row.beat_at > DEAD_AFTER:
        return True
    host, _, rest = row.worker.partition("/")
    pid, _, began = rest.partition("/")
    if host != socket.gethostname() or not pid.isdecimal():
        return False
    try:
        process = psutil.Process(int(pid))
        return process.status() == psutil.STATUS_ZOMBIE or f"{process.create_time():.2f}" != began
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def _end_dead(session: Session, row: JobRow) -> None:
    if row.asked == "cancel":
        _give_back(session, row, "cancelled", "")
    else:
        told = f"its worker died {row.deaths} times without getting any further (out of memory? a damaged file?)"
        _give_back(session, row, "failed", told)


def _give_back(session: Session, row: JobRow, state: JobState, message: str) -> None:
    row.state, row.message, row.worker, row.beat_at, row.asked = state, message, None, None, ""
    row.ended_at = now() if state in ENDED else None
    row.changed = _next(session)


def _next(session: Session) -> int:
    return (session.scalar(select(func.max(JobRow.changed))) or 0) + 1


def _job(row: JobRow) -> Job:
    values: dict[str, Any] = json.loads(row.progress)
    return Job(
        id=row.id,
        kind=row.kind,
        lane=row.lane,
        state=cast(JobState, row.state),
        priority=row.priority,
        title=row.title,
        arguments=json.loads(row.arguments),
        progress=JobProgress(**values),
        message=row.message,
        asked=row.asked,
        who=row.who,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        attempts=row.attempts,
        changed=row.changed,
    )
