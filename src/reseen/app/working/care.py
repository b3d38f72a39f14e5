"""Care of a library: what is removed, forgotten, embedded anew, measured and verified."""

from __future__ import annotations

from typing import Any, cast

from reseen.app.working.work import Work
from reseen.library import ForgettingPlan, JobProgress, LibraryError, RemovalPlan, Store

FOOTAGE_STAYS = "the footage itself was not touched: looking through it again would find them again"


def remove(work: Work) -> str:
    """Delete sources with all that was found in them."""
    arguments = cast("dict[str, Any]", work.job.arguments)
    with work.writing() as library:
        return _remove(work, library.store, library.store.plan_removal(sources=arguments["sources"]))


def purge(work: Work) -> str:
    """Delete what is older than it may be."""
    with work.writing() as library:
        return _remove(work, library.store, library.store.plan_retention())


def forget(work: Work) -> str:
    """Delete everything that was kept of persons."""
    arguments = cast("dict[str, Any]", work.job.arguments)
    with work.writing() as library:
        try:
            plan = library.store.plan_forget(arguments["tracklets"], case_id=arguments.get("case"))
        except LibraryError:
            if work.job.attempts > 1:  # killed after the deed
                return f"forgotten; {FOOTAGE_STAYS}"
            raise
        done = library.store.forget(plan, who=work.job.who)
        return "; ".join((said_of_forgetting(plan), FOOTAGE_STAYS, *done.unfinished))


def reembed(work: Work) -> str:
    """Give the library to another embedder."""
    embedder = str(work.job.arguments["embedder"])
    with work.writing() as library:
        total = library.store.info().shots

        def on_progress(done: int) -> None:
            work.report(JobProgress(done / max(total, 1), current=f"{done} of {total} shots"))
            work.check(between=True)

        library.reembed(embedder, on_progress)
        library.store.record("reembed", {"embedder": embedder, "shots": total}, who=work.job.who)
    return f"{total} shots are compared by {embedder} from now on"


def calibrate(work: Work) -> str:
    """Measure which score means the same person in this library's own footage."""
    with work.writing() as library:
        found = library.calibrate(write=True)
    return f"the threshold is {found.calibration.threshold:.2f} from now on (before: {found.before:.2f})"


def verify(work: Work) -> str:
    """Look for what is wrong with the library."""
    arguments = cast("dict[str, Any]", work.job.arguments)
    with work.writing() as library:
        problems = library.store.verify(repair=bool(arguments.get("repair")), deep=bool(arguments.get("deep")))
    told = [{"kind": one.kind, "what": one.what, "cure": one.cure, "repaired": one.repaired} for one in problems]
    work.report(JobProgress(1.0, details={"problems": told}))
    left = [one for one in problems if not one.repaired]
    if not problems:
        return "no problem found"
    first = "; ".join(f"{one.what}: {one.cure}" for one in left[:3])
    return f"{len(problems)} problems found, {len(problems) - len(left)} mended" + (f": {first}" if first else "")


def said_of_forgetting(plan: ForgettingPlan) -> str:
    """What a plan to forget comes to, in words."""
    people = "1 person" if plan.persons == 1 else f"{plan.persons} people"
    return (
        f"{people} forgotten: {plan.shots} shots, {plan.photos} photos of cases, {plan.thumbnails} thumbnails of the "
        f"audit log, {len(plan.exports)} exports"
    )


def _remove(work: Work, store: Store, plan: RemovalPlan) -> str:
    if not plan.sources:
        return "nothing is left to be removed"
    done = store.remove(plan, who=work.job.who)
    gone = f"{len(plan.sources)} sources removed, with {plan.tracklets} people and {plan.shots} shots"
    return "; ".join((gone, *done.unfinished))
