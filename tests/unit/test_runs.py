from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.sample_documents import PROFILE, document
from tilescout.runs import (
    FREE_CALLS,
    Claim,
    Run,
    calls_allowed,
    deadline,
    fits,
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


def test_detecting_ends_by_the_longest_deadline() -> None:
    assert deadline([PROFILE, replace(PROFILE, deadline_minutes=90)], now=1_000) == 1_000 + 5_400


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
