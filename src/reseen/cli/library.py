"""``reseen library``: what a library holds, and its care."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reseen.cli import options
from reseen.cli.output import duration, output_of, reporting, size
from reseen.errors import InputError, UsageError

if TYPE_CHECKING:
    from reseen.cli.output import Output
    from reseen.library import RemovalPlan, Source, Store

app = typer.Typer(help="What a library holds, and its care.", no_args_is_help=True)

SourceName = Annotated[str, typer.Argument(help="The source: its name as listed, its path or its number.")]


@app.command("info", epilog="Example: reseen library info --library my.reseen")
@reporting
def info(context: typer.Context, library: options.LibraryPath = None) -> None:
    """The library in numbers."""
    from reseen.indexing import IndexSettings
    from reseen.library import Store

    output = output_of(context)
    with Store.open(options.library_path(options.settings(library=library)), write=False) as store:
        facts = store.info()
    analysis = IndexSettings.from_json(facts.analysis)
    shown = {
        "folder": str(facts.folder), "made": f"{facts.created_at:%Y-%m-%d %H:%M} UTC by Reseen {facts.created_by}",
        "models": f"{facts.models.detector_name}, {facts.models.embedder_name}",
        "cameras": str(facts.cameras),
        "sources": f"{facts.sources} ({', '.join(f'{count} {state}' for state, count in facts.sources_by_state)})",
        "footage gone": f"{facts.footage_gone} (shots kept)",
        "looked through": duration(facts.seconds), "people (tracklets)": str(facts.tracklets),
        "shots": f"{facts.shots} ({size(facts.bytes_shots)})", "database": size(facts.bytes_database),
        "index": size(facts.bytes_index), "analysis": analysis.in_words(), "schema": facts.schema,
    }  # fmt: skip
    output.report(options.jsonable(asdict(facts)), lambda: output.table(("", ""), list(shown.items())))


@app.command("list", epilog="Example: reseen library list --library my.reseen")
@reporting
def list_sources(context: typer.Context, library: options.LibraryPath = None) -> None:
    """The sources, with camera, clock and state."""
    from reseen.library import Store

    output = output_of(context)
    with Store.open(options.library_path(options.settings(library=library)), write=False) as store:
        sources = store.sources()
    rows = []
    for source in sources:
        clock = "" if source.started_at is None else f"{source.started_at.astimezone():%Y-%m-%d %H:%M:%S %Z}"
        origin = {"given": "given", "name": "from the file name", "metadata": "from metadata"}
        state = source.state if source.footage_present else f"{source.state}, footage gone, shots kept"
        rows.append(
            (
                str(source.id), source.shown, source.camera, duration(source.duration), clock,
                origin.get(source.started_from or "", ""), source.failure or state,
            )
        )  # fmt: skip
    data = [{**options.jsonable(asdict(source)), "footage_present": source.footage_present} for source in sources]
    output.report(
        {"sources": data},
        lambda: output.table(("#", "source", "camera", "length", "began", "clock read", "state"), rows, right=("#",)),
    )


@app.command("verify", epilog="Example: reseen library verify --library my.reseen")
@reporting
def verify(
    context: typer.Context,
    library: options.LibraryPath = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Read every shot and tracklet too; takes longer.")] = False,
) -> None:
    """Check rows, shots, vectors and index against each other."""
    from reseen.library import Store

    output = output_of(context)
    with Store.open(options.library_path(options.settings(library=library)), write=repair) as store:
        problems = store.verify(repair=repair, deep=deep)
    rows = [(item.kind, item.what, "mended" if item.repaired else item.cure) for item in problems]
    output.report(
        {"problems": [asdict(item) for item in problems]},
        lambda: output.table(("what", "where", "cure"), rows) if rows else output.say("no problem found"),
    )
    if any(not item.repaired for item in problems):
        raise typer.Exit(1)


@app.command("rebuild-index", epilog="Example: reseen library rebuild-index --library my.reseen")
@reporting
def rebuild_index(context: typer.Context, library: options.LibraryPath = None) -> None:
    """Make the search index anew from the rows."""
    from reseen.library import Store

    output = output_of(context)
    with Store.open(options.library_path(options.settings(library=library)), write=True) as store:
        count = store.rebuild_index()
    output.report({"shots": count}, lambda: output.say(f"index rebuilt: {count} shots"))


@app.command("remove", epilog="Example: reseen library remove clip1.mp4 --library my.reseen --yes")
@reporting
def remove(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Argument(help="Sources, as listed.")] = None,
    library: options.LibraryPath = None,
    camera: Annotated[list[str] | None, typer.Option("--camera", help="All sources of these cameras.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete what was found in footage, for good: rows, shots, vectors, index. The footage itself is not touched."""
    from reseen.library import Store

    output = output_of(context)
    if not source and not camera:
        raise UsageError("what is to be removed? name sources, or --camera")
    with Store.open(options.library_path(options.settings(library=library)), write=True) as store:
        ids = None if not source else [one_source(store, name).id for name in source]
        plan = store.plan_removal(sources=ids, cameras=camera or None)
        _remove(output, store, plan, yes)


