from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.handlers.account import Account
from tests.handlers.between import detector
from tests.handlers.runs import UNAVAILABLE, Run, allow, answers, clock, queued, tile
from tilescout.aws.tables import page_table
from tilescout.handlers.run_steps import survey
from tilescout.messages import TileHint, parse

NOW = 1_800_000_000


def test_hints_are_for_pending_tiles_of_this_run(account: Account) -> None:
    document = queued(account, 1)
    run = Run(account).open()
    run.step("DetectTiles")
    hints = [parse(TileHint, body) for body in account.received("tiles")]
    assert [(hint.document_id, hint.page, hint.tile, hint.token) for hint in hints] == [
        (document, 1, 0, 1),
        (document, 1, 1, 1),
    ]


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
    assert tile(account, document)["attempts"] == 1


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
    assert account.document(document)["runs_without_progress"] == 1


def test_a_used_up_budget_ends_the_run_and_queues_the_document_again(account: Account) -> None:
    document = queued(account, 3)
    with clock(NOW) as time, detector(answers) as asked:
        run = Run(account).open()
        allow(account, run, 4)
        while not run.turn():
            time.now += 20
        run.finish()
    row = account.document(document)
    assert len(asked) == 4
    assert (row["status"], run.row["reason"]) == ("QUEUED", "budget")
    assert row["runs_without_progress"] == 0


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
        allow(account, run, allowed)
        for page, number in order:
            account.deliver("detect_tile", run.hint(document, page, number))
        assert len(billed) <= allowed
        assert run.row["calls_left"] == allowed - len(billed)


def test_a_lost_worker_counts_once_a_run_and_its_tile_is_given_up_at_last(
    account: Account,
) -> None:
    document = queued(account)
    pk = tile(account, document)["pk"]
    with clock(NOW) as time, detector(answers):
        account.ledger.update_item(
            Key={"pk": pk, "sk": "TILE#000000"},
            UpdateExpression="SET attempts = :three",
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
    monkeypatch.setattr(survey, "TILES_PER_TURN", 2)
    document = queued(account, 4)
    for number in (0, 1):
        account.ledger.update_item(
            Key={"pk": f"TILES#{document}#00001#0000", "sk": f"TILE#{number:06d}"},
            UpdateExpression="SET attempts = :three",
            ExpressionAttributeValues={":three": 3},
        )
    with detector(answers):
        Run(account).go()
    row = account.document(document)
    assert (row["status"], row["tiles_answered"], row["tiles_failed"]) == ("PARTIAL", 6, 2)
