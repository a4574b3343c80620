"""One shape for the searches of all planes, and how they are run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.exploration import (
    control_checks,
    control_steps,
    data_steps,
    data_world,
    intake_steps,
    intake_world,
    results_world,
    versions_world,
)
from tests.exploration.control_rules import Setup
from tests.exploration.control_world import Model, Run, World
from tests.exploration.data_rules import Rules as DataRules
from tests.exploration.data_world import Size as DataSize
from tests.exploration.intake_world import Rules as IntakeRules
from tests.exploration.intake_world import Size as IntakeSize
from tests.exploration.results_world import Rules as ResultsRules
from tests.exploration.search import Explored, Step, explore, unsettled

NOBODY_HELPS = "no faultless future settles it"


@dataclass(frozen=True)
class Search:
    """Where a search begins, what can happen, what must hold, and what is the end."""

    name: str
    first: Any
    steps: Callable[[Any], Iterable[Step[Any]]]
    broken: Callable[[Any], str]
    is_settled: Callable[[Any], bool]


@dataclass(frozen=True)
class Found:
    """``broken`` is the rule that the last step of ``path`` breaks; empty where all hold."""

    worlds: int
    steps: int
    seconds: float
    broken: str
    path: tuple[str, ...]
    max_overrun: int


def run(search: Search) -> Found:
    """Safety first; where that holds everywhere, whether everything settles."""
    began = time.perf_counter()
    found = explore(search.first, search.steps, search.broken)
    stuck = () if found.broken else unsettled(found, search.is_settled)
    return Found(
        worlds=len(found.worlds),
        steps=len(found.sources),
        seconds=time.perf_counter() - began,
        broken=found.broken or (NOBODY_HELPS if stuck else ""),
        path=found.path or stuck,
        max_overrun=_max_overrun(found),
    )


def _max_overrun(found: Explored[Any]) -> int:
    return max(getattr(world, "overrun", 0) for world in found.worlds)


def control(setup: Setup) -> Search:
    """The control plane: models, lease, runs, guard."""
    first = World(
        models=(Model(),) * setup.versions, runs=(Run(),) * setup.slots, faults=setup.faults
    )
    shape = [f"{setup.slots} at once"] if setup.slots > 1 else []
    shape += [] if setup.stops_while_starting else ["Stop refused while STARTING"]
    shape += ["a running model is used"] if setup.may_share else []
    return Search(
        name=_name("control", setup.faults, *shape),
        first=first,
        steps=partial(control_steps.steps, setup=setup),
        broken=partial(control_checks.broken, most=control_checks.bound(setup.faults)),
        is_settled=control_checks.is_settled,
    )


def data(faults: tuple[str, ...], rules: DataRules, size: DataSize) -> Search:
    """The data plane: tiles, hints, workers, the loop."""
    shape = ["a poison tile"] if size.poison else []
    return Search(
        name=_name("data", faults, *shape),
        first=data_world.first_world(size, faults),
        steps=partial(data_steps.steps, rules=rules, size=size),
        broken=partial(data_steps.broken, size=size),
        is_settled=data_steps.is_settled,
    )


def intake(faults: tuple[str, ...], rules: IntakeRules, size: IntakeSize) -> Search:
    """Intake: the record, pages, messages, dead letters, the sweep."""
    shape = [f"{len(size.bombs)} pages that kill"] if size.bombs else []
    shape += ["an upload that kills"] if size.bad_upload else []
    return Search(
        name=_name("intake", faults, *shape),
        first=intake_world.first_world(size, faults),
        steps=partial(intake_steps.steps, rules=rules, size=size),
        broken=intake_steps.broken,
        is_settled=intake_steps.is_settled,
    )


def results(faults: tuple[str, ...], rules: ResultsRules) -> Search:
    """Results: merges, the flip, readers, cleaning."""
    return Search(
        name=_name("results", faults),
        first=results_world.World(faults=faults),
        steps=partial(results_world.steps, rules=rules),
        broken=results_world.broken,
        is_settled=results_world.is_settled,
    )


def versions(faults: tuple[str, ...], rules: versions_world.Rules) -> Search:
    """Versions of one key: which of them are read, and which step back."""
    return Search(
        name=_name("versions", faults),
        first=versions_world.first_world(faults),
        steps=partial(versions_world.steps, rules=rules),
        broken=versions_world.broken,
        is_settled=versions_world.is_settled,
    )


def _name(plane: str, faults: tuple[str, ...], *shape: str) -> str:
    return f"{plane}: {', '.join(faults) or 'no fault'}" + "".join(f"; {one}" for one in shape)
