from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.runs.inference_units import ModelPace, UnitPlan, paid_until, plan_units

HOUR = 3600.0


def plan(
    tiles: int,
    *,
    rate: float = 1.0,
    seconds_left: float = HOUR,
    max_units: int = 5,
    budget_usd: float = 100.0,
) -> UnitPlan:
    return plan_units(
        tiles,
        ModelPace(tiles_per_second_per_unit=rate),
        seconds_left=seconds_left,
        max_units=max_units,
        usd_per_unit_hour=4.0,
        budget_usd=budget_usd,
    )


@pytest.mark.parametrize(("tiles", "units"), [(1, 1), (2_580, 1), (2_581, 2), (5_161, 3)])
def test_as_few_units_as_meet_the_deadline(tiles: int, units: int) -> None:
    # An hour less 900 s for the start and 120 s for the stop leaves 2,580 s.
    assert plan(tiles).units == units


def test_the_price_is_that_of_starting_detecting_and_stopping() -> None:
    one = plan(2_580)
    assert (one.seconds, one.usd) == (3_600.0, 4.0)
    assert one.reason == "the fewest that meet the deadline"


def test_a_faster_model_needs_fewer() -> None:
    assert plan(10_000, rate=1.0).units == 4
    assert plan(10_000, rate=4.0).units == 1


def test_the_limit_of_units_may_miss_the_deadline() -> None:
    late = plan(20_000, max_units=2)
    assert late.units == 2
    assert late.reason == "the deadline is missed: the limit of 2 units allows no more"


def test_the_budget_may_miss_the_deadline() -> None:
    # Two units cost $5.13 for 2,581 tiles, one costs $4.001.
    slow = plan(2_581, budget_usd=4.5)
    assert slow.units == 1
    assert slow.reason == "the deadline is missed: the budget allows no more"


def test_a_budget_that_pays_for_none_of_it_starts_with_one() -> None:
    short = plan(2_581, budget_usd=3.0)
    assert short.units == 1
    assert short.reason == "$3.00 ends the run before its last tile"


def test_a_budget_that_does_not_pay_for_all_is_used_within_the_deadline() -> None:
    # In the hour two units answer 5,160 tiles; for $10 three answer 5,940 and four 4,920.
    many = plan(100_000, budget_usd=10.0)
    assert many.units == 3
    assert many.reason == "$10.00 ends the run before its last tile"


def test_units_beyond_the_quota_of_calls_would_idle() -> None:
    assert plan(1_000_000, rate=25.0, max_units=5).units == 2


@given(st.integers(1, 100_000), st.floats(0.5, 10), st.floats(60, 20_000), st.floats(0.5, 200))
def test_one_unit_less_would_miss_the_deadline(
    tiles: int, rate: float, left: float, budget: float
) -> None:
    planned = plan(tiles, rate=rate, seconds_left=left, budget_usd=budget)
    if planned.reason == "the fewest that meet the deadline" and planned.units > 1:
        fewer = plan(tiles, rate=rate, max_units=planned.units - 1)
        assert fewer.seconds > left


def test_stopping_begins_while_there_is_money_for_it() -> None:
    # $10 at 2 units of $4 last 4,500 s; 120 s of them are for stopping.
    assert paid_until(1_000, 2, usd_per_unit_hour=4.0, budget_usd=10.0) == 1_000 + 4_500 - 120
