"""The output about a trained version and its evaluation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer
from rich.table import Table

from tilescout.pricing import PriceTable
from tilescout_cli.console import terminal
from tilescout_cli.console.failures import CommandFailed
from tilescout_cli.console.terminal import dollars, plain
from tilescout_cli.models.costs import lasting
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack
from tilescout_cli.training import version_evaluation
from tilescout_cli.training.version_evaluation import Evaluation
from tilescout_cli.training.version_training import TrainedVersion


def evaluate(
    stack: Stack, project: str, name: str | None, min_f1: float | None, *, as_json: bool
) -> None:
    """Shows the evaluation of a version. Raises CommandFailed where its F1 is under ``min_f1``."""
    evaluation = version_evaluation.of(stack, version_evaluation.chosen(stack, project, name))
    prices = cdk_profiles.prices()
    if as_json:
        terminal.print_json(as_rows(evaluation, prices))
    else:
        show(evaluation, prices, stack)
    if min_f1 is not None and (evaluation.version.f1 or 0) < min_f1:
        raise CommandFailed(f"F1 {evaluation.version.f1:.3f} is under --min-f1 {min_f1:g}")


def dollars_of(version: TrainedVersion, prices: PriceTable) -> float:
    return prices.custom_labels_training_hour * version.seconds / 3600


def as_rows(evaluation: Evaluation, prices: PriceTable) -> dict[str, Any]:
    version = evaluation.version
    return {
        "project": version.project,
        "version": version.name,
        "version_arn": version.arn,
        "status": version.status,
        "f1": version.f1,
        "precision": evaluation.precision,
        "recall": evaluation.recall,
        "average_precision": evaluation.average_precision,
        "test_images": evaluation.images,
        "training_seconds": version.seconds,
        "training_usd": round(dollars_of(version, prices), 4),
        "summary": version.summary,
        "labels": {each.label: _row(asdict(each)) for each in evaluation.labels},
    }


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "label"}


def show(evaluation: Evaluation, prices: PriceTable, stack: Stack) -> None:
    """Prints the labels, worst first, then the version as a whole."""
    version = evaluation.version
    terminal.out.print(labels(evaluation))
    seconds, usd = lasting(version.seconds), dollars(dollars_of(version, prices))
    billed = f"{seconds} of training" + (", nothing paid" if stack.home else f", {usd}")
    typer.echo(f"{version.project}/{version.name}: F1 {version.f1:.3f} on {evaluation.images} test "
               f"images; {billed}")  # fmt: skip


def labels(evaluation: Evaluation) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label", no_wrap=True, overflow="ellipsis", max_width=24)
    for name in ("images", "threshold", "P", "R", "F1"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in evaluation.labels:
        values = (each.threshold, each.precision, each.recall, each.f1)
        shown = (f"{value:.3f}" for value in values)
        table.add_row(*map(plain, (each.label, each.images, *shown)))
    return table
