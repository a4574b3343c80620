from __future__ import annotations

import json

from tests.handlers.account import Account
from tests.handlers.between import crash_at, detector
from tests.handlers.runs import (
    UNAVAILABLE,
    Run,
    answers,
    clock,
    lease,
    queued,
    set_attributes,
    tile,
)

NOW = 1_800_000_000


def test_a_close_run_repeated_after_its_release_only_looks_again(account: Account) -> None:
    queued(account)
    run = Run(account).open()
    queued(account, key="incoming/text/late.pdf")
    run.step("StopModel")
    first = run.step("CloseRun")
    assert run.step("CloseRun")["next"] == first["next"] == "OpenRun"
    assert run.row["status"] == "CLOSED"


def test_a_run_that_failed_before_merging_blames_no_merging(account: Account) -> None:
    document = queued(account)
    with detector(answers):
        run = Run(account).open()
        run.turn()
        run.turn()
    run.step("CloseRun", state={"error": {"Error": "KeyError", "Cause": "x"}})
    assert account.document(document)["runs_without_progress"] == 0


def test_three_runs_without_an_answer_put_the_document_on_hold(account: Account) -> None:
    document = queued(account)
    with clock(NOW) as time, detector(lambda _: UNAVAILABLE):
        for number in range(3):
            assert account.document(document)["status"] == "QUEUED"
            run = Run(account, execution=f"run-{number}").open()
            run.turn()
            time.now += 3
            run.finish()
    row = account.document(document)
    assert row["status"] == "HELD"
    assert row["reason"].startswith("3 runs brought no answer")
    assert tile(account, document)["attempts"] == 0
    assert Run(account, execution="fourth").step("OpenRun")["next"] == ""


def test_an_answer_clears_the_runs_without(account: Account) -> None:
    document = queued(account)
    set_attributes(account, document, runs_without_progress=2)
    with detector(answers):
        run = Run(account).open()
        account.deliver("detect_tile", run.hint(document))
        run.finish()
    assert account.document(document)["runs_without_progress"] == 0


def test_close_run_queues_again_and_releases_last(account: Account) -> None:
    document = queued(account)
    run = Run(account).open()
    run.step("StopModel")
    with crash_at(1000) as calls:
        run.step("CloseRun")
    writes = [call for call in calls if call.startswith(("Put", "Update", "Transact"))]
    assert writes[-1] == "PutItem"
    assert account.document(document)["status"] == "QUEUED"
    assert run.row["status"] == "CLOSED"
    assert (lease(account)["owner"], lease(account)["token"]) == ("", 1)


def test_close_run_looks_again_and_names_what_came_meanwhile(account: Account) -> None:
    queued(account)
    with detector(answers):
        run = Run(account).open()
        run.turn()
        run.turn()
        queued(account, key="incoming/text/late.pdf")
        assert run.finish() == "OpenRun"


def test_a_run_that_failed_records_the_error_and_starts_no_other(account: Account) -> None:
    queued(account)
    run = Run(account).open()
    error = {"Error": "KeyError", "Cause": json.dumps({"errorMessage": "x"})}
    run.step("CloseRun", state={"error": error})
    assert run.row["status"] == "FAILED"
    assert run.row["reason"].startswith("KeyError: ")
    assert run.state["next"] == ""
