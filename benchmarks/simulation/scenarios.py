"""The faults, each told to both systems in its own words."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from benchmarks.simulation.arrivals import HOUR, changed
from benchmarks.simulation.custom_labels import ModelSettings
from benchmarks.simulation.faults import WORKER, WORKER_LATE, Fault
from benchmarks.simulation.scenario_kinds import (
    Moment,
    Scenario,
    abort,
    break_down,
    call_error,
    crowd,
    fire_twice,
    function_error,
    once_in,
    start_by_hand,
    stop_by_hand,
)


def at_states(moment: Moment) -> list[Scenario]:
    """Yields faults of control functions in each state, before and after what they do."""
    often = 1_000_000
    return [
        Scenario(
            name="function error: is there work (Check SQS Queue, OpenRun)",
            faults=function_error(moment, "Check SQS Queue", "OpenRun"),
        ),
        Scenario(
            name="function error: start, before its effect",
            faults=function_error(moment, "Start Model", "StartModel"),
        ),
        Scenario(
            name="function error: start, after its effect",
            faults=function_error(moment, "Start Model", "StartModel", effect="after"),
        ),
        Scenario(
            name="function error: begin (Enable SQS Trigger, DetectTiles)",
            faults=function_error(moment, "Enable SQS Trigger", "DetectTiles"),
        ),
        Scenario(
            name="function error: go on (Check Queue Again, DetectTiles)",
            faults=function_error(moment, "Check Queue Again", "DetectTiles", effect="after"),
        ),
        Scenario(
            name="function error: end (Disable SQS Trigger, MergePages)",
            faults=function_error(moment, "Disable SQS Trigger", "MergePages"),
        ),
        Scenario(
            name="function error: stop, once",
            faults=function_error(moment, "Stop Model", "StopModel"),
        ),
        Scenario(
            name="function error: stop, for 3 hours",
            faults=function_error(moment, "Stop Model", "StopModel", times=often, seconds=3 * HOUR),
        ),
        Scenario(
            name="every control function fails for 2 hours, the guard too",
            begins=partial(
                once_in,
                moment,
                "RUNNING",
                30,
                partial(break_down, point="lambda:*", seconds=2 * HOUR),
            ),
            unavoidable_minutes=120,
        ),
    ]


def at_calls(moment: Moment) -> list[Scenario]:
    """Yields faults of calls: the service refuses, or its answer is lost."""
    return [
        Scenario(
            name="StopProjectVersion throttled, once",
            faults=call_error(moment, "StopProjectVersion", "ThrottlingException", times=1),
        ),
        Scenario(
            name="StopProjectVersion fails for 3 hours",
            faults=call_error(moment, "StopProjectVersion", "InternalServerError", minutes=180),
            unavoidable_minutes=180,
        ),
        Scenario(
            name="StopProjectVersion: answer lost",
            faults=call_error(moment, "StopProjectVersion", times=1, effect="no answer"),
        ),
        Scenario(
            name="StartProjectVersion: answer lost",
            faults=call_error(moment, "StartProjectVersion", times=1, effect="no answer"),
        ),
        Scenario(
            name="StartProjectVersion: LimitExceeded for 2 hours",
            faults=call_error(moment, "StartProjectVersion", "LimitExceededException", minutes=120),
        ),
        Scenario(
            name="DescribeProjectVersions throttled for 15 minutes",
            faults=call_error(moment, "DescribeProjectVersions", "ThrottlingException", minutes=15),
        ),
        Scenario(
            name="DescribeProjectVersions throttled, once, while RUNNING",
            begins=partial(
                once_in,
                moment,
                "RUNNING",
                30,
                partial(break_down, point="call:DescribeProjectVersions", times=1),
            ),
        ),
        Scenario(
            name="DetectCustomLabels fails for 40 minutes",
            faults=call_error(moment, "DetectCustomLabels", "InternalServerError", minutes=40),
        ),
        Scenario(
            name="another application takes 49 of the account's 50 TPS for an hour",
            begins=partial(crowd, moment),
        ),
    ]


def at_model(moment: Moment) -> list[Scenario]:
    """Yields faults of the model, which fails, sticks, or is touched by somebody else."""
    here = moment.start
    return [
        Scenario(
            name="one start ends FAILED", settings=ModelSettings(fails=lambda start: start == here)
        ),
        Scenario(
            name="three starts in a row end FAILED",
            settings=ModelSettings(fails=lambda start: here <= start < here + 3),
        ),
        Scenario(
            name="STARTING for 4 hours, Stop accepted",
            settings=ModelSettings(sticks=lambda start: start == here),
        ),
        Scenario(
            name="STARTING for 4 hours, Stop refused",
            settings=ModelSettings(
                sticks=lambda start: start == here, stop_while_starting="refused"
            ),
            unavoidable_minutes=240,
        ),
        Scenario(
            name="stopped by hand while it works",
            begins=partial(once_in, moment, "RUNNING", 45, stop_by_hand),
        ),
        Scenario(name="started by hand before the run", begins=partial(start_by_hand, moment)),
    ]


def at_runs(moment: Moment) -> list[Scenario]:
    """Yields faults of executions: one is aborted, or there are two."""
    guard_is_down = Fault(point="lambda:Guard", since=moment.at, seconds=HOUR)
    return [
        Scenario(
            name="execution aborted while STARTING",
            begins=partial(once_in, moment, "STARTING", 120, abort),
        ),
        Scenario(
            name="execution aborted while RUNNING",
            begins=partial(once_in, moment, "RUNNING", 45, abort),
        ),
        Scenario(
            name="execution aborted while RUNNING, the guard down for an hour",
            begins=partial(once_in, moment, "RUNNING", 45, abort),
            faults=lambda _: [replace(guard_is_down)],
        ),
        Scenario(name="the schedule fires twice", begins=partial(fire_twice, moment)),
    ]


def at_tiles(moment: Moment) -> list[Scenario]:
    """Yields faults of tiles: one upload is odd, or a worker dies."""
    return [
        Scenario(
            name="an image that is always refused",
            day=lambda day: changed(day, moment.at, poison=frozenset({3})),
        ),
        Scenario(
            name="a key with umlaut and brackets",
            day=lambda day: changed(day, moment.at, odd_key=True),
        ),
        Scenario(name="an upload told twice", day=lambda day: changed(day, moment.at, events=2)),
        Scenario(
            name="three workers killed between answer and commit",
            faults=lambda _: [Fault(point=WORKER, since=moment.at, times=3)],
        ),
        Scenario(
            name="three workers killed between commit and end",
            faults=lambda _: [Fault(point=WORKER_LATE, since=moment.at, times=3)],
        ),
    ]


QUIET = Scenario(name="no fault")


def scenarios(moment: Moment) -> list[Scenario]:
    """Returns all faults at one moment."""
    kinds = (at_states, at_calls, at_model, at_runs, at_tiles)
    return [scenario for kind in kinds for scenario in kind(moment)]
