"""Server errors of a model that costs money by the minute."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.handlers.account import Account
from tests.handlers.between import detector
from tests.handlers.faults.test_server_errors import BROKEN
from tests.handlers.model_service import VERSION, ModelService, model_run, put_to_use, service
from tests.handlers.runs import Clock, Run, clock, queued

__all__ = ["service"]
NOW = 1_800_000_000
NOTHING: dict[str, Any] = {"CustomLabels": [], "ProjectVersionArn": VERSION}


def detect(run: Run, time: Clock, is_broken: Callable[[int], bool]) -> int:
    """DetectTiles until it ends; tiles make server errors by their number. Seconds it took."""
    asked: list[int] = []

    def reply(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return BROKEN if is_broken(asked[-1]) else (200, NOTHING)

    begun = time.now
    with detector(reply):
        while not run.step("DetectTiles")["next"]:
            for body in run.account.received("tiles"):
                asked.append(json.loads(body)["tile"])
                run.account.deliver("detect_tile", body)
            time.now += run.state["wait_seconds"]
    return time.now - begun


def ready(account: Account, service: ModelService, time: Clock) -> Run:
    """A run whose model is up."""
    run = model_run(account)
    run.step("StartModel")
    service.status[VERSION] = "RUNNING"
    time.now += 100
    assert run.step("StartModel")["next"] == "DetectTiles"
    return run


def finish(run: Run, service: ModelService, time: Clock) -> None:
    run.step("StopModel")
    service.status[VERSION] = "STOPPED"
    time.now += 100
    run.finish()


@pytest.mark.parametrize(("broken", "reason"), [(1, "1 of 30"), (10, "10 of 30")])
def test_a_few_tiles_that_a_model_breaks_on_fail_within_the_run_that_answered_the_others(
    account: Account, service: ModelService, broken: int, reason: str
) -> None:
    put_to_use(account)
    document = queued(account, key="incoming/symbols/sheet.pdf", tiles=30)
    with clock(NOW) as time:
        run = ready(account, service, time)
        assert detect(run, time, lambda tile: tile < broken) < 1_000
        finish(run, service, time)
    row = account.document(document)
    assert (row["status"], row["reason"]) == ("PARTIAL", f"{reason} tiles were not answered")


def test_a_model_that_answers_nothing_any_more_is_stopped_after_ten_minutes(
    account: Account, service: ModelService
) -> None:
    put_to_use(account)
    document = queued(account, key="incoming/symbols/sheet.pdf", tiles=30)
    with clock(NOW) as time:
        run = ready(account, service, time)
        assert 600 <= detect(run, time, lambda tile: tile >= 12) < 700
        finish(run, service, time)
    assert account.document(document)["status"] == "QUEUED"
