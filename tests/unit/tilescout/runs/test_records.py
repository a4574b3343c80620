from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.tilescout.sample_documents import PROFILE, document
from tilescout.documents import Document
from tilescout.profiles import StartWhen
from tilescout.runs.records import (
    FREE_CALLS,
    Claim,
    Run,
    calls_allowed,
    closing_seconds,
    fits,
    hard_deadline,
    is_start_worth,
    open_tiles,
)


def run(calls_left: int) -> Run:
    return Run(
        id="r",
        model="textract",
        execution="e",
        token=1,
        status="OPEN",
        opened_at=0,
        calls_left=calls_left,
        calls_allowed=100,
    )


def claim(tiles: int, *, detected: bool = False) -> Claim:
    return Claim(document_id="other", tiles=tiles, detected=detected)


def test_calls_made_are_those_no_longer_left() -> None:
    assert run(calls_left=30).calls == 70


def test_the_largest_budget_of_the_model_pays_for_whole_calls_only() -> None:
    cheap, dear = replace(PROFILE, budget_usd=1.0), replace(PROFILE, budget_usd=2.0)
    assert calls_allowed([cheap, dear], price_per_call=0.0015) == 1_333


def test_a_free_detector_is_not_counted() -> None:
    assert calls_allowed([PROFILE], price_per_call=0.0) == FREE_CALLS


def test_the_lease_ends_half_an_hour_after_the_longest_deadline() -> None:
    longer = replace(PROFILE, deadline_minutes=90)
    assert hard_deadline([PROFILE, longer], now=1_000) == 1_000 + 5_400 + 1_800


def test_a_lease_outlives_a_start_that_was_asked_for_at_the_last_moment() -> None:
    model = replace(PROFILE, detector="custom-labels", model_project="valves", start_minutes=40)
    assert closing_seconds([model]) == 1_800 + 2_400


ENOUGH = replace(PROFILE, start_when=StartWhen(tiles=10, oldest_minutes=60))


def waiting(tiles: int, queued_at: int = 1_000, **values: Any) -> Document:
    return document(
        **{"profile": ENOUGH, "status": "QUEUED", "tiles_planned": tiles, "queued_at": queued_at}
        | values
    )


def test_a_start_is_worth_so_many_tiles_together() -> None:
    assert not is_start_worth([waiting(4), waiting(5)], now=1_060)
    assert is_start_worth([waiting(4), waiting(6)], now=1_060)


def test_nothing_waits_longer_than_its_profile_says() -> None:
    assert not is_start_worth([waiting(1)], now=1_000 + 3_599)
    assert is_start_worth([waiting(1)], now=1_000 + 3_600)


def test_what_needs_no_start_is_worth_none() -> None:
    ended = {"tiles_answered": 8, "tiles_failed": 1}
    assert not is_start_worth([waiting(9, **ended)], now=1_000 + 9_999)


def test_what_a_dead_run_left_has_waited_before() -> None:
    assert is_start_worth([waiting(1, status="RUNNING")], now=1_000)


def test_nothing_is_worth_no_start() -> None:
    assert not is_start_worth([], now=1_000)


def test_an_empty_run_takes_any_document() -> None:
    assert fits(document(tiles_planned=500), [], calls_left=1, calls_per_tile=1)


@pytest.mark.parametrize(("calls_left", "does"), [(14, False), (15, True)])
def test_a_document_must_fit_beside_what_is_claimed_and_open(calls_left: int, does: bool) -> None:
    assert fits(document(tiles_planned=10), [claim(5)], calls_left, calls_per_tile=1) is does


def test_a_claim_that_is_detected_takes_nothing_more() -> None:
    claims = [claim(500, detected=True), claim(5)]
    assert fits(document(tiles_planned=10), claims, calls_left=15, calls_per_tile=1)


def test_a_run_that_has_claimed_is_not_empty_again_in_its_next_turn() -> None:
    claims = [claim(500, detected=True)]
    assert not fits(document(tiles_planned=10), claims, calls_left=9, calls_per_tile=1)


def test_only_tiles_without_an_answer_need_calls() -> None:
    half_done = document(tiles_planned=10, tiles_answered=8)
    assert open_tiles(half_done) == 2
    assert fits(half_done, [claim(1)], calls_left=15, calls_per_tile=5)


def test_a_document_without_tiles_always_fits() -> None:
    assert fits(document(tiles_planned=0), [claim(0)], calls_left=0, calls_per_tile=1)