@app.command("purge", epilog="Example: reseen library purge --older-than 30d --library my.reseen")
@reporting
def purge(
    context: typer.Context,
    older_than: Annotated[str, typer.Option("--older-than", help="Age: 30d, 12h, 8w; by the clock of the footage.")],
    library: options.LibraryPath = None,
    camera: Annotated[list[str] | None, typer.Option("--camera", help="Only sources of these cameras.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete what was found in older footage, for good; footage without a clock goes by when it was added."""
    from reseen.library import Store

    output = output_of(context)
    before = datetime.now(UTC) - _age(older_than)
    with Store.open(options.library_path(options.settings(library=library)), write=True) as store:
        plan = store.plan_removal(older_than=before, cameras=camera or None)
        if plan.sources:
            _remove(output, store, plan, yes)
            return
    output.report(
        {"sources": [], "tracklets": 0, "shots": 0}, lambda: output.say(f"nothing is older than {older_than}")
    )


@app.command("relink", epilog="Example: reseen library relink clip1.mp4 /archive/clip1.mp4 --library my.reseen")
@reporting
def relink(
    context: typer.Context,
    old: SourceName,
    new: Annotated[Path, typer.Argument(help="Where the same footage lies now.")],
    library: options.LibraryPath = None,
) -> None:
    """Say where footage that was moved lies now."""
    from reseen.library import Store
    from reseen.media import content_hash

    output = output_of(context)
    if not new.is_file():
        raise InputError(f"{new}: no such file")
    with Store.open(options.library_path(options.settings(library=library)), write=True) as store:
        source = store.relink(one_source(store, old).id, new.resolve(), content_hash(new), str(new))
    output.report({"source": source.shown, "path": str(source.path)}, lambda: output.say(f"{old} is now {source.path}"))


@app.command(
    "set-start",
    epilog='Example: reseen library set-start --camera "Gate 3" --shift=-3600 --library my.reseen',
)
@reporting
def set_start(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="One source, as listed.")] = None,
    start: Annotated[str | None, typer.Argument(help="Its wall-clock start.")] = None,
    library: options.LibraryPath = None,
    camera: Annotated[str | None, typer.Option("--camera", help="All sources of this camera.")] = None,
    shift: Annotated[
        float | None, typer.Option("--shift", help="Correct the camera's clock by so many seconds.")
    ] = None,
    zone: options.Zone = None,
) -> None:
    """Set or correct when footage was recorded."""
    from reseen.indexing import parse_time
    from reseen.library import Store

    output = output_of(context)
    with Store.open(options.library_path(options.settings(library=library)), write=True) as store:
        if camera is not None and shift is not None and source is None:
            count = store.shift_clock(camera, timedelta(seconds=shift))
            if not count:
                raise InputError(f"{camera}: no source of this camera has a clock; reseen library list names them")
            words, data = f"sources of {camera} moved by {shift:g} s: {count}", {"sources": count}
        elif source is not None and start is not None and camera is None:
            changed = store.set_start(one_source(store, source).id, parse_time(start, zone))
            words = f"{changed.shown} began {changed.started_at:%Y-%m-%d %H:%M:%S} UTC"
            data = {"sources": 1}
        else:
            raise UsageError("give a source and its start, or --camera and --shift SECONDS")
    output.report(data, lambda: output.say(words))


@app.command("export", epilog="Example: reseen library export out/ --library my.reseen")
@reporting
def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder of the Parquet files.")],
    library: options.LibraryPath = None,
) -> None:
    """Tracklets, boxes and vectors as Parquet files, for other tools."""
    from reseen.library import Store

    output = output_of(context)
    with Store.open(options.library_path(options.settings(library=library)), write=False) as store:
        written = [str(path) for path in store.export(folder)]
    output.report({"files": written}, lambda: output.say("\n".join(written)))


def _remove(output: Output, store: Store, plan: RemovalPlan, yes: bool) -> None:
    """Say what a plan deletes, ask, and do it."""
    words = f"{len(plan.sources)} sources: {plan.tracklets} people (tracklets), {plan.shots} shots, {size(plan.bytes)}"
    if not yes:
        named = ", ".join(item.shown for item in plan.sources[:5]) + (", ..." if len(plan.sources) > 5 else "")
        output.stderr.print(f"this deletes for good what was found in {words} ({named})", markup=False)
        if plan.exports:
            output.stderr.print(f"with {len(plan.exports)} exports that are kept in the library and show some of it")
        kept = f"except for {len(plan.uploaded)} that were uploaded into the library" if plan.uploaded else ""
        output.stderr.print(f"the footage itself is not touched {kept}".rstrip())
        if output.json or not typer.confirm("delete?", err=True):
            raise UsageError("nothing was removed; say --yes to remove without being asked")
    done = store.remove(plan)
    for note in done.unfinished:
        output.warn(note)
    data = {"sources": [item.shown for item in plan.sources], "tracklets": plan.tracklets, "shots": plan.shots}
    output.report(data, lambda: output.say(f"removed: {words}"))


def _age(text: str) -> timedelta:
    units = {"h": 1.0, "d": 24.0, "w": 168.0}
    number, unit = text[:-1], text[-1:].lower()
    try:
        hours = float(number) * units[unit]
        if not 0 < hours < 24 * 36_500:
            raise ValueError
    except (KeyError, ValueError):
        raise UsageError(f"'{text}' is no age; write it like 30d, 12h or 8w") from None
    return timedelta(hours=hours)


def one_source(store: Store, text: str) -> Source:
    """The source that a name means.

    Raises:
        InputError: None is called so.
        UsageError: Several are.
    """
    found = store.find_sources(text)
    if not found:
        raise InputError(f"{text}: no such source in {store.folder}; reseen library list names them")
    if len(found) > 1:
        raise UsageError(f"{text}: {len(found)} sources are called so; use the number that reseen library list shows")
    return found[0]
