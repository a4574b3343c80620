"""The searches with all rules in place: those of every check, and the longer ones."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

from tests.exploration import results_world, searches, versions_world
from tests.exploration.control_rules import Setup
from tests.exploration.data_rules import Rules as DataRules
from tests.exploration.data_world import Size as DataSize
from tests.exploration.intake_world import Rules as IntakeRules
from tests.exploration.intake_world import Size as IntakeSize
from tests.exploration.searches import Search

CONTROL = (
    "abort", "silence", "crash", "slow", "slow guard", "duplicate", "lost Start", "lost Stop",
    "refused Start", "refused Stop", "unmanaged start", "outside stop", "failed start", "stuck",
    "guard crash", "late guard", "lost write",
)  # fmt: skip
DATA = (
    "abort", "crash", "slow", "late hint", "late merge", "duplicate hint", "not ready",
    "server error", "lost answer", "impatience",
)  # fmt: skip
INTAKE = ("crash", "duplicate")
RESULTS = ("crash", "new claim")
VERSIONS = ("crash", "duplicate", "requeue", "retry", "no PDF")
SIZES = (DataSize(), DataSize(poison=(1,)))
PAPERS = (IntakeSize(), IntakeSize(bombs=(2,)), IntakeSize(bad_upload=True))
WORST = IntakeSize(bombs=(1, 2))
TOGETHER = (
    Setup(faults=("silence",), slots=2),
    Setup(faults=("abort", "crash"), slots=2),
    Setup(faults=("abort", "lost Start", "lost Stop")),
    Setup(faults=("abort", "guard crash", "late guard")),
    Setup(faults=("abort", "unmanaged start", "outside stop")),
    Setup(faults=("crash", "lost Stop", "unmanaged start")),
    Setup(faults=("other version", "abort", "lost Stop"), versions=2),
)


Groups = dict[str, list[Search]]


def in_every_check() -> Groups:
    """Every fault alone with two runs at once, and what goes with it; seconds each."""
    return {
        "control: each fault, two runs at once": _control(1, slots=2, without=("silence",)),
        "control: each fault, Stop refused while STARTING": _control(1, stops_while_starting=False),
        "control: a silent run; a shared model; another version": [
            searches.control(setup)
            for setup in (
                Setup(faults=("silence",)),
                Setup(faults=("unmanaged start",), may_share=True),
                Setup(faults=("other version", "abort"), versions=2),
            )
        ],
        "data: every two faults": _data(2),
        "intake: each fault": [
            searches.intake(faults, IntakeRules(), size)
            for size in PAPERS
            for faults in ((), *_of(INTAKE, 1), ("lost event",))
        ],
        "results: each fault": [_results(faults) for faults in ((), *_of(RESULTS, 1))],
        "versions: each fault": [_versions(faults) for faults in ((), *_of(VERSIONS, 1))],
    }


def in_long_checks() -> Groups:
    """Every two faults of the control plane, every three of the data plane, and the rest."""
    return {
        "control: every two faults": _control(2),
        "control: every two faults that last, Stop refused while STARTING": [
            searches.control(Setup(faults=faults, stops_while_starting=False))
            for faults in _of(("abort", "crash", "lost Start", "lost Stop", "stuck"), 2)
        ],
        "control: several faults together": [searches.control(setup) for setup in TOGETHER],
        "data: every three faults": _data(3),
        "intake: every two faults": [
            searches.intake(faults, IntakeRules(), size)
            for size in (*PAPERS, WORST)
            for faults in _of(INTAKE, 2)
        ],
        "results: every two faults and three": [
            _results(faults) for faults in (*_of(RESULTS, 2), ("crash", "crash", "new claim"))
        ],
        "versions: every two faults": [_versions(faults) for faults in _of(VERSIONS, 2)],
    }


def flat(groups: Groups) -> list[Search]:
    return [search for group in groups.values() for search in group]


def _control(count: int, *, without: tuple[str, ...] = (), **shape: Any) -> list[Search]:
    faults = tuple(fault for fault in CONTROL if fault not in without)
    return [searches.control(Setup(faults=several, **shape)) for several in _of(faults, count)]


def _of(faults: tuple[str, ...], count: int) -> list[tuple[str, ...]]:
    return list(combinations_with_replacement(faults, count))


def _data(count: int) -> list[Search]:
    return [
        searches.data(faults, DataRules(), size) for size in SIZES for faults in _of(DATA, count)
    ]


def _results(faults: tuple[str, ...]) -> Search:
    return searches.results(faults, results_world.Rules())


def _versions(faults: tuple[str, ...]) -> Search:
    return searches.versions(faults, versions_world.Rules())
