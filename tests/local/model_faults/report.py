"""Plays every fault: `python -m tests.local.model_faults.report --out docs/model_faults.md`."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from tests.local.model_faults.case import BOUNDS, Case
from tests.local.model_faults.cases import CASES
from tests.local.model_faults.outcome import Outcome, unfinished
from tests.local.model_faults.play import play
from tests.local.model_faults.world import (
    CLOCK_SCALE,
    SQUARES,
    START_SECONDS,
    STOP_SECONDS,
    TILES,
    World,
    world,
)

HEAD = """\
# Faults, and what they cost

Written by `python -m tests.local.model_faults.report --out docs/model_faults.md`. Each line is one
run of the whole system (the synthesised template, the handlers, the state machine, the guard's
rule) on the embedded AWS, with one fault; then runs that nothing hinders, until the document has
ended. The document has {tiles} tiles and {squares} squares to be found. The model takes
{start:.0f} s to start and {stop:.0f} s to stop, and costs $4 per hour from StartProjectVersion to
STOPPED. The clock of every service and function runs {scale:.0f} times as fast as the real one;
all seconds here are that clock's.

- **Overrun**: seconds for which the model was paid after the fault or after its last answer,
  whichever came last; an undisturbed run has {calm}. **Bound**: what rule 10 of
  [protocol.md](protocol.md) allows, and what the machine adds: the time that the longest
  undisturbed step took on it counts {scale:.0f}-fold, which was {slow} in these runs.
- **Calls**: answers of the model that were billed, of {tiles} tiles; one more for each answer that
  was lost and each worker that was killed (rule 19).
- **OK**: the model was down within the bound, or somebody else's was still up; nothing was asked of
  the detector without a live run; the document ended as shown and every square was found once.

Bounds: {bounds}.

{summary}
"""
COLUMNS = ("Fault", "What happened", "Model min", "Overrun s", "Overrun $", "Bound s", "Document",
           "Calls", "Verdict")  # fmt: skip

_stack = ExitStack()
_worlds: list[World] = []


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns exit code 1 if a case went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="cases whose name holds this text")
    parser.add_argument("--worlds", type=int, default=2, help="embedded AWS side by side")
    chosen = parser.parse_args(arguments)
    cases = [case for case in CASES if chosen.only in case.id]
    outcomes = []
    for number, outcome in enumerate(played(cases, chosen.worlds), start=1):
        outcomes.append(outcome)
        print(f"{number}/{len(cases)} {outcome.case.id}: {verdict(outcome)}", flush=True)
    chosen.out.write_text(written(outcomes))
    return int(any(outcome.wrong for outcome in outcomes))


def played(cases: Sequence[Case], worlds: int) -> Iterator[Outcome]:
    """Yields outcomes in the order of the cases, each played in one of the worlds."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(worlds, initializer=_open, initargs=(folder,)) as pool,
    ):
        yield from pool.map(_play, [CASES.index(case) for case in cases])


def _open(folder: str) -> None:
    own = Path(tempfile.mkdtemp(dir=folder))
    _worlds.append(_stack.enter_context(world(own)))


def _play(number: int) -> Outcome:
    """Plays a case; one that never comes to its end is a line of the table as well."""
    try:
        return play(_worlds[0], CASES[number])
    except AssertionError as error:
        return unfinished(CASES[number], str(error))


def written(outcomes: Sequence[Outcome]) -> str:
    """Returns the page."""
    parts = [_head(outcomes)]
    for kind, some in groupby(outcomes, key=lambda outcome: outcome.case.kind):
        rows = [_row(outcome) for outcome in some]
        parts.append("\n".join((f"## {kind}", "", _line(COLUMNS), _line(["---"] * 9), *rows, "")))
    return "\n".join(parts)


def _head(outcomes: Sequence[Outcome]) -> str:
    slow = sorted(outcome.slowness for outcome in outcomes)
    calm = [outcome.overrun for outcome in outcomes if outcome.case.kind == "no fault"]
    held = sum(not outcome.wrong for outcome in outcomes)
    dollars = [outcome.overrun_usd for outcome in outcomes]
    longest = max(outcomes, key=lambda outcome: outcome.overrun)
    return HEAD.format(
        tiles=TILES,
        squares=len(SQUARES),
        start=START_SECONDS,
        stop=STOP_SECONDS,
        scale=CLOCK_SCALE,
        calm=f"{calm[0]:.0f} s" if calm else "some as well",
        slow=f"{slow[0]:.0f} to {slow[-1]:.0f} s",
        bounds="; ".join(f"owner {who}: {words}" for who, (words, _) in BOUNDS.items()),
        summary=(
            f"**{held} of {len(outcomes)} cases hold.** The longest overrun is "
            f"{longest.overrun:.0f} s (${longest.overrun_usd:.2f}; {longest.case.id}); all "
            f"together cost ${sum(dollars):.2f} past the fault or the last answer."
        ),
    )


def _row(outcome: Outcome) -> str:
    case = outcome.case
    more = f" after {outcome.runs} more" if outcome.runs else ""
    return _line(
        (
            case.name,
            outcome.happened,
            f"{outcome.model_seconds / 60:.1f}",
            "left up" if case.unmanaged else f"{outcome.overrun:.0f}",
            "" if case.unmanaged else f"{outcome.overrun_usd:.3f}",
            "" if case.unmanaged else f"{case.bound:.0f} + {outcome.slowness:.0f}",
            f"{outcome.status}{more}",
            f"{outcome.answered}",
            verdict(outcome),
        )
    )


def verdict(outcome: Outcome) -> str:
    return "; ".join(outcome.wrong) or "OK"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


if __name__ == "__main__":
    raise SystemExit(main())
