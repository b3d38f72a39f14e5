"""A job as the interface shows it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from reseen.library.work_records import Job, JobState


class JobProgressShown(BaseModel):
    """How far a job is."""

    fraction: float = Field(ge=0, le=1)
    speed: float | None = Field(description="Seconds of footage looked through per second.")
    eta: float | None = Field(description="Seconds that are left, if anybody can tell.")
    people: int = Field(description="People found so far.")
    current: str = Field(description="What it is busy with.")
    source_id: int | None = Field(description="The source it is busy with.")


class JobShown(BaseModel):
    """A piece of work that a worker does: looking through footage, cutting clips, forgetting."""

    id: int
    kind: str = Field(description="index, remove, purge, forget, reembed, calibrate, verify, export, ...")
    state: JobState
    title: str = Field(description="What it does, in words.")
    progress: JobProgressShown
    message: str = Field(description="What came of it, or why it failed, in words.")
    asked: str = Field(description="What it was asked and has not done yet: pause, cancel or nothing.")
    who: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


def job_shown(job: Job) -> JobShown:
    """A job as the interface shows it."""
    now = job.progress
    return JobShown(
        id=job.id,
        kind=job.kind,
        state=job.state,
        title=job.title,
        progress=JobProgressShown(
            fraction=min(max(now.fraction, 0.0), 1.0),
            speed=now.speed,
            eta=now.eta,
            people=now.people,
            current=now.current,
            source_id=now.source_id,
        ),
        message=job.message,
        asked=job.asked,
        who=job.who,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
    )
