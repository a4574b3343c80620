from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.aws_sample.definition import DEFINITION
from benchmarks.aws_sample.system import AwsSample
from benchmarks.simulation.arrivals import HOUR, Drawing, tiles_of, working_day
from benchmarks.simulation.clock import DAY_ZERO, Clock, Sleeping
from benchmarks.simulation.custom_labels import CustomLabels, ModelSettings, metered_from
from benchmarks.simulation.days import sample_day, tilescout_day
from benchmarks.simulation.faults import Fault, Faults, ServiceError
from benchmarks.simulation.outcome import failures
from benchmarks.simulation.queue import EventSource, FunctionFailed, Queue
from benchmarks.simulation.scenario_kinds import Scenario
from benchmarks.simulation.tilescout_system.system import PROFILE, Tilescout
from benchmarks.simulation.world import SYSTEM, World, new_world
from tilescout.runs.model_lifecycle import UP

MORNING = [
    Drawing(name=f"sheet-{number}", at=DAY_ZERO + (8 + number / 5) * HOUR, tiles=24)
    for number in range(8)
]
END = DAY_ZERO + 24 * HOUR


def morning(*faults: Fault, **settings_: object) -> World:
    known = ModelSettings(**settings_)  # type: ignore[arg-type]
    return new_world(list(MORNING), known, list(faults), seed=7)


def test_an_a1_sheet_has_24_tiles_and_an_a0_sheet_48() -> None:
    assert (tiles_of("A1"), tiles_of("A0")) == (24, 48)


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert working_day(3) == working_day(3)
    assert working_day(3) != working_day(4)
    assert len(working_day(3)) == 92


@pytest.mark.parametrize("system", [AwsSample, Tilescout])
def test_time_from_the_event_log_is_the_time_on_the_meter(system: type) -> None:
    world = morning()
    AwsSample(world, 7) if system is AwsSample else Tilescout(world)
    world.clock.run_until(END)
    world.model.read_meters()
    recounted = metered_from(world.model.log, SYSTEM, END * 1000)
    assert recounted.unit_ms == world.model.meter(SYSTEM).unit_ms
    assert recounted.billed_ms(starting_is_billed=True) > 0


def test_a_model_started_for_an_hour_is_metered_to_the_millisecond() -> None:
    clock = Clock()
    model = CustomLabels(
        clock, ModelSettings(start_minutes=(15, 15), stop_seconds=60), Faults(), seed=1
    )
    model.start(SYSTEM, 2)
    clock.at(DAY_ZERO + HOUR, lambda: model.stop(SYSTEM))
    clock.run_until(DAY_ZERO + 2 * HOUR)
    model.read_meters()
    assert model.meter(SYSTEM).unit_ms == {
        "STARTING": 2 * 900_000,
        "RUNNING": 2 * 2_700_000,
        "STOPPING": 2 * 60_000,
        "STOPPED": 2 * 3_540_000,
    }
    assert model.meter(SYSTEM).billed_ms(starting_is_billed=True) == 2 * 3_660_000
    assert model.meter(SYSTEM).billed_ms(starting_is_billed=False) == 2 * 2_760_000


def test_a_model_that_is_up_refuses_a_start_and_one_that_is_down_a_stop() -> None:
    model = CustomLabels(Clock(), ModelSettings(), Faults(), seed=1)
    with pytest.raises(ServiceError, match="ResourceInUse"):
        model.stop(SYSTEM)
    model.start(SYSTEM, 1)
    with pytest.raises(ServiceError, match="ResourceInUse"):
        model.start(SYSTEM, 1)


def test_both_systems_are_the_same_again_with_the_same_seed() -> None:
    quiet = Scenario(name="quiet")
    assert sample_day(quiet, seed=2) == sample_day(quiet, seed=2)
    assert tilescout_day(quiet, seed=2) == tilescout_day(quiet, seed=2)
    assert tilescout_day(quiet, seed=2) != tilescout_day(quiet, seed=3)


