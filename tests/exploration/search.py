"""Breadth-first search of every interleaving, so that a counterexample is a shortest one."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

import numpy as np

World = TypeVar("World", bound=Hashable)


class Step(NamedTuple, Generic[World]):
    """One atomic step: its name, the world after it, and whether it is a fault."""

    name: str
    world: World
    is_fault: bool = False


@dataclass(slots=True)
class Explored(Generic[World]):
    """Every world reached. ``broken`` names the rule that the last world of ``path`` breaks."""

    worlds: list[World] = field(default_factory=list)
    reached_by: list[tuple[int, str]] = field(default_factory=list)
    broken: str = ""
    path: tuple[str, ...] = ()
    sources: array[int] = field(default_factory=lambda: array("q"))
    targets: array[int] = field(default_factory=lambda: array("q"))

    def path_to(self, number: int) -> tuple[str, ...]:
        """Names of the steps from the first world to world ``number``."""
        names = []
        while number:
            number, name = self.reached_by[number]
            names.append(name)
        return tuple(reversed(names))


def explore(
    first: World,
    steps: Callable[[World], Iterable[Step[World]]],
    broken: Callable[[World], str],
    most: int = 10_000_000,
) -> Explored[World]:
    """All worlds within reach of ``first``, or the way to the nearest that is ``broken``.

    Raises RuntimeError beyond ``most`` worlds: the state space is larger than was meant.
    """
    found: Explored[World] = Explored([first], [(0, "")])
    number_of = {first: 0}
    for number in _numbers(found.worlds):
        for name, world, is_fault in steps(found.worlds[number]):
            known = number_of.get(world)
            if known is None:
                known = number_of[world] = len(found.worlds)
                found.worlds.append(world)
                found.reached_by.append((number, name))
                found.broken = broken(world)
                if found.broken:
                    found.path = found.path_to(known)
                    return found
            if not is_fault:
                found.sources.append(number)
                found.targets.append(known)
        if len(found.worlds) > most:
            raise RuntimeError(f"more than {most:,} worlds; spend fewer faults at once")
    return found


def _numbers(worlds: list[World]) -> Iterator[int]:
    number = 0
    while number < len(worlds):
        yield number
        number += 1


def unsettled(found: Explored[World], is_settled: Callable[[World], bool]) -> tuple[str, ...]:
    """The shortest way to a world from which no faultless future settles; empty if none."""
    settles = bytearray(is_settled(world) for world in found.worlds)
    before, start = _backwards(found)
    waiting = deque(number for number, settled in enumerate(settles) if settled)
    while waiting:
        number = waiting.popleft()
        for source in before[start[number] : start[number + 1]]:
            if not settles[source]:
                settles[source] = 1
                waiting.append(source)
    stuck = settles.find(0)
    return ("(nothing)", *found.path_to(stuck)) if stuck >= 0 else ()


def _backwards(found: Explored[World]) -> tuple[list[int], list[int]]:
    """Sources of the steps sorted by target, and where each target's begin."""
    sources = np.frombuffer(found.sources, dtype=np.int64)
    targets = np.frombuffer(found.targets, dtype=np.int64)
    order = np.argsort(targets, kind="stable")
    counts = np.bincount(targets, minlength=len(found.worlds))
    return sources[order].tolist(), [0, *np.cumsum(counts).tolist()]
