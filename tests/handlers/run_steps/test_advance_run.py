from __future__ import annotations

import json

import pytest

from tests.handlers.account import Account
from tests.handlers.between import detector
from tests.handlers.runs import REFUSED, Run, answers, clock, lease, queued, run_with, tile
from tilescout.errors import LeaseLost
from tilescout.runs.lease_rules import GRACE, TTL

NOW = 1_800_000_000


def test_a_whole_run_answers_every_tile_and_ends_the_document(account: Account) -> None:
    document = queued(account, 2)
    run = run_with(account)
    row = account.document(document)
    assert (row["status"], row["tiles_answered"], row["calls"]) == ("DONE", 4, 4)
    assert (run.row["status"], run.row["documents"], run.row["tiles_answered"]) == ("CLOSED", 1, 4)
    assert float(run.row["spent_usd"]) == pytest.approx(4 * 0.0015)
    assert run.row["reason"] == "every tile has ended"
    assert lease(account)["owner"] == ""


def test_a_page_that_could_not_be_rendered_makes_the_document_partial(account: Account) -> None:
    document = queued(account, 3, failed={2: "too large"})
    run_with(account)
    row = account.document(document)
    assert (row["status"], row["reason"]) == ("PARTIAL", "page 2: too large")
    assert (row["tiles_planned"], row["tiles_answered"]) == (4, 4)


def test_a_document_without_tiles_ends_without_a_call(account: Account) -> None:
    document = queued(account, 2, tiles=0)
    with detector(answers) as asked:
        Run(account).go()
    assert account.document(document)["status"] == "DONE"
    assert asked == []


def test_a_tile_refused_twice_fails_and_the_document_is_partial(account: Account) -> None:
    document = queued(account)
    replies = iter([REFUSED, answers({}), REFUSED])
    run_with(account, lambda _: next(replies))
    row = account.document(document)
    assert (row["status"], row["tiles_failed"]) == ("PARTIAL", 1)
    assert row["reason"] == "1 of 2 tiles were not answered"
    assert tile(account, document)["state"] == "failed"


def test_the_phase_is_closing_before_the_run_stops(account: Account) -> None:
    queued(account, tiles=0)
    run = Run(account).open()
    assert run.step("DetectTiles")["next"] == "StopModel"
    assert lease(account)["phase"] == "closing"


def test_an_answer_of_the_last_run_is_kept_and_not_paid_again(account: Account) -> None:
    document = queued(account)
    with detector(answers) as asked:
        run = Run(account).open()
        account.deliver("detect_tile", run.hint(document))
        run.finish()
        Run(account, execution="another").go()
    assert len(asked) == 2
    assert account.document(document)["status"] == "DONE"
    assert account.document(document)["result_id"] == f"{document}-000002"


@pytest.mark.parametrize(
    "step", ["StartModel", "DetectTiles", "StopModel", "MergePages", "CloseRun"]
)
def test_a_run_that_lost_its_lease_raises_and_writes_nothing(account: Account, step: str) -> None:
    queued(account)
    with clock(NOW) as time:
        slow = Run(account).open()
        time.now = NOW + TTL + GRACE + 1
        Run(account, execution="next").open()
        before = account.ledger.scan()["Items"], account.documents.scan()["Items"]
        with pytest.raises(LeaseLost):
            slow.step(step)
    assert (account.ledger.scan()["Items"], account.documents.scan()["Items"]) == before
    assert account.received("tiles") == []


def test_a_run_past_its_hard_deadline_raises(account: Account) -> None:
    queued(account)
    with clock(NOW) as time:
        run = Run(account).open()
        while time.now < NOW + 90 * 60 - 60:
            time.now += 60
            run.step("StartModel")
        time.now += 61
        with pytest.raises(LeaseLost):
            run.step("StartModel")


def test_hints_for_merges_are_sent_for_complete_documents_only(account: Account) -> None:
    done, open_still = queued(account), queued(account, 3, key="incoming/text/long.pdf")
    with detector(answers):
        run = Run(account).open()
        for number in (0, 1):
            account.deliver("detect_tile", run.hint(done, 1, number))
        run.step("DetectTiles")
    hints = [json.loads(body) for body in account.received("merges")]
    assert hints == [{"document_id": done, "claim_token": 1, "page": 1}]
    assert account.document(open_still)["status"] == "RUNNING"


def test_a_worker_that_commits_while_the_run_stops_is_still_merged(account: Account) -> None:
    document = queued(account, tiles=1)
    with clock(NOW), detector(answers):
        run = Run(account).open()
        hint = run.hint(document)

        def stopped_meanwhile(request: dict[str, object]) -> tuple[int, dict[str, object]]:
            run.step("StopModel")
            return answers(request)

        with detector(stopped_meanwhile):
            account.deliver("detect_tile", hint)
        run.finish()
    assert account.document(document)["status"] == "DONE"
