from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.handlers.account import Account
from tests.handlers.between import crash_at, detector
from tests.handlers.runs import (
    REFUSED,
    UNAVAILABLE,
    Run,
    answers,
    clock,
    lease,
    queued,
    run_with,
    tile,
)
from tilescout.aws import claim_table, page_table
from tilescout.errors import LeaseLost
from tilescout.handlers.run_steps import progress
from tilescout.messages import TileHint, parse
from tilescout.run_protocol import GRACE, TTL

NOW = 1_800_000_000


def set_attributes(account: Account, document: str, **values: object) -> None:
    """Of a document or a run."""
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )


def claims(account: Account, run: Run) -> list[str]:
    return [claim.document_id for claim in claim_table.claims(account.ledger, run.state["id"])]


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


def test_a_whole_run_answers_every_tile_and_ends_the_document(account: Account) -> None:
    document = queued(account, 2)
    run = run_with(account)
    row = account.document(document)
    assert (row["status"], row["tiles_answered"], row["calls"]) == ("DONE", 4, 4)
    assert (run.row["status"], run.row["documents"], run.row["tiles_answered"]) == ("CLOSED", 1, 4)
    assert float(run.row["spent_usd"]) == pytest.approx(4 * 0.0015)
    assert run.row["reason"] == "every tile has ended"
    assert lease(account)["owner"] == ""


def test_hints_are_for_pending_tiles_of_this_run(account: Account) -> None:
    document = queued(account, 1)
    run = Run(account).open()
    run.step("DetectTiles")
    hints = [parse(TileHint, body) for body in account.received("tiles")]
    assert [(hint.document_id, hint.page, hint.tile, hint.token) for hint in hints] == [
        (document, 1, 0, 1),
        (document, 1, 1, 1),
    ]


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


def test_a_throttled_tile_is_sent_again_after_its_time(account: Account) -> None:
    document = queued(account, tiles=1)
    with clock(NOW) as time:
        run = Run(account).open()
        with detector(lambda _: UNAVAILABLE):
            run.turn()
        with detector(answers) as asked:
            time.now = NOW + 14
            run.turn()
            assert asked == []
            time.now = NOW + 15
            run.turn()
            assert len(asked) == 1
    assert tile(account, document)["asked"] == 1


def test_an_answer_that_a_crash_left_uncounted_is_counted_by_the_loop(account: Account) -> None:
    document = queued(account, tiles=1)
    run = Run(account).open()
    with detector(answers) as asked:
        account.deliver("detect_tile", run.hint(document))
        band = {"pk": f"DOC#{document}", "sk": "BAND#00001#0000"}
        account.ledger.update_item(Key=band, UpdateExpression="REMOVE answered")
        assert run.step("DetectTiles")["next"] == ""
        assert account.received("tiles") == []
        assert run.step("DetectTiles")["next"] == "StopModel"
    assert len(asked) == 1
    assert page_table.bands(account.ledger, document)[0].answered == {0}


def test_the_phase_is_closing_before_the_run_stops(account: Account) -> None:
    queued(account, tiles=0)
    run = Run(account).open()
    assert run.step("DetectTiles")["next"] == "StopModel"
    assert lease(account)["phase"] == "closing"


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
    set_attributes(account, run.state["id"], calls_left=5)
    late = queued(account, key="incoming/text/late.pdf")
    run.step("DetectTiles")
    assert account.document(late)["status"] == "QUEUED"


def test_the_deadline_ends_the_run_and_queues_the_document_again(account: Account) -> None:
    document = queued(account)
    with clock(NOW) as time, detector(answers):
        run = Run(account).open()
        run.state["deadline"] = NOW + 600
        account.deliver("detect_tile", run.hint(document))
        for _ in range(60):
            time.now += 60
            if run.step("DetectTiles")["next"]:
                break
        assert run.finish() == ""
    row = account.document(document)
    assert time.now >= NOW + 600
    assert (row["status"], run.row["reason"]) == ("QUEUED", "deadline")
    assert run.row["requeued"] == 1


