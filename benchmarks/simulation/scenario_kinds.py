"""Scenarios, and the kinds of fault with which they hit either system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.simulation.arrivals import HOUR, Drawing
from benchmarks.simulation.custom_labels import ModelSettings
from benchmarks.simulation.faults import Effect, Fault, ServiceError
from benchmarks.simulation.states import Execution
from benchmarks.simulation.world import PERSON, World

SAMPLE = "sample"
TILESCOUT = "tilescout"


class System(Protocol):
    """Either of the two systems."""

    world: World

    def run(self) -> Execution: ...

    def running(self) -> list[Execution]: ...


def _no_faults(_: str) -> list[Fault]:
    return []


def _same(day: list[Drawing]) -> list[Drawing]:
    return day


def _nothing(_: System) -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """``faults`` by the system's name; ``begins`` sets off what else happens in its world.

    ``unavoidable_minutes``: nobody could have had the model down earlier.
    """

    name: str
    faults: Callable[[str], list[Fault]] = _no_faults
    settings: ModelSettings = field(default_factory=ModelSettings)
    day: Callable[[list[Drawing]], list[Drawing]] = _same
    begins: Callable[[System], None] = _nothing
    unavoidable_minutes: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """``at``: the epoch second just before a run with work; ``start``: the number of its start."""

    at: float
    start: int


def function_error(
    moment: Moment,
    sample: str,
    tilescout: str,
    *,
    times: int = 1,
    seconds: float = 1e9,
    effect: Effect = "before",
) -> Callable[[str], list[Fault]]:
    """Returns a fault: a state's function raises what no Retry of either workflow names."""

    def faults(system: str) -> list[Fault]:
        point = f"lambda:{sample if system == SAMPLE else tilescout}"
        return [
            Fault(
                point=point,
                since=moment.at,
                times=times,
                seconds=seconds,
                effect=effect,
                code="RuntimeError",
            )
        ]

    return faults


def call_error(
    moment: Moment,
    operation: str,
    code: str = "",
    *,
    times: int = 1_000_000,
    minutes: float = 1e6,
    effect: Effect = "before",
) -> Callable[[str], list[Fault]]:
    def faults(_: str) -> list[Fault]:
        return [
            Fault(
                point=f"call:{operation}",
                since=moment.at,
                times=times,
                seconds=60 * minutes,
                effect=effect,
                code=code,
            )
        ]

    return faults


def once_in(
    moment: Moment, status: str, seconds: float, act: Callable[[System], None], system: System
) -> None:
    """Calls ``act`` once, so many seconds after the model was first seen in ``status``."""
    clock = system.world.clock

    def look() -> None:
        if system.world.model.status == status:
            clock.after(seconds, lambda: act(system))
        else:
            clock.after(5, look)

    clock.at(moment.at, look)


def abort(system: System) -> None:
    for execution in system.running():
        execution.abort()


def break_down(system: System, *, point: str, seconds: float = 1e9, times: int = 1_000_000) -> None:
    """Adds a fault that hits from now on."""
    world = system.world
    fault = Fault(point=point, since=world.clock.now, seconds=seconds, times=times)
    world.faults.waiting.append(fault)


def stop_by_hand(system: System) -> None:
    try:
        system.world.model.stop(PERSON)
    except ServiceError:
        return


def start_by_hand(moment: Moment, system: System) -> None:
    """Lets a person start the model ten minutes before the run, and stop it two hours later."""
    clock, model = system.world.clock, system.world.model
    clock.at(moment.at - 600, lambda: model.start(PERSON, 1))
    clock.at(moment.at + 2 * HOUR, lambda: stop_by_hand(system))


def fire_twice(moment: Moment, system: System) -> None:
    def run() -> None:
        system.run()

    system.world.clock.at(moment.at + 60, run)


def crowd(moment: Moment, system: System) -> None:
    clock, model = system.world.clock, system.world.model
    usual = model.account_calls_per_second

    def leave(calls_per_second: float) -> None:
        model.account_calls_per_second = calls_per_second

    clock.at(moment.at, lambda: leave(1))
    clock.at(moment.at + HOUR, lambda: leave(usual))
