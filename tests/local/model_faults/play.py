"""Plays one case on the whole system, and says what came of it."""

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
from tests.local.whole import PATIENCE
from tilescout.documents import ENDED

ANSWERING = 3
"""Answers from which on a run is in the middle of it."""
MAX_RUNS = 4


def play(world: World, case: Case) -> Outcome:
    """Afterwards the world is as it was, whatever came of the case."""
    world.fresh(case.project)
    pdf, name = sheet(), f"{case.kind} {case.name}.pdf".replace("/", "-")
    document = world.whole.queued(pdf, case.project, name)
    if case.model:
        world.whole.aws.set_model(world.arn(case.project), **case.model)
    played = Play(world=world, case=case, document=document, executions=[])
    try:
        with Watch(case.project, world.whole.aws) as watch:
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
    """Until the fault has happened."""
    world, case = played.world, played.case
    for fault in case.faults:
        world.whole.aws.inject_fault(**fault)
    if case.prepare:
        case.prepare(world, case.project, played.executions)
    played.executions += [world.whole.start(case.project) for _ in range(case.launches)]
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
        left = world.whole.aws.faults_left()
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
    states = world.whole.stack.clients.step_functions
    found = states.list_executions(
        stateMachineArn=world.whole.stack.detection_run, statusFilter="RUNNING"
    )
    return len(found["executions"])


def _settle(played: Play) -> None:
    """Until no run is at work and nobody has a model to stop any more."""
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
        "executions": [world.whole.status_of(execution) for execution in played.executions],
    }


def _recover(played: Play) -> int:
    """Runs until the document has ended, or is held where it should be: how many it took."""
    world, case = played.world, played.case
    hindered = case.ends == "HELD"
    if not hindered:
        world.whole.aws.clear_faults()
    if case.clear and not hindered:
        case.clear(world, case.project, played.executions)
    runs = 0
    while world.whole.document(played.document).status not in (*ENDED, "HELD"):
        if runs >= MAX_RUNS:
            break
        eventually(lambda: world.is_idle(case.project) or case.unmanaged, PATIENCE)
        played.executions.append(world.whole.start(case.project))
        world.whole.ended(played.executions[-1])
        runs += 1
    if not (case.unmanaged and not case.clear):
        eventually(lambda: world.is_down(case.project) and not _running(world), PATIENCE)
    return runs


def _clean(played: Play) -> None:
    """No execution at work, no fault, no document that waits."""
    world = played.world
    states = world.whole.stack.clients.step_functions
    world.whole.aws.clear_faults()
    for execution in played.executions:
        if world.whole.status_of(execution) == "RUNNING":
            states.stop_execution(executionArn=execution)
    document = world.whole.document(played.document)
    if document.status not in ENDED:
        # The object first: the guard's sweep accepts what has no record.
        world.whole.stack.clients.s3.delete_object(
            Bucket=document.bucket, Key=document.key, VersionId=document.version
        )
        world.whole.stack.documents.delete_item(Key={"id": played.document})
