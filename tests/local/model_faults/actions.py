"""Actions that people, other users of the account and the clock take in the middle of a run."""

from __future__ import annotations

import time

from tests.local.contract import eventually
from tests.local.model_faults.world import RUN_SECONDS, World
from tests.local.system import PATIENCE
from tilescout_local.models.version import Status

LATE_GUARD = 300
"""Seconds of the protocol during which the guard does not run."""


def abort(world: World, project: str, executions: list[str]) -> None:
    for execution in executions:
        world.system.stack.clients.step_functions.stop_execution(executionArn=execution)


def stop_by_hand(world: World, project: str, executions: list[str]) -> None:
    world.stop_by_hand(project)


def start_by_hand(world: World, project: str, executions: list[str]) -> None:
    world.start_by_hand(project)


def start_and_wait(world: World, project: str, executions: list[str]) -> None:
    world.start_by_hand(project)
    eventually(lambda: world.model(project)["status"] == "RUNNING", PATIENCE)


def stop_unmanaged_models(world: World, project: str, executions: list[str]) -> None:
    """Stops a model as the person who started it does in the end, unless the start has failed."""
    eventually(lambda: world.model(project)["status"] != "STARTING", PATIENCE)
    world.stop_by_hand(project)
    eventually(lambda: world.model(project)["status"] == "STOPPED", PATIENCE)


def expire(world: World, project: str, executions: list[str]) -> None:
    _force(world, project, "EXPIRED")


def fail(world: World, project: str, executions: list[str]) -> None:
    _force(world, project, "FAILED")


def mend(world: World, project: str, executions: list[str]) -> None:
    _force(world, project, "STOPPED")


def _force(world: World, project: str, status: Status) -> None:
    world.system.aws.set_model(world.arn(project), status=status)


def come_up_at_last(world: World, project: str, executions: list[str]) -> None:
    """Brings a model up that could not be stopped while it started."""
    eventually(lambda: _stops_refused(world, project) >= 2, PATIENCE)
    _force(world, project, "RUNNING")


def _stops_refused(world: World, project: str) -> int:
    control = world.meter(project)["control"]
    return sum(execution["outcome"] == "ResourceInUseException" for execution in control)


def fill_the_account(world: World, project: str, executions: list[str]) -> None:
    """Runs two other models, which is all that an account may have."""
    for name in ("busy/a", "busy/b"):
        known = {f"{row['project']}/{row['version']}" for row in world.system.aws.models()}
        change = world.system.aws.set_model if name in known else world.system.aws.add_model
        change(name, status="RUNNING")


def empty_the_account(world: World, project: str, executions: list[str]) -> None:
    for name in ("busy/a", "busy/b"):
        world.system.aws.set_model(name, status="STOPPED")


def fire_twice(world: World, project: str, executions: list[str]) -> None:
    """Lets the model's schedule start two runs at once."""
    world.system.turn_schedules("ENABLED", project)
    for _ in range(2):
        world.system.aws.advance_schedules(3600)
        _wait(world, 10)
    eventually(lambda: len(_all(world)) >= 2, PATIENCE)
    world.system.turn_schedules("DISABLED", project)
    executions += _all(world)


def _all(world: World) -> list[str]:
    states, machine = world.system.stack.clients.step_functions, world.system.stack.detection_run
    found = states.list_executions(stateMachineArn=machine)["executions"]
    fresh = [
        execution for execution in found if execution["startDate"].timestamp() > world.began_at
    ]
    return [execution["executionArn"] for execution in fresh]


def without_guard(world: World, project: str, executions: list[str]) -> None:
    world.turn_guard(on=False)


def abort_and_guard_late(world: World, project: str, executions: list[str]) -> None:
    abort(world, project, executions)
    _wait(world, LATE_GUARD)
    world.turn_guard(on=True)


def abort_and_start_another(world: World, project: str, executions: list[str]) -> None:
    """Aborts a run without a guard: only the next run can end what the dead one left."""
    abort(world, project, executions)
    eventually(lambda: world.lease(project).is_free(int(world.now())), PATIENCE)
    executions.append(world.system.start(project))


def give_runs_less_time(world: World, project: str, executions: list[str]) -> None:
    world.limit_runs(90)


def give_runs_their_time(world: World, project: str, executions: list[str]) -> None:
    world.limit_runs(RUN_SECONDS)


def _wait(world: World, seconds: float) -> None:
    """Waits for seconds of the protocol."""
    until = world.now() + seconds
    while world.now() < until:
        time.sleep(0.05)
