from __future__ import annotations

from dataclasses import replace

import pytest

from tilescout.ledger import BandRow, TileRow
from tilescout.runs import closing
from tilescout.runs.history_budget import MAX_CLOSING_TURNS
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_records import ModelCost
from tilescout.runs.pacing import NOTHING_ENDS
from tilescout.runs.records import Claim, HeldRun, RunState, unrecorded_run
from tilescout.transitions.decisions import RunEnd

NOW = 100_000
STATE = RunState(model="pumps", execution="e", token=7, price_per_call=0.0015)
HELD = HeldRun(
    state=STATE,
    lease=Lease(model="pumps", owner="e", token=7),
    record=unrecorded_run(STATE, NOW - 900),
    claims=(Claim(document_id="a", failed=2), Claim(document_id="b", requeued=True)),
    now=NOW,
)
ANSWERED = replace(HELD, record=replace(HELD.record, tiles_answered=3, last_answer_at=NOW - 60))
STALLED = replace(ANSWERED, state=replace(STATE, finished=NOTHING_ENDS))
OPEN = BandRow(page=1, band=0, planned=3, answered=frozenset({0}))
FULL = BandRow(page=1, band=1, planned=1, answered=frozenset({256}))


def test_what_a_document_had_answered_is_counted_in_its_bands_while_tiles_are_open() -> None:
    requeued = closing.requeued(Claim(document_id="a"), [OPEN, FULL])
    assert (requeued.answered, requeued.requeued) == (2, True)


def test_a_document_whose_tiles_have_ended_keeps_the_count_of_its_claim() -> None:
    claim = Claim(document_id="a", detected=True, answered=9)
    assert closing.requeued(claim, []).answered == 9


def test_a_run_that_failed_without_an_answer_says_so_of_its_documents() -> None:
    end = closing.run_end(replace(HELD, error="Crash: x"), Claim(document_id="a", answered=1))
    assert end == RunEnd(token=7, answered=1, without_answer=True, failed=True)


@pytest.mark.parametrize(
    ("held", "forgivable"),
    [
        (HELD, [OPEN]),
        (STALLED, [OPEN]),
        (ANSWERED, []),
        (replace(HELD, state=replace(STATE, turns=MAX_CLOSING_TURNS)), []),
    ],
    ids=["without an answer", "stalled", "no outage", "no turns left"],
)
def test_open_bands_are_forgiven_after_an_outage(held: HeldRun, forgivable: list[BandRow]) -> None:
    assert closing.forgivable(held, [OPEN, FULL]) == forgivable


def test_server_errors_of_an_outage_do_not_count() -> None:
    row = TileRow(page=1, tile=1, box=(0, 0, 9, 9), image="i", attempts=2, server_errors=2)
    assert closing.forgiveness(STALLED)(row) == replace(row, server_errors=0)
    assert closing.forgiveness(HELD)(row) == replace(row, server_errors=0)


def test_the_record_counts_and_prices_what_the_run_did() -> None:
    run = replace(HELD, record=replace(HELD.record, calls_allowed=10, calls_left=6))
    record = closing.closed_record(run, ModelCost(seconds=900, usd=1.0))
    assert record == {
        "status": "CLOSED",
        "closed_at": NOW,
        "documents": 2,
        "tiles_failed": 2,
        "tiles_reused": 0,
        "spent_usd": pytest.approx(1.006),
        "model_seconds": 900,
        "model_usd": 1.0,
        "reason": "",
        "requeued": 1,
    }


def test_the_pace_is_measured_since_the_model_was_ready() -> None:
    ready = replace(HELD, state=replace(STATE, ready_at=NOW - 200, answered_before=10))
    record = replace(HELD.record, tiles_answered=210, last_answer_at=NOW - 100, units=2)
    pace = closing.measured_pace(replace(ready, record=record))
    assert pace == {"tiles_per_second_per_unit": 1.0, "measured_at": NOW}


def test_tiles_that_took_an_answer_given_before_say_nothing_of_the_pace() -> None:
    ready = replace(HELD, state=replace(STATE, ready_at=NOW - 200, answered_before=10))
    record = replace(
        HELD.record, tiles_answered=310, tiles_reused=100, last_answer_at=NOW - 100, units=2
    )
    pace = closing.measured_pace(replace(ready, record=record))
    assert pace == {"tiles_per_second_per_unit": 1.0, "measured_at": NOW}


def test_a_run_without_a_ready_model_measures_nothing() -> None:
    assert closing.measured_pace(ANSWERED) is None
