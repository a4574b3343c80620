from __future__ import annotations

import pytest

from tests.handlers.account import Account
from tests.handlers.model_service import LOST, VERSION, ModelService, model_run, put_to_use, service
from tests.handlers.runs import Run, clock, lease, queued
from tilescout.aws.tables import model_table
from tilescout.errors import LeaseLost

__all__ = ["service"]
NOW = 1_800_000_000
KEY = "incoming/symbols/sheet.pdf"


@pytest.fixture
def run(account: Account, service: ModelService) -> Run:
    """One whose model is up since ten minutes."""
    put_to_use(account)
    queued(account, key=KEY)
    with clock(NOW) as time:
        run = model_run(account)
        run.step("StartModel")
        for time.now in range(NOW + 60, NOW + 660, 60):
            run.step("StartModel")
        service.status[VERSION] = "RUNNING"
        assert run.step("StartModel")["next"] == "DetectTiles"
    service.asked.clear()
    return run


def stop(run: Run, now: int) -> str:
    with clock(now):
        found: str = run.step("StopModel")["next"]
    return found


def test_a_model_is_stopped_and_seen_stopped(run: Run, service: ModelService) -> None:
    assert stop(run, NOW + 610) == ""
    assert stop(run, NOW + 620) == ""
    service.status[VERSION] = "STOPPED"
    assert stop(run, NOW + 700) == "MergePages"
    assert service.asked == [("stop", VERSION, 0)]
    assert not lease(run.account, "pumps")["owned"]


def test_a_model_that_one_look_does_not_show_is_stopped_all_the_same(
    run: Run, service: ModelService
) -> None:
    service.blind = 1
    assert stop(run, NOW + 700) == ""
    assert service.asked == [("stop", VERSION, 0)]
    assert lease(run.account, "pumps")["owned"]


def test_a_version_that_was_deleted_is_down_once_stop_says_so(
    run: Run, service: ModelService
) -> None:
    del service.status[VERSION]
    assert stop(run, NOW + 700) == "MergePages"
    assert not lease(run.account, "pumps")["owned"]


def test_a_model_is_stopped_where_the_record_of_the_version_in_use_is_lost(
    run: Run, service: ModelService
) -> None:
    run.account.ledger.delete_item(Key={"pk": "MODEL#pumps", "sk": "IN_USE"})
    assert stop(run, NOW + 700) == ""
    assert service.asked == [("stop", VERSION, 0)]
    service.status[VERSION] = "STOPPED"
    put_to_use(run.account)
    assert stop(run, NOW + 800) == "MergePages"


def test_what_the_model_cost_is_on_the_run_and_on_its_documents(
    run: Run, service: ModelService
) -> None:
    stop(run, NOW + 610)
    stop(run, NOW + 750)
    service.status[VERSION] = "STOPPED"
    stop(run, NOW + 900)
    with clock(NOW + 910):
        run.step("CloseRun")
    assert (run.row["model_seconds"], float(run.row["model_usd"])) == (900, 1.0)
    assert float(run.row["spent_usd"]) == 1.0
    (document,) = run.account.rows("document")
    assert float(document["model_usd"]) == 1.0


def test_closing_twice_charges_nobody_twice(run: Run, service: ModelService) -> None:
    stop(run, NOW + 610)
    stop(run, NOW + 750)
    service.status[VERSION] = "STOPPED"
    stop(run, NOW + 900)
    with clock(NOW + 910):
        state = dict(run.state)
        run.step("CloseRun")
        run.state = state
        run.step("CloseRun")
    (document,) = run.account.rows("document")
    assert float(document["model_usd"]) == 1.0


@pytest.mark.parametrize("code", ["ResourceInUseException", "ThrottlingException"])
def test_a_stop_that_is_refused_is_repeated(run: Run, service: ModelService, code: str) -> None:
    service.refusals["StopProjectVersion"] = [code, code]
    for second in range(610, 650, 10):
        assert stop(run, NOW + second) == ""
    assert service.asked == [("stop", VERSION, 0)]


def test_after_a_stop_without_answer_nothing_is_done_before_it_must_have_landed(
    run: Run, service: ModelService
) -> None:
    service.refusals["StopProjectVersion"] = [LOST]
    assert stop(run, NOW + 610) == ""
    service.status[VERSION] = "STOPPED"
    assert stop(run, NOW + 670) == ""
    assert stop(run, NOW + 671) == "MergePages"


def test_a_late_try_of_the_step_stops_no_model_of_the_next_run(
    run: Run, service: ModelService
) -> None:
    first_try = dict(run.state)
    stop(run, NOW + 610)
    service.status[VERSION] = "STOPPED"
    stop(run, NOW + 620)
    with clock(NOW + 621):
        run.step("CloseRun")
        later = model_run(run.account, "later")
        later.step("StartModel")
        run.state = first_try
        with pytest.raises(LeaseLost):
            run.step("StopModel")
    assert service.asked == [("stop", VERSION, 0), ("start", VERSION, 1)]


def test_a_model_of_somebody_else_is_never_stopped(account: Account, service: ModelService) -> None:
    put_to_use(account)
    queued(account, key=KEY)
    service.status[VERSION] = "RUNNING"
    run = model_run(account)
    run.step("StartModel")
    assert run.step("StopModel")["next"] == "MergePages"
    assert service.asked == []


def test_a_run_without_its_lease_stops_nothing(run: Run, service: ModelService) -> None:
    with clock(NOW + 5_000), pytest.raises(LeaseLost):
        run.step("StopModel")
    assert service.asked == []


def test_a_run_that_closes_with_its_model_up_leaves_it_to_the_guard(
    run: Run, service: ModelService
) -> None:
    stop(run, NOW + 610)
    with clock(NOW + 620):
        run.step("CloseRun", state={"error": {"Error": "X", "Cause": "y"}})
    held = lease(run.account, "pumps")
    assert (held["owned"], held["owner"]) == (True, "")


def test_the_price_ends_where_the_model_was_seen_down(run: Run, service: ModelService) -> None:
    stop(run, NOW + 610)
    service.status[VERSION] = "STOPPED"
    stop(run, NOW + 700)
    (row,) = model_table.starts(run.account.ledger, "pumps")
    assert (row.requested_at, row.running_at, row.stopped_at) == (NOW, NOW + 600, NOW + 700)
    assert row.stopped_by.endswith(":run")
