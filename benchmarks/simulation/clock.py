"""Virtual time: whole milliseconds, so that sums of time are exact."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator
from itertools import count

DAY_ZERO = 1_799_971_200
"""Midnight on which every simulation begins, in epoch seconds."""

Sleeping = Generator[float, None, None]
"""A generator that runs in virtual time: it sleeps for each value that it yields, in seconds."""


class Process:
    """A generator under way. One that was killed never continues."""

    def __init__(self, steps: Sleeping) -> None:
        self._steps = steps
        self.alive = True

    def kill(self) -> None:
        self.alive = False

    def advance(self) -> float | None:
        """Returns the seconds to sleep until the next advance, or None if it has ended."""
        if not self.alive:
            return None
        try:
            return next(self._steps)
        except StopIteration:
            self.alive = False
            return None


class Clock:
    """Events in the order of their time, and those of one moment in the order they were added."""

    def __init__(self) -> None:
        self.now_ms = DAY_ZERO * 1000
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = count()

    @property
    def now(self) -> int:
        """The epoch seconds, as the project's functions take them."""
        return self.now_ms // 1000

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        at = self.now_ms + max(0, round(seconds * 1000))
        heapq.heappush(self._due, (at, next(self._numbers), action))

    def at(self, epoch_seconds: float, action: Callable[[], None]) -> None:
        self.after(epoch_seconds - self.now_ms / 1000, action)

    def every(self, seconds: float, action: Callable[[], object], *, first: float) -> None:
        """Calls something for ever, beginning at the epoch second ``first``."""

        def again() -> None:
            self.after(seconds, again)
            action()

        self.at(first, again)

    def spawn(self, steps: Sleeping) -> Process:
        process = Process(steps)
        self.after(0, lambda: self._advance(process))
        return process

    def _advance(self, process: Process) -> None:
        seconds = process.advance()
        if seconds is not None:
            self.after(seconds, lambda: self._advance(process))

    def run_until(self, epoch_seconds: int) -> None:
        end = epoch_seconds * 1000
        while self._due and self._due[0][0] <= end:
            at, _, action = heapq.heappop(self._due)
            self.now_ms = at
            action()
        self.now_ms = end
