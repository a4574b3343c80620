from __future__ import annotations

from dataclasses import replace

import pytest

from tilescout.ledger import BandRow, Reservation, TileRow
from tilescout.runs.records import Claim
from tilescout.runs.reservations import MAX_ATTEMPTS, MAX_REFUSALS
from tilescout.runs.survey import LedgerRows, Survey, survey_rows, waiting_tiles

NOW = 1_000
OPEN = Claim(document_id="open", tiles=4)
DONE = Claim(document_id="done", detected=True, answered=7, failed=1)
PENDING = TileRow(page=1, tile=0, box=(0, 0, 100, 100), image="image")


def band(planned: int = 4, answered: tuple[int, ...] = (), failed: tuple[int, ...] = ()) -> BandRow:
    return BandRow(
        page=1, band=0, planned=planned, answered=frozenset(answered), failed=frozenset(failed)
    )


def look(*tiles: TileRow, bands: tuple[BandRow, ...] = (band(),), answered_at: int = 900) -> Survey:
    rows = LedgerRows(
        claims=(OPEN, DONE),
        bands={"open": list(bands)},
        tiles=[("open", tile) for tile in tiles],
    )
    return survey_rows(rows, token=5, now=NOW, answered_at=answered_at)


def test_documents_whose_tiles_have_ended_count_by_their_claims_and_others_by_their_bands() -> None:
    seen = look(bands=(band(answered=(0, 1), failed=(1, 2)),))
    assert (seen.answered, seen.failed) == (7 + 2, 1 + 1)


def test_a_tile_that_a_crash_kept_from_its_band_is_not_sent_again() -> None:
    seen = look(replace(PENDING, state="answered"))
    assert (seen.reserved, seen.sendable) == (1, [])


def test_tiles_that_were_never_sent_come_before_those_that_came_back() -> None:
    back = replace(PENDING, tile=1, retry_at=900)
    seen = look(back, replace(PENDING, tile=2))
    assert seen.sendable == [("open", 1, 2), ("open", 1, 1)]


def test_a_tile_waits_for_its_time_and_for_the_worker_that_holds_it() -> None:
    held = replace(PENDING, reservation=Reservation(id="r", until=1_100, token=5))
    seen = look(held, replace(PENDING, tile=1, retry_at=1_001))
    assert (seen.reserved, seen.sendable) == (2, [])


def test_a_refused_tile_is_given_up_and_one_without_attempts_left_only_beside_answers() -> None:
    refused = replace(PENDING, refusals=MAX_REFUSALS)
    spent = replace(PENDING, tile=1, attempts=MAX_ATTEMPTS)
    assert look(refused, spent).given_up == [("open", refused, True), ("open", spent, True)]
    alone = look(refused, spent, answered_at=0)
    assert (alone.given_up, alone.stuck) == ([("open", refused, False)], 1)


def test_a_claim_is_complete_once_every_band_is() -> None:
    ended = band(planned=2, answered=(0,), failed=(1,))
    assert look(bands=(ended, band())).complete == []
    assert look(bands=(ended,)).complete == [replace(OPEN, detected=True, answered=1, failed=1)]


def test_a_document_without_tiles_is_complete() -> None:
    assert look(bands=()).complete == [replace(OPEN, detected=True)]


def test_a_look_that_found_nothing_to_send_begins_further_on_if_it_left_tiles_out() -> None:
    seen = Survey(unread=10, bands_read=400)
    assert seen.next_band(100) == 500
    seen.since["open", 1, 0] = 0
    assert seen.next_band(100) == 100


def test_a_few_tiles_with_server_errors_may_be_at_fault_only_beside_answers() -> None:
    failing = replace(PENDING, server_errors=1)
    assert look(failing).may_blame
    assert not look(failing, answered_at=0).may_blame
    assert not look(*(replace(failing, tile=number) for number in range(11))).may_blame


SAME = tuple(replace(PENDING, tile=tile, reuse_key="same") for tile in range(3))


def test_tiles_that_look_alike_wait_for_the_first_of_them() -> None:
    other = replace(PENDING, tile=3, reuse_key="other")
    assert waiting_tiles([*SAME, other], NOW) == {1, 2}
    held = replace(SAME[0], attempts=1, reservation=Reservation(id="r", until=1_100, token=5))
    assert waiting_tiles([held, *SAME[1:]], NOW) == {1, 2}


def test_tiles_whose_image_is_not_known_wait_for_none() -> None:
    assert waiting_tiles([PENDING, replace(PENDING, tile=1)], NOW) == frozenset()


@pytest.mark.parametrize(
    "first",
    [
        replace(SAME[0], state="answered", attempts=1),
        replace(SAME[0], state="failed", attempts=3),
        replace(SAME[0], refusals=1),
        replace(SAME[0], server_errors=1),
        replace(SAME[0], attempts=1, reservation=Reservation(id="r", until=NOW, token=5)),
    ],
)
def test_tiles_wait_no_longer_than_for_one_attempt(first: TileRow) -> None:
    assert waiting_tiles([first, *SAME[1:]], NOW) == frozenset()


def test_a_waiting_tile_is_not_sent_and_keeps_no_run_open() -> None:
    rows = LedgerRows(
        claims=(OPEN,),
        bands={"open": [band()]},
        tiles=[("open", tile) for tile in SAME],
        waiting=frozenset({("open", 1, 1), ("open", 1, 2)}),
    )
    seen = survey_rows(rows, token=5, now=NOW, answered_at=900)
    assert (seen.sendable, seen.reserved, seen.stuck) == ([("open", 1, 0)], 0, 0)
