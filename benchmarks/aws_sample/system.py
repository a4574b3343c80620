"""The sample, put together: bucket events to a queue, an hourly workflow, a trigger."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import Any
from urllib.parse import quote_plus

from benchmarks.aws_sample.definition import DEFINITION
from benchmarks.aws_sample.functions import (
    AnalyseImage,
    poll_queue,
    start_model,
    stop_model,
    toggle_trigger,
)
from benchmarks.simulation.arrivals import Drawing
from benchmarks.simulation.clock import DAY_ZERO
from benchmarks.simulation.queue import EventSource, Queue
from benchmarks.simulation.states import Execution
from benchmarks.simulation.world import World

HOUR = 3600
VISIBILITY = 60
"""Defect 10: as short as the function's time-out, where AWS asks for six times as much."""
RETENTION = 345_600
"""Defect 3: four days, and no dead letters after a number of tries."""
UPLOAD_SECONDS = 0.25
"""Seconds between two images of one sheet, which somebody cut into tiles before."""


class AwsSample:
    """The system, which takes its first schedule at midnight and every drawing at its time."""

    # Defect 12: the README leaves error handling, visibility and time-outs to the reader; as
    # published, nothing here watches the workflow.
    name = "AWS sample"

    def __init__(self, world: World, seed: int, *, schedule: int = HOUR) -> None:
        self.world = world
        self.executions: list[Execution] = []
        self._bucket: dict[str, tuple[str, int]] = {}
        self._numbers = count()
        self._queue = Queue(world.clock, visibility=VISIBILITY, retention=RETENTION)
        analyse = AnalyseImage(world, self._bucket, seed)
        # Defect 10: no cap on concurrency, so that a burst is throttled instead of queued.
        self.trigger = EventSource(world.clock, self._queue, analyse, enabled=False)
        world.clock.every(schedule, self.run, first=DAY_ZERO + 60)
        for drawing in world.arrivals():
            world.clock.at(drawing.at, partial(self._upload, drawing))

    def run(self) -> Execution:
        execution = Execution(
            self.world.clock,
            DEFINITION,
            self._functions(),
            self.world.faults,
            f"sample-{next(self._numbers)}",
            {},
        )
        self.executions.append(execution)
        return execution

    def running(self) -> list[Execution]:
        return [each for each in self.executions if each.status == "RUNNING"]

    def _functions(self) -> dict[str, Any]:
        model = self.world.model
        return {
            "SQSPoller": lambda _: poll_queue(self._queue),
            "StartModel": lambda _: start_model(model),
            "StopModel": lambda _: stop_model(model),
            "ToggleTrigger": lambda event: toggle_trigger(self.trigger, event),
        }

    def _upload(self, drawing: Drawing) -> None:
        for tile in range(drawing.tiles):
            name = "Übersicht (1)" if drawing.odd_key else "tile"
            key = f"{drawing.name} {name} {tile}.jpg"
            self._bucket[key] = (drawing.name, tile)
            # A second event of the same upload concerns one image: events repeat singly.
            for event in range(drawing.events if tile == 0 else 1):
                self._queue.send(quote_plus(key), tile * UPLOAD_SECONDS + 30 * event)
