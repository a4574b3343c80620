from __future__ import annotations

from dataclasses import replace

import pytest

from tests.handlers.account import Account, module
from tests.handlers.model_service import (
    IN_USE,
    LOST,
    OTHER,
    VERSION,
    ModelService,
    model_run,
    put_to_use,
    service,
)
from tests.handlers.runs import Run, clock, lease, queued
from tilescout.aws.tables import claim_table, document_table, model_table, page_table
from tilescout.handlers.run_steps import claims

__all__ = ["service"]
NOW = 1_800_000_000
KEY = "incoming/symbols/sheet.pdf"


@pytest.fixture
def run(account: Account, service: ModelService) -> Run:
    put_to_use(account)
    queued(account, key=KEY)
    with clock(NOW):
        return model_run(account)


def start(run: Run, now: int = NOW) -> str:
    with clock(now):
        found: str = run.step("StartModel")["next"]
    return found


def starts(account: Account) -> list[tuple[int, int, str]]:
    found = model_table.starts(account.ledger, "pumps")
    return [(row.requested_at, row.stopped_at, row.refused) for row in found]


def test_a_stopped_model_is_started_once(run: Run, service: ModelService) -> None:
    assert start(run) == ""
    assert start(run, NOW + 2) == ""
    assert service.asked == [("start", VERSION, 1)]
    assert lease(run.account, "pumps")["owned"]


def test_tiles_are_sent_once_the_model_runs(run: Run, service: ModelService) -> None:
    start(run)
    service.status[VERSION] = "RUNNING"
    assert start(run, NOW + 100) == "DetectTiles"
    assert run.state["ready_at"] == NOW + 100


def test_how_long_the_start_took_is_known_to_the_next_run(run: Run, service: ModelService) -> None:
    start(run)
    service.status[VERSION] = "RUNNING"
    start(run, NOW + 100)
    known = model_table.in_use(run.account.ledger, "pumps")
    assert known is not None
    assert known.start_seconds == 100


def test_documents_without_open_tiles_start_nothing(
    account: Account, service: ModelService
) -> None:
    put_to_use(account)
    queued(account, key=KEY, tiles=0)
    run = model_run(account)
    assert run.step("StartModel")["next"] == "DetectTiles"
    assert service.asked == []


def test_tiles_that_come_later_are_the_next_runs(account: Account, service: ModelService) -> None:
    put_to_use(account)
    queued(account, key=KEY, tiles=0)
    run = model_run(account)
    run.step("StartModel")
    queued(account, key="incoming/symbols/later.pdf")
    assert run.step("DetectTiles")["next"] == "StopModel"
    assert run.finish() == "OpenRun"
    again = model_run(account, "again")
    assert again.step("StartModel")["next"] == ""
    assert service.asked == [("start", VERSION, 1)]


def test_more_units_are_started_where_the_deadline_asks_for_them(
    account: Account, service: ModelService
) -> None:
    put_to_use(account, replace(IN_USE, tiles_per_second_per_unit=0.0005))
    queued(account, key=KEY)
    run = model_run(account)
    run.step("StartModel")
    assert service.asked == [("start", VERSION, 2)]
    assert run.row["units"] == 2
    assert run.row["units_reason"] == "the fewest that meet the deadline"


def test_documents_that_are_not_claimed_yet_count_for_the_units(
    account: Account, service: ModelService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "CLAIMS_PER_TURN", 1)
    put_to_use(account, replace(IN_USE, tiles_per_second_per_unit=0.001))
    queued(account, key=KEY)
    queued(account, key="incoming/symbols/other.pdf")
    model_run(account).step("StartModel")
    assert service.asked == [("start", VERSION, 2)]


