from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from benchmarks.simulation.arrivals import HOUR, Drawing
from benchmarks.simulation.bulk import Bulk, with_rate
from benchmarks.simulation.bulk_runs import simulate
from benchmarks.simulation.clock import DAY_ZERO
from benchmarks.simulation.custom_labels import ModelSettings
from benchmarks.simulation.tilescout_system.hint_spread import spread_seconds
from benchmarks.simulation.tilescout_system.system import PROFILE, Tilescout
from benchmarks.simulation.world import SYSTEM, new_world
from tilescout.aws import queues
from tilescout.runs.detecting import DetectingTurn
from tilescout.runs.records import RunState

LONG = Bulk(pages=100, units=1, deadline_minutes=600, budget_usd=250.0)


def test_more_pages_take_longer_and_cost_more_but_less_a_page() -> None:
    small, large = simulate(LONG), simulate(replace(LONG, pages=200))
    assert large.finished > small.finished
    assert large.model_usd() > small.model_usd()
    assert large.usd_per_page(replace(LONG, pages=200)) < small.usd_per_page(LONG)


@pytest.mark.parametrize("rate", [1.0, 2.8, 5.0])
def test_more_units_are_never_later(rate: float) -> None:
    case = with_rate(replace(LONG, evenly=True), rate)
    hours = [simulate(replace(case, units=units)).finished for units in (1, 2, 5)]
    assert hours == sorted(hours, reverse=True)


def test_a_start_that_is_free_saves_exactly_its_unit_hours() -> None:
    came = simulate(replace(LONG, units=2))
    saved = came.model_usd() - came.model_usd(starting_is_billed=False)
    assert saved == pytest.approx(came.runs * 2 * 4.0 * 910 / 3600)


def test_a_short_deadline_makes_several_runs() -> None:
    hurried = simulate(replace(LONG, pages=500, deadline_minutes=20, evenly=True))
    assert hurried.runs > 2
    assert hurried.why_more_runs == "deadline"
    assert hurried.is_finished


def test_the_flow_of_tiles_agrees_with_single_tiles() -> None:
    day = [Drawing(name=f"sheet-{number}", at=DAY_ZERO + HOUR, tiles=24) for number in range(100)]
    model = ModelSettings(start_minutes=(15, 15), tiles_per_second_per_unit=5.0)
    world = new_world(day, model, [], seed=1)
    Tilescout(world, profile=replace(PROFILE, deadline_minutes=600, budget_usd=250.0))
    world.clock.run_until(DAY_ZERO + 12 * HOUR)
    world.model.read_meters()
    running = world.model.meter(SYSTEM).unit_ms["RUNNING"] / 1000
    flowing = simulate(with_rate(replace(LONG, assumed_rate=1.0), 5.0))
    assert world.history.lost() == 0
    assert flowing.up_unit_seconds - 75 == pytest.approx(running, rel=0.1)


class _Sqs:
    """Keeps the delays of what is sent."""

    def __init__(self) -> None:
        self.delays: list[int] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        self.delays += [entry["DelaySeconds"] for entry in Entries]
        return {}


def test_hints_are_spread_as_the_handler_spreads_them() -> None:
    sqs = _Sqs()
    tiles = [("document", 1, tile) for tile in range(100)]
    state = RunState(model=PROFILE.model, execution="run", calls_per_second=5.0)
    turn = DetectingTurn(replace(state, wait_seconds=80), tiles)
    queues.send(cast(Any, sqs), "tiles", turn.hints, turn.state.wait_seconds)
    spread = spread_seconds(100, 80, 5.0)
    assert sorted(sqs.delays) == [int(spread * number / 100) for number in range(100)]
