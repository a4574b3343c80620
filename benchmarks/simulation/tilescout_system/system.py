"""Tilescout, put together: intake, an hourly schedule, the workflow, two queues and the guard."""

from __future__ import annotations

import json
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.simulation.arrivals import DPI, GRID, Drawing
from benchmarks.simulation.clock import DAY_ZERO
from benchmarks.simulation.queue import EventSource, Queue
from benchmarks.simulation.states import Execution
from benchmarks.simulation.tilescout_system import model_control
from benchmarks.simulation.tilescout_system.steps import Steps
from benchmarks.simulation.tilescout_system.store import PROJECT, Store
from benchmarks.simulation.tilescout_system.worker import Worker
from benchmarks.simulation.world import World
from tilescout.profiles import Profile
from tilescout.runs import lease_rules
from tilescout.runs.guard_duties import guard_duty
from tilescout.runs.lease_rules import GUARD, GUARD_HOLD

HOUR = 3600
DEFINITION = json.loads(
    (Path(__file__).parents[3] / "statemachine" / "detection_run.asl.json").read_text()
)
TASK = "${AdvanceRunFunctionArn}"
START_NEXT = "${StartExecutionArn}"
TILING_SECONDS = 15.0
"""Seconds from the upload to QUEUED: checked, rendered, cut and stored."""
DETECT_CONCURRENCY = 20
MERGE_CONCURRENCY = 10

PROFILE = Profile(
    name="parts",
    detector="custom-labels",
    dpi=DPI,
    tile_size=GRID.size,
    overlap=GRID.overlap,
    model_project=PROJECT,
)


class Tilescout:
    """The system, which takes its first schedule at midnight and every drawing at its time."""

    name = "Tilescout"

    def __init__(self, world: World, *, profile: Profile = PROFILE, schedule: int = HOUR) -> None:
        self.world = world
        self.store = Store(profile)
        self.executions: dict[str, Execution] = {}
        self._numbers = count()
        worker = Worker(world, self.store)
        tiles = Queue(world.clock, visibility=360, retention=900)
        merges = Queue(world.clock, visibility=3600, retention=14_400)
        self.detecting = EventSource(
            world.clock, tiles, worker.detect, concurrency=DETECT_CONCURRENCY
        )
        EventSource(world.clock, merges, worker.merge, concurrency=MERGE_CONCURRENCY)
        self._steps = Steps(self.store, world.model, tiles, merges)
        world.clock.every(schedule, self.run, first=DAY_ZERO + 60)
        world.clock.every(60, self._guard, first=DAY_ZERO + 30)
        for drawing in world.arrivals():
            for event in range(drawing.events):
                world.clock.at(drawing.at + 30 * event, partial(self._upload, drawing))

    def run(self) -> Execution:
        name = f"run-{next(self._numbers)}"
        tasks = {TASK: self._steps.advance, START_NEXT: lambda _: self.run()}
        payload: dict[str, Any] = {"model": PROJECT}
        execution = Execution(self.world.clock, DEFINITION, tasks, self.world.faults, name, payload)
        self.executions[name] = execution
        return execution

    def running(self) -> list[Execution]:
        return [each for each in self.executions.values() if each.status == "RUNNING"]

    def _upload(self, drawing: Drawing) -> None:
        """Accepts a drawing by its object's version, so that an odd key does not matter."""
        if self.store.accept(drawing.name, self.world.clock.now):
            self.world.clock.after(TILING_SECONDS, partial(self._queue, drawing))

    def _queue(self, drawing: Drawing) -> None:
        self.store.queue(drawing.name, drawing.tiles, self.world.clock.now)

    def _guard(self) -> None:
        """Takes one look, in the order of handlers/guard_steps/models.py."""
        if self.world.faults.at("lambda:Guard", self.world.clock.now_ms):
            return
        lease, now = self.store.lease, self.world.clock.now
        duty = guard_duty(lease, now, owner_runs=self._owner_runs())
        if duty == "revoke":
            self.store.lease = lease_rules.revoke(lease, lease.owner, lease.token, now) or lease
        if duty == "take over":
            self._bring_down()

    def _owner_runs(self) -> bool:
        lease = self.store.lease
        if not lease.is_live(self.world.clock.now) or lease.owner.startswith(GUARD):
            return True
        return self.executions[lease.owner].status == "RUNNING"

    def _bring_down(self) -> None:
        now = self.world.clock.now
        me = f"{GUARD}{next(self._numbers)}"
        lease = lease_rules.acquire(self.store.lease, me, now, now + GUARD_HOLD)
        if lease is None:
            return
        self.store.lease = lease
        status = model_control.describe(self.world.model)
        model_control.stop(self.store, self.world.model, lease.token, status)
        self.store.lease = lease_rules.release(self.store.lease, lease.token, now)

    def held(self) -> int:
        """Returns the number of documents that wait for a person, with an alarm."""
        return sum(each.status == "HELD" for each in self.store.documents.values())
