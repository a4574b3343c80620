"""Figures that moved are told, and those of a stationary stream are not."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tilescout.drift.sheets import drawn, sheet
from tilescout.drift.comparison import compare, distance, mean_shares
from tilescout.drift.histograms import CONFIDENCE, PER_TILE
from tilescout.drift.sheet_figures import SheetFigures

SHARES = st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any)
BASELINE = drawn(100, 85, seed=1)


def moved(recent: list[SheetFigures]) -> list[str]:
    return [change.name for change in compare(BASELINE, recent) if change.has_moved]


def test_lower_confidence_is_told_with_its_medians() -> None:
    changes = compare(BASELINE, drawn(20, 72, seed=2))
    assert changes[0].name == CONFIDENCE
    assert changes[0].has_moved
    assert changes[0].medians == (87.5, 72.5)


def test_more_sheets_of_the_same_kind_move_nothing() -> None:
    assert [moved(drawn(20, 85, seed=seed)) for seed in range(3, 23)] == [[]] * 20


def test_a_label_that_disappears_is_told() -> None:
    recent = [sheet(n, [85.0] * 20, valves_per_tile=None) for n in range(20)]
    assert "per tile: valve" in moved(recent)


def test_a_label_that_nobody_had_is_told() -> None:
    old = [sheet(n, [85.0] * 20, valves_per_tile=None) for n in range(40)]
    new = [sheet(n, [85.0] * 20, valves_per_tile=1.0) for n in range(20)]
    assert [each.name for each in compare(old, new) if each.has_moved] == ["per tile: valve"]


@pytest.mark.parametrize(("before", "now"), [(29, 20), (100, 4)])
def test_too_few_sheets_say_nothing(before: int, now: int) -> None:
    assert compare(BASELINE[:before], drawn(now, 50, seed=2)) == ()


def test_sheets_that_each_repeat_one_value_do_not_count_as_many() -> None:
    """A day whose eight sheets have 1,000 alike detections each is eight values, not 8,000."""
    old = [sheet(n, [70.0 + 3 * (n % 10)] * 1000) for n in range(100)]
    new = [sheet(n, [70.0 + 3 * (n % 4)] * 1000) for n in range(8)]
    assert not any(change.has_moved for change in compare(old, new))


def with_labels(count: int, seed: int) -> list[SheetFigures]:
    """Sheets with 60 labels, each there on every third sheet by chance."""
    chance = random.Random(seed)
    return [
        replace(
            each, histograms={f"{PER_TILE}{n}": {chance.choice((0, 0, 9)): 1} for n in range(60)}
        )
        for each in drawn(count, 85, seed)
    ]


def test_many_labels_raise_no_more_alarms() -> None:
    baseline = with_labels(100, seed=1)
    days = [compare(baseline, with_labels(20, seed=seed)) for seed in range(2, 22)]
    assert [change.name for day in days for change in day if change.has_moved] == []


@given(SHARES, SHARES)
def test_the_distance_is_that_of_any_order_and_at_most_one(one: list[int], two: list[int]) -> None:
    a, b = (tuple(n / sum(each) for n in each) for each in (one, two))
    assert distance(a, b) == distance(b, a) <= 1 + 1e-9
    assert distance(a, mean_shares([a, a])) == pytest.approx(0)
