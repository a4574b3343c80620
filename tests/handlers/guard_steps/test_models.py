from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.handlers.account import Account, module
from tests.handlers.between import Crash, crash_at
from tests.handlers.model_service import (
    LOST,
    OTHER,
    VERSION,
    ModelService,
    model_run,
    put_to_use,
    service,
)
from tests.handlers.runs import Run, clock, lease, queued
from tilescout import keys
from tilescout.errors import LeaseLost
from tilescout.runs.lease_rules import GRACE, TTL, Lease

__all__ = ["service"]
NOW = 1_800_000_000
FREE = NOW + TTL + GRACE + 1
"""The first second in which a run silent since NOW may be followed."""


@contextmanager
def executions_hang() -> Iterator[None]:
    """DescribeExecution has no answer."""
    client = module("runtime").step_functions()

    def send(request: Any, **_: Any) -> None:
        raise ReadTimeoutError(endpoint_url=request.url)

    client.meta.events.register_first("before-send.sfn.DescribeExecution", send)
    try:
        yield
    finally:
        client.meta.events.unregister("before-send.sfn.DescribeExecution", send)


@pytest.fixture
def run(account: Account, service: ModelService) -> Run:
    """One that started its model and was aborted: no execution of its name runs."""
    put_to_use(account)
    queued(account, key="incoming/symbols/sheet.pdf")
    with clock(NOW):
        run = model_run(account)
        run.step("StartModel")
    service.asked.clear()
    return run


def look(account: Account, now: int) -> dict[str, Any]:
    with clock(now):
        done: dict[str, Any] = account.call("guard", {})
    return done


def test_a_dead_run_loses_its_lease_at_once_and_its_model_after_the_grace(
    run: Run, service: ModelService
) -> None:
    assert look(run.account, NOW + 10)["revoked"] == 1
    assert look(run.account, NOW + 10 + GRACE)["stopping"] == 0
    assert look(run.account, NOW + 11 + GRACE)["stopping"] == 1
    assert service.asked == [("stop", VERSION, 0)]


def test_a_silent_run_is_followed_after_its_time_and_the_grace(
    run: Run, service: ModelService
) -> None:
    assert look(run.account, FREE)["stopping"] == 1
    service.status[VERSION] = "STOPPED"
    assert look(run.account, FREE + 61)["stopped"] == 1
    held = lease(run.account, "pumps")
    assert (held["owned"], held["owner"]) == (False, "")


def test_a_stop_that_is_refused_while_starting_is_repeated_each_minute(
    run: Run, service: ModelService
) -> None:
    service.refusals["StopProjectVersion"] = ["ResourceInUseException"]
    look(run.account, FREE)
    assert service.asked == []
    look(run.account, FREE + 60)
    assert service.asked == [("stop", VERSION, 0)]


def test_after_a_stop_without_answer_the_model_is_ours_until_it_must_have_landed(
    run: Run, service: ModelService
) -> None:
    service.refusals["StopProjectVersion"] = [LOST]
    look(run.account, FREE)
    service.status[VERSION] = "STOPPED"
    assert look(run.account, FREE + 60)["stopped"] == 0
    assert look(run.account, FREE + 61)["stopped"] == 1


def test_a_model_is_stopped_also_where_no_profile_knows_it_any_more(
    account: Account, service: ModelService
) -> None:
    row = {
        "model": "gone",
        "owned": True,
        "version": VERSION,
        "start_requested_at": NOW,
        "starts": 1,
    }
    account.ledger.put_item(
        Item=row
        | {"pk": "LEASES", "sk": "gone", "owner": "", "token": 1, "expires_at": 0}
        | {"hard_deadline": 0, "phase": "closing", "units": 1}
    )
    put_to_use(account)
    account.ledger.put_item(
        Item={"pk": "MODEL#gone", "sk": "IN_USE", "project": "gone", "version": "v1"}
        | {"project_arn": "arn:aws:rekognition:us-east-1:123456789012:project/gone/1"}
        | {"version_arn": VERSION}
    )
    service.status[VERSION] = "RUNNING"
    assert look(account, FREE)["stopping"] == 1


def test_a_run_that_cannot_be_described_keeps_the_guard_from_no_other_model(
    run: Run, service: ModelService
) -> None:
    held = Lease(model="a-first", owner="arn:live", expires_at=FREE + 100, hard_deadline=FREE + 100)
    run.account.ledger.put_item(Item=asdict(held) | keys.lease("a-first"))
    with executions_hang():
        assert look(run.account, FREE)["stopping"] == 1
    assert service.asked == [("stop", VERSION, 0)]


def test_a_model_of_somebody_else_is_only_reported(account: Account, service: ModelService) -> None:
    put_to_use(account)
    service.status |= {VERSION: "RUNNING", OTHER: "RUNNING"}
    look(account, NOW)
    assert service.asked == []


def test_a_run_that_comes_back_after_the_guard_does_nothing(
    run: Run, service: ModelService
) -> None:
    look(run.account, FREE)
    service.asked.clear()
    for step in ("StartModel", "DetectTiles", "StopModel"):
        with clock(FREE + 1), pytest.raises(LeaseLost):
            run.step(step)
    assert service.asked == []


def test_the_guard_stops_no_model_of_the_next_run(run: Run, service: ModelService) -> None:
    look(run.account, NOW + 10)
    with clock(NOW + 11 + GRACE):
        later = model_run(run.account, "later")
        assert later.step("StartModel")["next"] == ""
    assert look(run.account, NOW + 12 + GRACE)["stopping"] == 0
    assert service.asked == []


@pytest.mark.parametrize("after", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_guard_that_dies_at_any_call_is_followed_by_the_next(
    run: Run, service: ModelService, after: bool
) -> None:
    with crash_at(0) as made:
        look(run.account, FREE)
    service.status[VERSION] = "RUNNING"
    released = made.index("PutItem", made.index("StopProjectVersion"))
    for call in range(1, released + 2):
        later = FREE + 1_000 * call
        with crash_at(call, after=after), pytest.raises(Crash):
            look(run.account, later)
        for minute in range(1, 7):
            look(run.account, later + 60 * minute)
            if service.status[VERSION] == "STOPPING":
                service.status[VERSION] = "STOPPED"
        assert not lease(run.account, "pumps")["owned"]
        _started_again(run.account, service)


def _started_again(account: Account, service: ModelService) -> None:
    service.status[VERSION] = "RUNNING"
    account.ledger.update_item(
        Key={"pk": "LEASES", "sk": "pumps"}, UpdateExpression="SET owned = :yes",
        ExpressionAttributeValues={":yes": True},
    )  # fmt: skip
