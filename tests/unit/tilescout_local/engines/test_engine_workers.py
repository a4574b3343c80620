"""Callers of an engine get their answer now or at a later try, and nothing is read twice."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tilescout_local.engines.engine_workers import EngineWorkers, Patience
from tilescout_local.errors import EngineBusy, WorkerDied
from tilescout_local.state import WorkerCounts

AT_ONCE = Patience(turn=0.0, answer=0.0)
LONG = Patience(turn=60.0, answer=60.0)


class Process:
    """A process that answers once it may, with what it was asked."""

    def __init__(self, may_answer: threading.Event, asked: list[bytes]) -> None:
        self._may_answer = may_answer
        self._asked = asked
        self.is_alive = True

    def ask(self, frame: bytes, *, timeout_seconds: float) -> bytes:
        self._asked.append(frame)
        self._may_answer.wait(timeout_seconds)
        if frame == b"crash":
            raise WorkerDied("signal: killed")
        return b"read " + frame

    def alive(self) -> bool:
        return self.is_alive

    def kill(self) -> None:
        self.is_alive = False


def engine(patience: Patience, size: int = 1) -> tuple[EngineWorkers, threading.Event, list[bytes]]:
    may_answer, asked = threading.Event(), list[bytes]()
    return EngineWorkers(lambda: Process(may_answer, asked), size, patience), may_answer, asked


def when(is_so: Callable[[], bool]) -> None:
    while not is_so():
        threading.Event().wait(0.001)


def test_an_answer_that_takes_long_is_there_at_the_next_try() -> None:
    workers, may_answer, asked = engine(Patience(turn=60.0, answer=0.0))

    with pytest.raises(EngineBusy, match="takes long"):
        workers.ask(b"tile")
    when(lambda: asked == [b"tile"])
    may_answer.set()

    def answered() -> bool:
        try:
            return workers.ask(b"tile") == b"read tile"
        except EngineBusy:
            return False

    when(answered)
    assert asked == [b"tile"]


def test_an_image_that_no_process_took_is_not_read() -> None:
    workers, may_answer, asked = engine(AT_ONCE)
    with pytest.raises(EngineBusy, match="takes long"):
        workers.ask(b"first")

    with pytest.raises(EngineBusy, match="busy"):
        workers.ask(b"second")
    when(lambda: len(asked) == 1)
    may_answer.set()

    assert asked == [b"first"]


def test_an_answer_is_given_once() -> None:
    workers, may_answer, asked = engine(LONG)
    may_answer.set()

    assert [workers.ask(b"tile"), workers.ask(b"tile")] == [b"read tile"] * 2
    assert asked == [b"tile"] * 2


def test_a_process_that_died_is_replaced() -> None:
    workers, may_answer, _ = engine(LONG)
    may_answer.set()

    with pytest.raises(WorkerDied):
        workers.ask(b"crash")

    assert workers.ask(b"tile") == b"read tile"


def test_each_of_twelve_tiles_is_read_once_though_every_caller_gives_up_at_first() -> None:
    workers, may_answer, asked = engine(AT_ONCE, size=2)
    tiles = [b"tile %d" % number for number in range(12)]
    waiting, taken = list(tiles), list[bytes]()

    def call() -> None:
        while waiting:
            tile = waiting.pop(0)
            try:
                taken.append(workers.ask(tile))
            except EngineBusy:
                waiting.append(tile)
                may_answer.set()

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert sorted(taken) == sorted(b"read " + tile for tile in tiles)
    assert sorted(asked) == sorted(tiles)


def test_callers_of_the_local_ocr_outnumber_its_processes_by_one_at_most() -> None:
    counts = WorkerCounts()

    assert max(counts.functions.values()) <= counts.ocr + 1
