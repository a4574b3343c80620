"""Writes docs/exploration.md: what was searched, how long models overrun, what each rule is for.

python -m tests.exploration.report --out docs/exploration.md
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.exploration import searches
from tests.exploration.configurations import CONTROL, in_every_check, in_long_checks
from tests.exploration.control_rules import Setup
from tests.exploration.control_world import TICK
from tests.exploration.missing_rules import COVERED, missing_rules
from tests.exploration.searches import Found, run

HEAD = """# Exploration of the protocol

An exhaustive breadth-first search runs every interleaving of the steps of runs, workers, guard and
intake, with the faults named, and checks what must hold after each step. The steps call the
project's own decisions (`run_protocol`, `model_lifecycle`, `reservations`, `documents`,
`superseding`, `pacing`); what is modelled is the order in which the handlers apply them, the
service, and time. A path is a shortest one. Written by `python -m tests.exploration.report`;
seconds are of one core.

What is checked in every world: a call takes effect only while its caller owns the lease; an owned
model that is up is known to the lease; it is up without a live run no longer than the bound; a
model that a person started is never stopped by us; no lease of a run that lives is revoked or
released by another; a tile is asked for once, and once more for each worker that died before it
wrote the answer (a poison tile three times); no innocent tile fails; nothing is asked without a
working run; a document ends only when every tile has; a reader sees one whole result; of the
versions of a key, none that waits stays beside a newer one, and none steps back that a run has
claimed or a person has asked for; and from every world a future without further faults settles:
nothing due, nobody at work, no owned model up.

One exception is allowed: where an owned start may be under way (its answer was lost, its function
died, or the try was given up), a model that a person starts meanwhile cannot be told from an owned
one.
"""


def main() -> int:
    """Exit code 1 where something breaks although all rules are in place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fast", action="store_true", help="leave the long searches out")
    options = parser.parse_args()
    groups = in_every_check() | ({} if options.fast else in_long_checks())
    with ProcessPoolExecutor(2) as pool:
        searched = {name: list(pool.map(run, group)) for name, group in groups.items()}
        options.out.write_text("\n".join(_sections(pool, searched)))
    return int(any(one.broken for found in searched.values() for one in found))


def _sections(pool: ProcessPoolExecutor, searched: dict[str, list[Found]]) -> Iterable[str]:
    yield HEAD
    yield "## With all rules in place\n"
    yield from _searched(searched)
    yield "\n## How long a model is up without a live run\n"
    yield from _overruns(pool)
    yield "\n## Each rule taken away\n"
    yield from _missing(pool)
    yield ""


def _searched(searched: dict[str, list[Found]]) -> Iterable[str]:
    yield "| Searches | Number | Worlds | Steps | Seconds | Broken |"
    yield "|---|---:|---:|---:|---:|---|"
    for name, found in searched.items():
        yield _row(name, found)


def _row(name: str, found: list[Found]) -> str:
    worlds, steps = sum(one.worlds for one in found), sum(one.steps for one in found)
    seconds = sum(one.seconds for one in found)
    broken = "; ".join(sorted({one.broken for one in found if one.broken})) or "nothing"
    return f"| {name} | {len(found)} | {worlds:,} | {steps:,} | {seconds:.0f} | {broken} |"


def _overruns(pool: ProcessPoolExecutor) -> Iterable[str]:
    """Of one fault, and of a dead owner with a second fault."""
    yield "Seconds, from the owner's death or the end of its lease until Stop is accepted; what is"
    yield "left of a STARTING that cannot be stopped comes on top.\n"
    yield "| Fault | Alone | After an abort |"
    yield "|---|---:|---:|"
    alone = pool.map(run, [searches.control(Setup(faults=(fault,))) for fault in CONTROL])
    after = pool.map(run, [searches.control(Setup(faults=("abort", fault))) for fault in CONTROL])
    for fault, one, two in zip(CONTROL, alone, after, strict=True):
        seconds = (one.max_overrun * TICK, two.max_overrun * TICK)
        yield f"| {fault} | {seconds[0]} | {seconds[1]} |"


def _missing(pool: ProcessPoolExecutor) -> Iterable[str]:
    rules = missing_rules()
    yield "| Rule | Without it | Faults | What breaks | Steps |"
    yield "|---:|---|---|---|---:|"
    for name, found in zip(rules, pool.map(run, rules.values()), strict=True):
        number, what = name.split(": ", 1)
        faults = rules[name].name.split(": ", 1)[1]
        breaks = found.broken or f"nothing: {COVERED.get(name, 'not explained')}"
        yield f"| {number} | {what} | {faults} | {breaks} | {len(found.path) or ''} |"
    yield "\nThe steps of each are in `tests/exploration/counterexamples.json`; a test compares."
    yield "Rule 10 is measured above; of rule 13, that due work always has a next run is part of"
    yield "every search."


if __name__ == "__main__":
    raise SystemExit(main())
