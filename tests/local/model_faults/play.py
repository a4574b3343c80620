"""Plays one case on the whole system and returns its outcome."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.local.contract import eventually
from tests.local.model_faults.case import Case
from tests.local.model_faults.outcome import (
    Outcome,
    Play,
    happened,
    is_untouched,
    judged,
    never_came,
)
from tests.local.model_faults.watch import Watch
from tests.local.model_faults.world import World, sheet
from tests.local.system import PATIENCE
from tilescout.documents import ENDED

ANSWERING = 3
"""The number of answers from which on a run is in the middle of its work."""
MAX_RUNS = 4


def play(world: World, case: Case) -> Outcome:
    """Plays a case and leaves the world as it was, whatever the outcome."""
    world.fresh(case.project)
    pdf, name = sheet(), f"{case.kind} {case.name}.pdf".replace("/", "-")
    document = world.system.queued(pdf, case.project, name)
    if case.model:
        world.system.aws.set_model(world.arn(case.project), **case.model)
    played = Play(world=world, case=case, document=document, executions=[])
    try:
        with Watch(case.project, world.system.aws) as watch:
            _suffer(played)
            _settle(played)
            after_fault = world.meter(case.project)
            never = never_came(played)
            what = happened(played)
            stands = world.model(case.project)["status"]
            runs = _recover(played)
        outcome = judged(played, watch, after_fault, what, stands, runs)
        return replace(outcome, wrong=(*outcome.wrong, *never))
    finally:
        _clean(played)


def _suffer(played: Play) -> None:
    """Goes on until the fault has happened."""
    world, case = played.world, played.case
    for fault in case.faults:
        world.system.aws.inject_fault(**fault)
    if case.prepare:
        case.prepare(world, case.project, played.executions)
    played.executions += [world.system.start(case.project) for _ in range(case.launches)]
    _wait(played, lambda: _is_time(played))
    played.fault_at = world.now()
    if case.act:
        case.act(world, case.project, played.executions)


def _wait(played: Play, found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not found():
        if time.monotonic() > deadline:
            raise AssertionError(f"{played.case.id}: the fault never came, {_state(played)}")
        time.sleep(0.03)


def _is_time(played: Play) -> bool:
    world, case = played.world, played.case
    if case.when == "taken":
        left = world.system.aws.faults_left()
        return not any(is_untouched(case.faults[-1], fault) for fault in left)
    if case.when == "starting":
        # On a fast clock and a busy machine a look may come after STARTING; acts need that.
        enough = ("STARTING",) if case.act else ("STARTING", "RUNNING")
        return world.model(case.project)["status"] in enough
    if case.when == "model is up":
        return bool(world.model(case.project)["status"] == "RUNNING")
    if case.when == "answering":
        return bool(world.meter(case.project)["answered"] >= ANSWERING)
    return True


def _running(world: World) -> int:
    states = world.system.stack.clients.step_functions
    found = states.list_executions(
        stateMachineArn=world.system.stack.detection_run, statusFilter="RUNNING"
    )
    return len(found["executions"])


def _settle(played: Play) -> None:
    """Waits until no run is at work and nobody has a model left to stop."""
    world, case = played.world, played.case

    def is_over() -> bool:
        if _running(world) or not world.lease(case.project).is_free(int(world.now())):
            return False
        lease = world.lease(case.project)
        return not lease.owned if case.unmanaged else world.is_down(case.project)

    deadline = time.monotonic() + PATIENCE
    while not is_over():
        if time.monotonic() > deadline:
            raise AssertionError(f"{case.id}: the model never came down, {_state(played)}")
        time.sleep(0.2)


def _state(played: Play) -> dict[str, Any]:
    world = played.world
    return {
        "lease": world.lease(played.project),
        "status": world.model(played.project)["status"],
        "meter": world.meter(played.project),
        "executions": [world.system.status_of(execution) for execution in played.executions],
    }


def _recover(played: Play) -> int:
    """Runs until the document has ended, or is held as expected, and returns the number of runs."""
    world, case = played.world, played.case
    hindered = case.ends == "HELD"
    if not hindered:
        world.system.aws.clear_faults()
    if case.clear and not hindered:
        case.clear(world, case.project, played.executions)
    runs = 0
    while world.system.document(played.document).status not in (*ENDED, "HELD"):
        if runs >= MAX_RUNS:
            break
        eventually(lambda: world.is_idle(case.project) or case.unmanaged, PATIENCE)
        played.executions.append(world.system.start(case.project))
        world.system.ended(played.executions[-1])
        runs += 1
    if not (case.unmanaged and not case.clear):
        eventually(lambda: world.is_down(case.project) and not _running(world), PATIENCE)
    return runs


def _clean(played: Play) -> None:
    """Leaves no execution at work, no fault, and no document that waits."""
    world = played.world
    states = world.system.stack.clients.step_functions
    world.system.aws.clear_faults()
    for execution in played.executions:
        if world.system.status_of(execution) == "RUNNING":
            states.stop_execution(executionArn=execution)
    document = world.system.document(played.document)
    if document.status not in ENDED:
        # The object first: the guard's sweep accepts what has no record.
        world.system.stack.clients.s3.delete_object(
            Bucket=document.bucket, Key=document.key, VersionId=document.version
        )
        world.system.stack.documents.delete_item(Key={"id": played.document})
