"""The definition, executed over the handlers: a model that never comes to STOPPED."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.simulation.clock import Clock
from benchmarks.simulation.faults import Faults
from benchmarks.simulation.states import Execution
from tests.handlers.account import Account
from tests.handlers.conftest import account, environment
from tests.handlers.model_service import VERSION, ModelService, put_to_use, service
from tests.handlers.runs import clock, lease, queued
from tilescout.runs.history_budget import MAX_STOPPING_TURNS

__all__ = ["account", "environment", "service"]
DEFINITION = json.loads(
    (Path(__file__).resolve().parents[2] / "statemachine" / "detection_run.asl.json").read_text()
)
HOUR = 3600
USED = MAX_STOPPING_TURNS - 30
"""Turns that the execution's loops have taken when its first step ends."""


def execute(virtual: Clock, advance: Callable[[Any], Any]) -> Execution:
    """One execution for the model, to its end."""
    functions = {"${AdvanceRunFunctionArn}": advance}
    name = "arn:aws:states:us-east-1:123456789012:execution:DetectionRun:one"
    execution = Execution(virtual, DEFINITION, functions, Faults(), name, {"model": "pumps"})
    virtual.run_until(virtual.now + 4 * HOUR)
    return execution


@pytest.mark.fault("R13")
def test_a_model_that_stays_stopping_is_left_to_the_guard_before_the_history_is_full(
    account: Account, service: ModelService
) -> None:
    put_to_use(account)
    document = queued(account, key="incoming/symbols/sheet.pdf")
    virtual, steps = Clock(), []
    with clock(virtual.now) as time:

        def advance(event: dict[str, Any]) -> Any:
            time.now = virtual.now
            steps.append(event["step"])
            found = account.call("advance_run", event)
            if service.status[VERSION] == "STARTING":
                service.status[VERSION] = "RUNNING"
            return found | ({"turns": USED} if event["step"] == "OpenRun" else {})

        execution = execute(virtual, advance)
        assert execution.status == "SUCCEEDED"
        assert list(dict.fromkeys(steps)) == [
            "OpenRun",
            "StartModel",
            "DetectTiles",
            "StopModel",
            "CloseRun",
        ]
        assert steps.count("StopModel") == 28
        (run,) = account.rows("run")
        assert run["status"] == "CLOSED"
        assert run["reason"].endswith("the model is STOPPING; the guard goes on")
        row = account.document(document)
        assert (row["status"], row["runs_without_progress"]) == ("QUEUED", 0)
        held = lease(account, "pumps")
        assert (held["owned"], held["owner"]) == (True, "")
        time.now = virtual.now
        assert account.call("guard", {})["stopping"] == 1
        service.status[VERSION] = "STOPPED"
        time.now += 120
        assert account.call("guard", {})["stopped"] == 1
    assert not lease(account, "pumps")["owned"]
