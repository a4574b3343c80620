"""A fixed number of engine processes, started when first needed and replaced when they die.

A caller gives up after its own read time-out, which knows nothing of other callers and of how fast
the machine is. So no caller waits that long here: while all processes are busy, and while its own
image takes longer, it is told to try again. What was begun goes on, and the answer is there for the
caller's next try: a slow machine makes work slow, and nothing is read for nobody.
"""

from __future__ import annotations

import hashlib
import queue
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

from tilescout_local.errors import EngineBusy, WorkerDied
from tilescout_local.processes.python_environment import PACKAGES, python_environment
from tilescout_local.processes.worker_process import Reaper, WorkerProcess


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds: until a caller gives up on a free process, and on an answer that is being made.

    Together they are less than the 50 s after which the product's clients give up. A process that
    needs longer than ``process`` for one image hangs.
    """

    turn: float = 15.0
    answer: float = 25.0
    process: float = 1800.0


class Worker(Protocol):
    """A process of an engine."""

    def ask(self, frame: bytes, *, timeout_seconds: float) -> bytes: ...

    def alive(self) -> bool: ...

    def kill(self) -> None: ...


MAX_KEPT_ANSWERS = 16
"""Answers that wait for their callers; the oldest is dropped first."""
Answer = Future[bytes]


class EngineWorkers:
    """The processes of one engine; callers wait while all of them are busy."""

    def __init__(
        self,
        start: Callable[[], Worker],
        size: int,
        patience: Patience = Patience(),
    ) -> None:
        self._start = start
        self._patience = patience
        self._free = threading.Semaphore(size)
        self._threads = ThreadPoolExecutor(size)
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        self._lock = threading.Lock()
        self._answers: OrderedDict[bytes, Answer] = OrderedDict()

    def ask(self, frame: bytes) -> bytes:
        """Returns the engine's answer to one frame.

        Raises EngineBusy where there is none yet, WorkerDied if the process crashed and
        WorkerTimedOut if it hung and was killed; the next call gets a new process.
        """
        key = hashlib.sha256(frame).digest()
        answer = self._begun(key) or self._begin(key, frame)
        finished, _ = wait([answer], self._patience.answer)
        if not finished:
            raise EngineBusy("the image is being read and takes long; ask for it again")
        with self._lock:
            self._answers.pop(key, None)
        return answer.result()

    def _begun(self, key: bytes) -> Answer | None:
        with self._lock:
            return self._answers.get(key)

    def _begin(self, key: bytes, frame: bytes) -> Answer:
        """Hands the frame to a process; raises EngineBusy where none gets free in time."""
        if not self._free.acquire(timeout=self._patience.turn):
            raise EngineBusy("every process of the engine is busy; ask again")
        with self._lock:
            if key in self._answers:
                self._free.release()
                return self._answers[key]
            answer = self._answers[key] = self._threads.submit(self._answer, frame)
            self._drop_oldest()
        return answer

    def _drop_oldest(self) -> None:
        finished = [key for key, answer in self._answers.items() if answer.done()]
        for key in finished[: max(0, len(finished) - MAX_KEPT_ANSWERS)]:
            del self._answers[key]

    def _answer(self, frame: bytes) -> bytes:
        try:
            worker = self._take()
            try:
                answer = worker.ask(frame, timeout_seconds=self._patience.process)
            except WorkerDied:
                worker.kill()
                raise
            self._idle.put(worker)
            return answer
        finally:
            self._free.release()

    def _take(self) -> Worker:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            return self._start()
        if worker.alive():
            return worker
        worker.kill()
        return self._start()


def module_workers(module: str, size: int, reaper: Reaper) -> EngineWorkers:
    """Returns the processes that run ``module`` of this package."""

    def start() -> WorkerProcess:
        return WorkerProcess(
            [sys.executable, "-m", module],
            env=python_environment(OMP_NUM_THREADS="1"),
            cwd=PACKAGES,
            reaper=reaper,
        )

    return EngineWorkers(start, size)