def test_without_a_fault_both_answer_every_tile_once_and_end_with_the_model_down() -> None:
    for system in (sample_day, tilescout_day):
        day = system(Scenario(name="quiet"), 2)
        assert failures(day, day) == []


def test_the_samples_workflow_has_no_retry_no_catch_and_no_timeout() -> None:
    assert "TimeoutSeconds" not in DEFINITION
    states = DEFINITION["States"].values()
    assert not any("Retry" in state or "Catch" in state for state in states)


def test_one_failed_function_leaves_the_samples_model_running() -> None:
    world = morning(Fault(point="lambda:Check Queue Again", since=DAY_ZERO, times=1))
    AwsSample(world, 7)
    world.clock.run_until(END)
    assert world.model.status == "RUNNING"


def test_a_refused_stop_leaves_the_samples_model_running() -> None:
    refused = Fault(point="call:StopProjectVersion", since=DAY_ZERO + 10.5 * HOUR, times=1)
    world = morning(refused)
    AwsSample(world, 7)
    world.clock.run_until(END)
    assert (refused.hits, world.model.status) == (1, "RUNNING")


@pytest.mark.parametrize(
    "point",
    [
        "lambda:OpenRun",
        "lambda:StartModel",
        "lambda:DetectTiles",
        "lambda:StopModel",
        "lambda:MergePages",
        "lambda:CloseRun",
        "call:StartProjectVersion",
        "call:StopProjectVersion",
        "call:DescribeProjectVersions",
    ],
)
def test_no_single_error_leaves_our_model_running_or_loses_a_tile(point: str) -> None:
    fault = Fault(point=point, since=DAY_ZERO + 8.5 * HOUR, times=1)
    world = morning(fault)
    Tilescout(world)
    world.clock.run_until(END)
    assert fault.hits == 1
    assert world.model.status not in UP
    assert (world.history.lost(), world.history.billed_again(), world.history.doubled()) == (
        0,
        0,
        0,
    )


@settings(max_examples=15, deadline=None)
@given(minutes=st.integers(0, 180), refuses=st.booleans())
def test_an_abort_at_any_minute_leaves_our_model_down_and_loses_nothing(
    minutes: int, refuses: bool
) -> None:
    world = morning(stop_while_starting="refused" if refuses else "accepted")
    system = Tilescout(world)

    def abort() -> None:
        for execution in system.running():
            execution.abort()

    world.clock.at(DAY_ZERO + 8 * HOUR + 60 * minutes, abort)
    world.clock.run_until(END)
    assert world.model.status not in UP
    assert (world.history.lost(), world.history.billed_again()) == (0, 0)


def test_our_documents_wait_for_enough_tiles_or_for_the_oldest() -> None:
    patient = replace(PROFILE.start_when, tiles=1_000, oldest_minutes=120)
    world = morning()
    Tilescout(world, profile=replace(PROFILE, start_when=patient))
    world.clock.run_until(END)
    first = next(change for change in world.model.log if change.status == "STARTING")
    assert first.at_ms / 1000 >= MORNING[0].at + 120 * 60
    assert world.history.lost() == 0


def test_a_message_that_fails_is_seen_again_after_its_visibility() -> None:
    clock, seen = Clock(), []

    def fails_once(body: str) -> Sleeping:
        seen.append((body, clock.now - DAY_ZERO))
        yield 1
        if len(seen) == 1:
            raise FunctionFailed("once")

    queue = Queue(clock, visibility=60, retention=600)
    EventSource(clock, queue, fails_once)
    queue.send("tile")
    clock.run_until(DAY_ZERO + 600)
    assert seen == [("tile", 0), ("tile", 60)]


def test_a_message_that_always_fails_ends_with_its_retention() -> None:
    clock = Clock()

    def fails(_: str) -> Sleeping:
        yield 1
        raise FunctionFailed("always")

    queue = Queue(clock, visibility=60, retention=600)
    source = EventSource(clock, queue, fails)
    queue.send("tile")
    clock.run_until(DAY_ZERO + 3_600)
    assert (source.invocations, queue.expired, queue.visible) == (10, 1, 0)
