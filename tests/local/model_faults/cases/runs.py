"""Faults of runs side by side, silent, or timed out, and of a guard that is late or dies."""

from __future__ import annotations

from typing import Any

from tests.local.model_faults import actions
from tests.local.model_faults.calls import (
    CLOSING,
    DETECT,
    EFFECTS,
    GUARDS,
    KILLED_AFTER,
    KILLED_BEFORE,
    LOST,
    NOBODYS,
    NOT_OWNED,
    OWNED,
    SLOW_DETECTOR,
    STOP,
    Fault,
    lease_write,
)
from tests.local.model_faults.case import Case

OF_RUNS = [
    Case(kind="two runs", name="two executions at once", launches=2, when="starting"),
    Case(
        kind="two runs",
        name="the schedule fires twice",
        launches=0,
        prepare=actions.fire_twice,
        when="starting",
    ),
    Case(
        kind="two runs",
        name="a dead run is taken over by the next, without the guard",
        faults=(SLOW_DETECTOR,),
        prepare=actions.without_guard,
        when="answering",
        act=actions.abort_and_start_another,
        owner="silent",
    ),
    Case(
        kind="silent run",
        name="hangs past its lease and wakes again",
        faults=(EFFECTS["DetectTiles"] | {"delay_seconds": 14.0},),
        owner="silent",
    ),
    Case(
        kind="silent run",
        name="hangs past its lease in StopModel",
        faults=(lease_write(CLOSING, OWNED, skip=1) | {"delay_seconds": 14.0},),
        owner="silent",
    ),
    Case(
        kind="time-out of the execution",
        name="TIMED_OUT while the model starts",
        prepare=actions.give_runs_less_time,
        when="starting",
        clear=actions.give_runs_their_time,
        model={"next_start": "STUCK"},
        owner="dead",
        more_seconds=90,
        more_words="TimeoutSeconds",
    ),
    Case(
        kind="time-out of the execution",
        name="TIMED_OUT while tiles are asked for",
        faults=(DETECT | {"times": 12, "delay_seconds": 3.0},),
        prepare=actions.give_runs_less_time,
        clear=actions.give_runs_their_time,
        owner="dead",
        more_seconds=90,
        more_words="TimeoutSeconds",
    ),
]

LATE = {"more_seconds": float(actions.LATE_GUARD), "more_words": "the guard's lateness"}


def _guard_killed(name: str, fault: Fault, **others: Any) -> Case:
    """Returns an aborted run whose cleaning guard is killed, so that the next guard goes on."""
    return Case(
        kind="guard",
        name=f"killed {name}",
        faults=(SLOW_DETECTOR, fault),
        when="answering",
        act=actions.abort,
        owner="dead",
        more_seconds=120,
        more_words="hold and grace of the killed guard",
        **others,
    )


OF_GUARD = [
    Case(
        kind="guard",
        name="late by five minutes",
        faults=(SLOW_DETECTOR,),
        prepare=actions.without_guard,
        when="answering",
        act=actions.abort_and_guard_late,
        owner="dead",
        **LATE,  # type: ignore[arg-type]
    ),
    _guard_killed("before it acquires", lease_write(GUARDS) | KILLED_BEFORE),
    _guard_killed("after it acquired", lease_write(GUARDS) | KILLED_AFTER),
    _guard_killed("before Stop", STOP | KILLED_BEFORE),
    _guard_killed("after Stop", STOP | KILLED_AFTER),
    _guard_killed("before it notes that the model is down",
                  lease_write(GUARDS, NOT_OWNED) | KILLED_BEFORE),
    _guard_killed("before its release", lease_write(NOBODYS) | KILLED_BEFORE),
    Case(
        kind="guard",
        name="its Stop has no answer",
        faults=(SLOW_DETECTOR, STOP | LOST),
        when="answering",
        act=actions.abort,
        owner="dead",
    ),
]  # fmt: skip
