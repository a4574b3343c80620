"""The sample's five Lambda functions, as their app.py do it, on the simulated services."""

from __future__ import annotations

import random
from typing import Any

from benchmarks.simulation.clock import Clock, Sleeping
from benchmarks.simulation.custom_labels import CustomLabels
from benchmarks.simulation.faults import WORKER, WORKER_LATE, ServiceError
from benchmarks.simulation.queue import EventSource, FunctionFailed, Queue
from benchmarks.simulation.states import TaskFailed
from benchmarks.simulation.world import SYSTEM, World

TRIES = 5
"""The tries of boto3's default retries, which the sample leaves as they are."""
RETRIED = frozenset(
    {"ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"}
)
FUNCTION_TIMEOUT = 60
COPY_SECONDS = 0.3
"""Seconds for copying, putting and deleting after the answer."""


def poll_queue(queue: Queue) -> str:
    # Defect 6: [0] takes the first digit of the number; messages in flight or delayed do not count.
    count = str(queue.visible)[0]
    return "incoming" if int(count) > 0 else "stop"


def start_model(model: CustomLabels) -> Any:
    running_status: Any = _status(model)
    if running_status in ("RUNNING", "STARTING"):
        return running_status
    try:
        model.start(SYSTEM, 1)  # MinInferenceUnits = 1, whatever waits
        running_status = {"Status": "STARTING"}
    except ServiceError:
        # Defect 4: printed; the workflow waits 15 minutes and tries again without end.
        pass
    return running_status


def stop_model(model: CustomLabels) -> Any:
    running_status: Any = _status(model)
    if running_status in ("STARTING", "RUNNING"):
        try:
            model.stop(SYSTEM)
            running_status = {"Status": "STOPPING"}
        except ServiceError:
            # Defect 2: printed; the function returns and the workflow succeeds.
            pass
    return running_status


def _status(model: CustomLabels) -> str:
    try:
        return model.describe()
    except ServiceError as error:
        # Defect 5: printed; the next line reads the answer that was never set.
        raise TaskFailed("UnboundLocalError") from error


def toggle_trigger(source: EventSource, event: list[dict[str, str]]) -> str:
    # Defect 10: the sample takes EventSourceMappings[0], whichever that is; here there is one.
    if event[0]["Action"] == "disable":
        if source.state in ("Disabled", "Disabling"):
            return "Already disabled"
        return source.toggle(enabled=False)
    if source.state in ("Enabling", "Enabled"):
        return "Already_Running"
    return source.toggle(enabled=True)


class AnalyseImage:
    """The function behind the queue. ``bucket`` holds the source images by their true keys."""

    def __init__(self, world: World, bucket: dict[str, tuple[str, int]], seed: int) -> None:
        self._world = world
        self._bucket = bucket
        self._random = random.Random(seed)
        self._drawings = {drawing.name: drawing for drawing in world.arrivals()}

    def __call__(self, body: str) -> Sleeping:
        # Defect 10: only Records[0] is read. Defect 9: "+" is put right, no %-escape is.
        key = body.replace("+", " ")
        image = self._bucket.get(key)
        if image is None:
            # Defects 3, 8, 9: no such key, and so for ever; no dead letters take the message.
            yield 0.2
            raise FunctionFailed("InvalidS3ObjectException")
        yield from self._detect(*image)
        known = self._world.history
        known.tiles[image].answers += 1
        if self._world.faults.at(WORKER, self.clock.now_ms):
            known.killed += 1
            raise FunctionFailed("killed")
        yield COPY_SECONDS
        # Defect 8: a name of random letters, so that a second answer is a second result.
        known.result(*image, self.clock.now_ms / 1000)
        if self._world.faults.at(WORKER_LATE, self.clock.now_ms):
            raise FunctionFailed("killed")
        self._bucket.pop(key, None)

    @property
    def clock(self) -> Clock:
        return self._world.clock

    def _detect(self, name: str, tile: int) -> Sleeping:
        """Calls the detector with boto3's retries. What stays refused fails the function."""
        refusal = self._world.history.refusal(self._drawings[name], tile)
        begin_ms = self.clock.now_ms
        for attempt in range(TRIES):
            try:
                yield from self._world.model.detect(refusal)
            except ServiceError as error:
                last = attempt == TRIES - 1
                late = self.clock.now_ms - begin_ms >= FUNCTION_TIMEOUT * 1000
                if error.code not in RETRIED or last or late:
                    raise FunctionFailed(error.code) from error
            else:
                return
            yield self._random.random() * 2**attempt
