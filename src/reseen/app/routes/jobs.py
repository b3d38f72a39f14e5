"""Jobs: what the workers do and are to do, how far they are, and steering them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Literal

import anyio
from anyio.to_thread import run_sync
from fastapi import Depends, Path, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from reseen.app.access import Visitor, Who
from reseen.app.context import Here
from reseen.app.jobs import JobShown, job_shown
from reseen.app.paging import Page, Paged
from reseen.app.problems import not_found
from reseen.app.routing import Routes
from reseen.library import Job, JobState

routes = Routes("jobs")

JobId = Annotated[int, Path(ge=0, lt=2**63)]
States = Annotated[list[JobState] | None, Query(description="Only in these states.")]

_LOOK_SECONDS = 0.5
_AT_ONCE = 200
_UNFINISHED: tuple[JobState, ...] = ("waiting", "running", "paused")


@routes.get("/jobs", role="viewer")
def list_jobs(here: Here, visitor: Who, paging: Paged, state: States = None) -> Page[JobShown]:
    """Jobs, newest first: one's own, for an admin everybody's, and what is looked through."""
    found: list[Job] = []
    before = paging.number()
    while len(found) <= paging.limit:
        some = here.store.jobs(state, before, _AT_ONCE)
        found.extend(job for job in some if may_see(visitor, job))
        if len(some) < _AT_ONCE:
            break
        before = some[-1].id
    return paging.page(found, lambda some: [job_shown(job) for job in some], lambda job: (job.id,))


def _not_kept(response: Response) -> None:
    # FastAPI lets a stream of events be kept as long as it is asked about again.
    response.headers["Cache-Control"] = "no-store"


@routes.get("/jobs/events", role="viewer", response_class=EventSourceResponse, dependencies=[Depends(_not_kept)])
async def follow_jobs(here: Here, visitor: Who) -> AsyncIterator[ServerSentEvent]:
    """All jobs that are not finished, then every job as it changes, as server-sent events named `job`."""
    store = here.store
    marker = await run_sync(store.jobs_marker)
    for job in reversed(await run_sync(store.jobs, _UNFINISHED, None, _AT_ONCE)):
        if may_see(visitor, job):
            yield _event(job)
    while not here.leaving.is_set() and await run_sync(here.doors.still, visitor):
        for job in await run_sync(store.jobs_changed_since, marker):
            marker = job.changed
            if may_see(visitor, job):
                yield _event(job)
        await anyio.sleep(_LOOK_SECONDS)


@routes.get("/jobs/{job_id}", role="viewer")
def show_job(here: Here, visitor: Who, job_id: JobId) -> JobShown:
    """A job."""
    return job_shown(_known(here, visitor, job_id))


@routes.post("/jobs/{job_id}/{wish}", role="searcher")
def steer_job(here: Here, visitor: Who, job_id: JobId, wish: Literal["pause", "resume", "cancel"]) -> JobShown:
    """Pause a job, resume it or cancel it; what was committed stays. Whoever is no admin steers their own alone."""
    job = _known(here, visitor, job_id)
    if not visitor.may("admin") and not _own(visitor, job):
        raise not_found("job of yours")
    steered = here.store.ask_job(job_id, wish)
    here.store.record(f"{wish} job", {"job": job_id, "kind": job.kind, "title": job.title}, who=visitor.name)
    return job_shown(steered)


def may_see(visitor: Visitor, job: Job) -> bool:
    """Whether a job is shown to a visitor: a title names files, which may be of cameras they must not know of."""
    if _own(visitor, job):
        return True
    if visitor.cameras is not None:
        return job.kind == "index" and visitor.sees(str(job.arguments.get("camera")))
    return visitor.may("admin") or job.kind == "index"


def _own(visitor: Visitor, job: Job) -> bool:
    return job.who == visitor.name


def _known(here: Here, visitor: Visitor, job_id: int) -> Job:
    job = here.store.job(job_id)
    if not may_see(visitor, job):
        raise not_found("job")
    return job


def _event(job: Job) -> ServerSentEvent:
    return ServerSentEvent(data=job_shown(job), event="job", id=str(job.changed))
