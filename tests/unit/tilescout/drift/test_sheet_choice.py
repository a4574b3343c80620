"""The sheets that differ most come first, and those to annotate differ from each other."""

from __future__ import annotations

from tests.unit.tilescout.drift.sheets import drawn, sheet
from tilescout.drift.sheet_choice import annotate_next, rank_by_difference

BASELINE = drawn(60, 85, seed=1)
DIM = [sheet(n, [42.0] * 20) for n in range(100, 105)]
EMPTY = sheet(200, [], valves_per_tile=None)
USUAL = drawn(5, 85, seed=2, first=300)


def test_the_sheet_that_differs_most_comes_first_with_what_differs() -> None:
    ranked = rank_by_difference(BASELINE, [*USUAL, *DIM])
    assert {each.sheet.key for each in ranked[:5]} == {each.key for each in DIM}
    assert ranked[0].figure == "confidence"
    assert ranked[0].doubt == 0.575


def test_what_is_annotated_next_is_not_five_times_the_same() -> None:
    ranked = rank_by_difference(BASELINE, [*USUAL, *DIM, EMPTY])
    chosen = [each.sheet.key for each in annotate_next(ranked, 3)]
    assert len({*chosen} & {each.key for each in DIM}) == 1
    assert EMPTY.key in chosen


def test_a_drawing_is_annotated_once() -> None:
    twice = [sheet(n, [42.0], key="incoming/symbols/same.pdf") for n in (1, 2)]
    assert len(annotate_next(rank_by_difference(BASELINE, twice), 9)) == 1
