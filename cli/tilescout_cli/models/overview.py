"""The status of one model project, or of all, as `tilescout model status` shows it."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from tilescout.pricing import PriceTable
from tilescout_cli.console import clock, terminal
from tilescout_cli.models import onnx_status, projects, view
from tilescout_cli.models import status as model_status
from tilescout_cli.models.onnx_status import OnnxStatus
from tilescout_cli.models.status import ModelStatus
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack


def show(stack: Stack, project: str | None, *, as_json: bool) -> None:
    """Prints versions, leases, minutes and dollars of ``project``, or of every project."""
    now, prices = clock.now(), cdk_profiles.prices()
    of_onnx = cdk_profiles.onnx_projects()
    names = [project] if project else [*projects.every(stack), *of_onnx]
    statuses = [
        onnx_status.look(stack, name)
        if name in of_onnx
        else model_status.look(stack, name, now, prices)
        for name in names
    ]
    if as_json:
        terminal.print_json([_members(each, now, prices) for each in statuses])
        return
    for number, each in enumerate(statuses):
        if number:
            terminal.out.print()
        terminal.out.print(_table(each, now, prices, stack.option))
    if not statuses:
        terminal.say("no profile has a model_project, and no model was ever started")


def _members(status: ModelStatus | OnnxStatus, now: int, prices: PriceTable) -> dict[str, Any]:
    if isinstance(status, OnnxStatus):
        return onnx_status.as_json(status, now)
    return view.as_json(status, now, prices)


def _table(status: ModelStatus | OnnxStatus, now: int, prices: PriceTable, option: str) -> Table:
    if isinstance(status, OnnxStatus):
        return onnx_status.facts(status, now, option)
    return view.facts(status, now, prices, option)
