from __future__ import annotations

import pytest

from tests.handlers.account import Account
from tests.handlers.between import detector
from tests.handlers.runs import Run, allow, answers, claims, clock, lease, queued, run_with
from tilescout.runs.lease_rules import GRACE, TTL

NOW = 1_800_000_000


def test_nothing_due_costs_nothing(account: Account) -> None:
    run = Run(account)
    assert run.step("OpenRun")["next"] == ""
    assert account.ledger.scan()["Items"] == []
    assert account.rows("run") == []


def test_a_document_that_has_ended_opens_no_run(account: Account) -> None:
    document = queued(account)
    run_with(account)
    assert account.document(document)["status"] == "DONE"
    again = Run(account, execution="another")
    assert again.step("OpenRun")["next"] == ""


def test_a_run_claims_what_is_due(account: Account) -> None:
    document = queued(account)
    run = Run(account).open()
    row = account.document(document)
    assert (row["status"], row["claim_token"], row["run_id"]) == ("RUNNING", 1, run.state["id"])
    assert claims(account, run) == [document]
    assert (lease(account)["owner"], lease(account)["phase"]) == (run.execution, "working")


def test_a_run_is_paced_by_the_quota_of_its_region(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    queued(account)
    assert Run(account).open().state["calls_per_second"] == 1


def test_a_retried_open_run_keeps_its_token_and_its_claims(account: Account) -> None:
    document = queued(account)
    run = Run(account)
    first = run.step("OpenRun")
    run.__post_init__()
    assert run.step("OpenRun") == first
    assert claims(account, run) == [document]
    assert len(account.rows("run")) == 1


def test_a_second_execution_ends_without_writing_anything(account: Account) -> None:
    queued(account)
    Run(account).open()
    before = account.ledger.scan()["Items"], account.documents.scan()["Items"]
    assert Run(account, execution="another").step("OpenRun")["next"] == ""
    assert (account.ledger.scan()["Items"], account.documents.scan()["Items"]) == before


def test_what_is_dropped_while_the_run_is_up_joins_it(account: Account) -> None:
    queued(account)
    with detector(answers):
        run = Run(account).open()
        run.turn()
        late = queued(account, key="incoming/text/late.pdf")
        run.turn()
        run.finish()
    assert account.document(late)["status"] == "DONE"
    assert account.document(late)["run_id"] == run.state["id"]


def test_a_document_that_fits_no_more_waits_for_the_next_run(account: Account) -> None:
    queued(account, 2)
    run = Run(account).open()
    allow(account, run, 5)
    late = queued(account, key="incoming/text/late.pdf")
    run.step("DetectTiles")
    assert account.document(late)["status"] == "QUEUED"


def test_the_documents_of_a_dead_run_are_claimed_by_the_next(account: Account) -> None:
    document = queued(account)
    with clock(NOW) as time, detector(answers):
        dead = Run(account).open()
        account.deliver("detect_tile", dead.hint(document))
        time.now = NOW + TTL + GRACE
        assert Run(account, execution="early").step("OpenRun")["next"] == ""
        time.now = NOW + TTL + GRACE + 1
        Run(account, execution="next").go()
    row = account.document(document)
    assert (row["status"], row["claim_token"], row["calls"]) == ("DONE", 2, 2)
