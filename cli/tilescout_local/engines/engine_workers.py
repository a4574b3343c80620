"""A fixed number of engine processes, started when first needed and replaced when they die."""

from __future__ import annotations

import queue
import sys
import threading

from tilescout_local.errors import WorkerDied
from tilescout_local.processes.python_environment import PACKAGES, python_environment
from tilescout_local.processes.worker_process import Reaper, WorkerProcess

# Many times the time of the slowest image; a process that needs longer hangs.
ANSWER_SECONDS = 600.0


class EngineWorkers:
    """The processes of one engine; callers wait while all of them are busy."""

    def __init__(self, module: str, size: int, reaper: Reaper) -> None:
        self._module = module
        self._warden = reaper
        self._free = threading.Semaphore(size)
        self._idle: queue.LifoQueue[WorkerProcess] = queue.LifoQueue()

    def ask(self, frame: bytes) -> bytes:
        """Returns the engine's answer to one frame.

        Raises WorkerDied if the process crashed and WorkerTimedOut if it hung and was killed; the
        next call gets a new process.
        """
        with self._free:
            worker = self._take()
            try:
                answer = worker.ask(frame, timeout_seconds=ANSWER_SECONDS)
            except WorkerDied:
                worker.kill()
                raise
            self._idle.put(worker)
            return answer

    def _take(self) -> WorkerProcess:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            return self._start()
        if worker.alive():
            return worker
        worker.kill()
        return self._start()

    def _start(self) -> WorkerProcess:
        return WorkerProcess(
            [sys.executable, "-m", self._module],
            env=python_environment(OMP_NUM_THREADS="1"),
            cwd=PACKAGES,
            reaper=self._warden,
        )
