"""``reseen evaluate``: a model and a data set in, the field's figures out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from reseen.cli.output import Output, output_of, reporting
from reseen.errors import UsageError

if TYPE_CHECKING:
    from reseen.training.evaluate import Judgement


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "evaluate",
        epilog="Example: reseen evaluate osnet_x0_25_msmt17 market1501_train.zip --split market_fold5 --rerank",
    )(reporting(evaluate))


def evaluate(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="A model of the catalogue, an .onnx with its card, or a run.")],
    dataset: Annotated[Path, typer.Argument(help="A folder, zip file or CSV of named people.")],
    split: Annotated[
        str, typer.Option("--split", help="A named split: market_fold5, cuhk03_val, every_fifth, first.")
    ] = "",
    layout: Annotated[str, typer.Option("--layout", help="The data's layout; auto looks.")] = "auto",
    rerank: Annotated[bool, typer.Option("--rerank", help="Also with k-reciprocal re-ranking.")] = False,
    flip: Annotated[bool, typer.Option("--flip", help="Average each picture with its mirror image.")] = False,
    cross: Annotated[
        Path | None, typer.Option("--cross", help="Judge on this data set too, as one from elsewhere.")
    ] = None,
    cross_split: Annotated[str, typer.Option("--cross-split", help="Its named split.")] = "",
    html: Annotated[Path | None, typer.Option("--html", help="Write a page of queries with their top ten.")] = None,
    precision: Annotated[
        str,
        typer.Option(
            "--precision",
            help="fastest: as the runtime chooses; f32: as a search computes.",
        ),
    ] = "fastest",
    threads: Annotated[int, typer.Option("--threads", help="Threads of the network; 0 takes all.")] = 0,
) -> None:
    """Judge a model by CMC, mAP, mINP and open-set rates."""
    from reseen.training.evaluate import judge, open_model
    from reseen.training.pages import write_ranked

    output = output_of(context)
    if precision not in ("f32", "fastest"):
        raise UsageError(f"--precision {precision}: choose f32 or fastest")
    opened = open_model(model, flip=flip, threads=threads, precision="f32" if precision == "f32" else "fastest")
    found = [judge(opened, dataset, layout=layout, split=split, reranked=rerank)]
    if cross is not None:
        found.append(judge(opened, cross, split=cross_split, reranked=rerank))
    if html is not None:
        write_ranked(found[0], html)
    data = found[0].as_json() | ({"cross": found[1].as_json()} if len(found) > 1 else {})

    def show() -> None:
        for each in found:
            _show(output, each)
        if html is not None:
            output.say(f"page: {html}")

    output.report(data, show)


def _show(output: Output, found: Judgement) -> None:
    table = Table(title=f"{found.model} on {found.dataset}")
    for name in ("re-ranking", "rank-1", "rank-5", "rank-10", "mAP", "mAP (trapezoid)", "mINP"):
        table.add_column(name, justify="right")
    for row in found.rows:
        values = (row.rank1, row.rank5, row.rank10, row.mean_precision, row.mean_precision_trapezoid)
        table.add_row(row.reranked, *(f"{value:.1f}" for value in (*values, row.mean_inverse_penalty)))
    output.stdout.print(table)
    output.say(f"{found.counts}; {found.used} queries used, {found.skipped} without a right picture")
    for point in found.open_set:
        few = "" if point.supported else " (too few queries to support this rate)"
        output.say(
            f"open set: at {point.false_positives:.1%} false positives {point.true_positives:.1%} are found,"
            f" threshold {point.threshold:.3f}{few}"
        )
    meaning = found.meaning
    output.say(
        f"score {meaning.threshold:.3f}: {meaning.rate:.2%} of strangers reach it, {meaning.missed:.1%} of the"
        " same people do not"
    )
    output.say(f"trained on: {found.trained_on or 'not stated'}; camera labels: used by the protocol only")
