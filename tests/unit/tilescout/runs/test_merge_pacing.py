from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.messages import MergeHint
from tilescout.runs import merge_pacing
from tilescout.runs.history_budget import MAX_MERGING_TURNS
from tilescout.runs.lease_rules import MAX_WAIT
from tilescout.runs.merge_pacing import MergeTurn, in_turns, next_turn

HOURS_12 = 43_200


def turn(unmerged: int, turns: int = 10, idle: int = 0, seconds_left: int = 9_000) -> MergeTurn:
    return next_turn(unmerged, turns=turns, idle=idle, seconds_left=seconds_left)


def test_a_small_document_is_looked_at_soon_and_a_large_one_seldom() -> None:
    assert turn(1) == MergeTurn(hints=100, wait_seconds=2)
    assert turn(100) == MergeTurn(hints=100, wait_seconds=5)
    assert turn(10_000) == MergeTurn(hints=100, wait_seconds=20)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (turn(0), "every page is merged"),
        (turn(7, idle=901), "no page was merged for long"),
        (turn(7, seconds_left=299), "the hard deadline is near"),
        (turn(7, turns=MAX_MERGING_TURNS), "the run's history is full"),
    ],
)
def test_the_last_turn_tells_why_it_is(found: MergeTurn, reason: str) -> None:
    assert found.ends == reason


def test_when_turns_run_short_they_are_spread_over_the_time_and_bring_no_less() -> None:
    assert turn(5_000, turns=MAX_MERGING_TURNS - 600, seconds_left=36_000) == MergeTurn(
        hints=300, wait_seconds=60
    )
    assert turn(5_000, turns=MAX_MERGING_TURNS - 1, seconds_left=36_000).wait_seconds == MAX_WAIT


@given(st.lists(st.integers(1, 50_000), min_size=1), st.integers(1, 1_900))
def test_the_turns_outlast_an_execution_however_slowly_pages_are_merged(
    unmerged: list[int], turns: int
) -> None:
    """A worst case: detecting has left some turns, and something is unmerged to the last."""
    left = HOURS_12
    for number in range(MAX_MERGING_TURNS + 1):
        found = turn(unmerged[number % len(unmerged)], turns=turns, seconds_left=left)
        if found.ends:
            break
        assert 2 <= found.wait_seconds <= MAX_WAIT
        turns, left = turns + 1, left - found.wait_seconds
    assert found.ends == "the hard deadline is near"
    assert left < merge_pacing.TIME_TO_CLOSE
    assert turns <= MAX_MERGING_TURNS


def hints(document: str, pages: int) -> list[MergeHint]:
    return [
        MergeHint(document_id=document, claim_token=1, page=page) for page in range(1, pages + 1)
    ]


def test_a_document_with_many_pages_leaves_room_for_the_others() -> None:
    sent = in_turns([hints("a", 3), hints("b", 1)], first=0)
    assert [(hint.document_id, hint.page) for hint in sent] == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
        ("a", 3),
    ]


def test_another_time_begins_at_another_page() -> None:
    assert [hint.page for hint in in_turns([hints("a", 3)], first=4)] == [2, 3, 1]