def test_a_run_in_which_nothing_ends_stops_long_before_its_deadline(account: Account) -> None:
    document = queued(account)
    with clock(NOW) as time:
        run = Run(account).open()
        for _ in range(60):
            time.now += 60
            if run.step("DetectTiles")["next"]:
                break
        run.finish()
    assert time.now <= NOW + 1_400
    assert run.row["reason"] == "no progress"
    assert account.document(document)["barren_runs"] == 1


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
    assert account.document(document)["barren_runs"] == 0


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


def test_a_used_up_budget_ends_the_run_and_queues_the_document_again(account: Account) -> None:
    document = queued(account, 3)
    with clock(NOW) as time, detector(answers) as asked:
        run = Run(account).open()
        set_attributes(account, run.state["id"], calls_left=4, calls_allowed=4)
        while not run.turn():
            time.now += 20
        run.finish()
    row = account.document(document)
    assert len(asked) == 4
    assert (row["status"], run.row["reason"]) == ("QUEUED", "budget")
    assert row["barren_runs"] == 0


@settings(
    deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 1)), min_size=10, max_size=25),
    allowed=st.integers(0, 5),
    unavailable=st.sets(st.integers(1, 12)),
)
def test_no_order_of_hints_makes_more_calls_than_are_allowed(
    order: list[tuple[int, int]], allowed: int, unavailable: set[int]
) -> None:
    billed = []

    def reply(request: dict[str, object]) -> tuple[int, dict[str, object]]:
        if len(billed) + 1 in unavailable:
            unavailable.discard(len(billed) + 1)
            return UNAVAILABLE
        billed.append(request)
        return answers(request)

    with mock_aws(), detector(reply):
        account = Account.create()
        document = queued(account, 3)
        run = Run(account).open()
        set_attributes(account, run.state["id"], calls_left=allowed, calls_allowed=allowed)
        for page, number in order:
            account.deliver("detect_tile", run.hint(document, page, number))
        assert len(billed) <= allowed
        assert run.row["calls_left"] == allowed - len(billed)


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
    assert tile(account, document)["asked"] == 0
    assert Run(account, execution="fourth").step("OpenRun")["next"] == ""


def test_an_answer_clears_the_runs_without(account: Account) -> None:
    document = queued(account)
    set_attributes(account, document, barren_runs=2)
    with detector(answers):
        run = Run(account).open()
        account.deliver("detect_tile", run.hint(document))
        run.finish()
    assert account.document(document)["barren_runs"] == 0


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


def test_a_lost_worker_counts_once_a_run_and_its_tile_is_given_up_at_last(
    account: Account,
) -> None:
    document = queued(account)
    pk = tile(account, document)["pk"]
    with clock(NOW) as time, detector(answers):
        account.ledger.update_item(
            Key={"pk": pk, "sk": "TILE#000000"},
            UpdateExpression="SET asked = :three",
            ExpressionAttributeValues={":three": 3},
        )
        run = Run(account).open()
        run.turn()
        time.now += 5
        while not run.turn():
            time.now += 5
        run.finish()
    row = account.document(document)
    assert (row["status"], row["tiles_failed"]) == ("PARTIAL", 1)


def test_a_look_that_cannot_read_every_band_goes_on_with_the_next(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SCAN", 2)
    document = queued(account, 4)
    for number in (0, 1):
        account.ledger.update_item(
            Key={"pk": f"TILES#{document}#00001#0000", "sk": f"TILE#{number:06d}"},
            UpdateExpression="SET asked = :three",
            ExpressionAttributeValues={":three": 3},
        )
    with detector(answers):
        Run(account).go()
    row = account.document(document)
    assert (row["status"], row["tiles_answered"], row["tiles_failed"]) == ("PARTIAL", 6, 2)


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