def test_a_document_that_the_index_still_shows_as_waiting_counts_once(
    account: Account, service: ModelService, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_to_use(account, replace(IN_USE, tiles_per_second_per_unit=0.001))
    document = queued(account, key=KEY)
    behind = [document_table.get(account.documents, document)]
    run = model_run(account)
    monkeypatch.setattr(document_table, "with_status", lambda table, status, model: iter(behind))
    run.step("StartModel")
    assert service.asked == [("start", VERSION, 1)]


@pytest.mark.parametrize("lost", [LOST, "InternalServerError"])
def test_a_start_without_a_clear_answer_is_ours(run: Run, service: ModelService, lost: str) -> None:
    service.refusals["StartProjectVersion"] = [lost]
    assert start(run) == ""
    assert lease(run.account, "pumps")["owned"]


def test_a_start_that_was_lost_is_not_repeated_while_it_may_show(
    run: Run, service: ModelService
) -> None:
    service.refusals["StartProjectVersion"] = ["InternalServerError"]
    start(run)
    start(run, NOW + 60)
    assert service.asked == []
    start(run, NOW + 61)
    start(run, NOW + 63)
    assert service.asked == [("start", VERSION, 1)]


def test_two_running_models_put_the_run_off(run: Run, service: ModelService) -> None:
    service.refusals["StartProjectVersion"] = ["LimitExceededException"]
    assert start(run) == "StopModel"
    assert not lease(run.account, "pumps")["owned"]
    assert run.state["finished"] == (
        "LimitExceededException: because; an account runs two models at once (Service Quotas); "
        "the next run tries again"
    )
    assert starts(run.account) == [(NOW, NOW, "LimitExceededException")]


def test_a_run_that_was_deferred_counts_against_no_document(
    run: Run, service: ModelService
) -> None:
    service.refusals["StartProjectVersion"] = ["LimitExceededException"]
    start(run)
    with clock(NOW + 1):
        assert run.finish() == ""
    (document,) = run.account.rows("document")
    assert (document["status"], document["runs_without_progress"]) == ("QUEUED", 0)


def test_three_models_that_cannot_start_hold_the_document(
    account: Account, service: ModelService
) -> None:
    put_to_use(account)
    document = queued(account, key=KEY)
    service.status[VERSION] = "EXPIRED"
    for number in range(3):
        with clock(NOW + 3_600 * number):
            run = model_run(account, f"run-{number}")
            assert run.step("StartModel")["next"] == "StopModel"
            run.finish()
    assert account.document(document)["status"] == "HELD"
    assert "EXPIRED" in run.row["reason"]


def test_a_model_that_somebody_started_is_left_alone(run: Run, service: ModelService) -> None:
    service.status[VERSION] = "RUNNING"
    assert start(run) == "StopModel"
    with clock(NOW + 1):
        run.finish()
    assert service.asked == []


def test_starting_is_given_up_after_forty_minutes(run: Run, service: ModelService) -> None:
    start(run)
    service.status[VERSION] = "STARTING"
    account = run.account
    for minute in range(1, 41):
        last = start(run, NOW + 60 * minute)
    assert last == "StopModel"
    assert lease(account, "pumps")["owned"]


def test_an_older_version_of_ours_is_stopped_before_another_starts(
    run: Run, service: ModelService
) -> None:
    start(run)
    service.status[VERSION] = "RUNNING"
    service.status[OTHER] = "STOPPED"
    run.state["version"] = OTHER
    start(run, NOW + 90)
    assert service.asked[1:] == [("stop", VERSION, 0)]
    service.status[VERSION] = "STOPPED"
    start(run, NOW + 120)
    start(run, NOW + 130)
    assert service.asked[2:] == [("start", OTHER, 1)]


def test_the_budget_ends_the_work_before_it_is_spent(run: Run, service: ModelService) -> None:
    # $25 of a unit at $4 an hour are 22,500 s; the hour's deadline comes first.
    start(run)
    assert run.state["deadline"] == NOW + 3_600


def test_a_service_that_does_not_describe_is_asked_again(run: Run, service: ModelService) -> None:
    service.refusals["DescribeProjectVersions"] = ["ThrottlingException"]
    assert start(run) == ""
    assert service.asked == []
    start(run, NOW + 20)
    assert service.asked == [("start", VERSION, 1)]


def test_a_model_stopped_by_hand_is_started_again(run: Run, service: ModelService) -> None:
    start(run)
    service.status[VERSION] = "RUNNING"
    start(run, NOW + 100)
    service.status[VERSION] = "STOPPED"
    with clock(NOW + 110):
        assert run.step("DetectTiles")["next"] == "StartModel"
    start(run, NOW + 111)
    start(run, NOW + 113)
    assert service.asked == [("start", VERSION, 1)] * 2
    assert starts(run.account) == [(NOW, NOW + 111, ""), (NOW + 113, 0, "")]


def test_a_person_who_starts_it_again_before_us_keeps_it(run: Run, service: ModelService) -> None:
    start(run)
    service.status[VERSION] = "RUNNING"
    start(run, NOW + 100)
    service.status[VERSION] = "STOPPED"
    start(run, NOW + 110)
    service.refusals["StartProjectVersion"] = ["ResourceInUseException"]
    start(run, NOW + 112)
    service.status[VERSION] = "RUNNING"
    assert start(run, NOW + 132) == "StopModel"
    with clock(NOW + 133):
        run.finish()
    assert service.asked == [("start", VERSION, 1)]


def test_a_refused_first_start_is_repeated_with_as_many_units(
    run: Run, service: ModelService
) -> None:
    service.refusals["StartProjectVersion"] = ["ThrottlingException"]
    start(run)
    assert run.state["starts"] == 0
    start(run, NOW + 20)
    assert service.asked == [("start", VERSION, 1)]


def test_nothing_is_started_for_tiles_that_ended_in_a_run_that_died(
    account: Account, service: ModelService
) -> None:
    put_to_use(account)
    document = queued(account, key=KEY)
    for tile in range(2):
        page_table.band_outcome(account.ledger, document, 1, tile, "answered")
    run = model_run(account)
    assert run.step("StartModel")["next"] == "DetectTiles"
    assert service.asked == []


def test_a_document_without_tiles_does_not_start_the_model_for_one_that_waits(
    account: Account, service: ModelService
) -> None:
    run = patient(account)
    blank = queued(account, key="incoming/symbols/blank.pdf", tiles=0)
    with clock(NOW):
        assert run.step("OpenRun")["next"] == "StartModel"
        assert run.step("StartModel")["next"] == "DetectTiles"
        assert run.step("DetectTiles")["next"] == "StopModel"
    claimed = [claim.document_id for claim in claim_table.claims(account.ledger, run.state["id"])]
    assert (claimed, service.asked) == ([blank], [])


def test_a_model_that_never_comes_up_holds_the_document(
    account: Account, service: ModelService
) -> None:
    put_to_use(account)
    document = queued(account, key=KEY)
    for number in range(3):
        first = NOW + 9_000 * number
        with clock(first) as time:
            run = model_run(account, f"run-{number}")
            for time.now in range(first, first + 2_461, 60):
                run.step("StartModel")
            assert run.state["next"] == "StopModel"
            run.step("StopModel")
            service.status[VERSION] = "STOPPED"
            run.finish()
    assert account.document(document)["status"] == "HELD"


def test_a_start_that_lasts_longer_than_the_budget_is_given_up(
    account: Account, service: ModelService, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_to_use(account)
    queued(account, key=KEY)
    advance_run = module("advance_run")
    cheap = [replace(each, budget_usd=2.0) for each in advance_run.CONFIGURATION.profiles]
    poor = replace(advance_run.CONFIGURATION, profiles=tuple(cheap))
    monkeypatch.setattr(advance_run, "CONFIGURATION", poor)
    with clock(NOW) as time:
        run = model_run(account)
        for time.now in range(NOW, NOW + 1_741, 60):
            run.step("StartModel")
    # $2 at $4 an hour are 1,800 s, of which 120 s are for stopping.
    assert (run.state["next"], run.state["deadline"]) == ("StopModel", NOW + 1_680)


def patient(account: Account) -> Run:
    """A run over a document of two tiles whose profile waits for 500, or an hour."""
    put_to_use(account)
    document = queued(account, key=KEY)
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET profile.start_when = :enough, queued_at = :now",
        ExpressionAttributeValues={
            ":enough": {"tiles": 500, "oldest_minutes": 60},
            ":now": NOW,
        },
    )
    return Run(account, model="pumps", execution="arn:execution:one")


def test_a_scheduled_run_waits_until_a_start_is_worth_its_price(account: Account) -> None:
    run = patient(account)
    with clock(NOW + 3_599):
        assert run.step("OpenRun", input={"model": "pumps", "reason": "schedule"})["next"] == ""
    with clock(NOW + 3_600):
        assert run.step("OpenRun", input={"model": "pumps"})["next"] == "StartModel"


def test_a_person_who_asks_does_not_wait(account: Account) -> None:
    run = patient(account)
    with clock(NOW):
        assert run.step("OpenRun", input={"at_once": True})["next"] == "StartModel"
