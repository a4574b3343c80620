"""Writes docs/storm.md: 5,000 documents uploaded in a minute, by the account's executions.

python -m benchmarks.storm --out docs
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.simulation.storm import SECONDS, TILES_PER_PAGE, Outcome, Storm

UPLOADS = 5_000
ACCOUNTS = ((10, 0), (10, 3), (100, 0), (1_000, 0))
"""Executions of the account, and how many of them something else takes all the time."""
HEAD = (
    "executions", "taken by others", "tiled after", "done after", "DONE", "FAILED",
    "most at once", "throttled", "runs", "runs failed", "longest wait of a run", "of the guard",
)  # fmt: skip
TEXT = """# 5,000 uploads in a minute

Written by `python -m benchmarks.storm --out docs`: a simulation of {uploads:,} PDFs of one page,
each of {tiles} tiles, uploaded within a minute and read by Textract at the default quota of
us-east-1. The caps of the queues, the pace of hints, the turns of a run and its ends are the
project's own functions. An invocation takes one execution of the account, and one that finds none
is refused. How long it works is assumed:
{seconds}.

{table}

- **Nothing is lost.** No document fails, and no message becomes a dead letter: the caps of the
  queues together leave two executions, one for the guard and one for the step of a run.
- **The beat is kept.** A run's lease lives for 180 s after its last step, and the guard looks every
  60 s. Where something else takes three of the ten executions, calls are refused at times: a step
  is tried again for two minutes, the guard a minute later, and the alarm `ThrottledFunctions`
  tells. Then raise the quota (Service Quotas, Lambda, *Concurrent executions*), and
  `account_concurrency` with it.
- **How long it takes.** With 10 executions tiling is what lasts: two pages at a time. From 100 on
  it is merging, for at most ten pages are merged at once; the quota of Textract, 25 calls per
  second, alone would take 7 minutes.
"""


def page() -> str:
    """Returns the page."""
    outcomes = [(others, Storm(n, UPLOADS, others=others).outcome()) for n, others in ACCOUNTS]
    rows = [HEAD, ["---"] * len(HEAD), *(_row(others, each) for others, each in outcomes)]
    return TEXT.format(
        uploads=UPLOADS,
        tiles=TILES_PER_PAGE,
        seconds=", ".join(f"`{name}` {seconds:g} s" for name, seconds in SECONDS.items()),
        table="\n".join(f"| {' | '.join(row)} |" for row in rows),
    )


def _row(others: int, outcome: Outcome) -> list[str]:
    return [
        f"{outcome.executions:,}",
        f"{others}",
        f"{outcome.tiled_after / 60:.0f} min",
        f"{outcome.done_after / 60:.0f} min",
        f"{outcome.done:,}",
        f"{outcome.dead}",
        f"{outcome.most - others}",
        f"{outcome.throttled:,}",
        f"{outcome.runs}",
        f"{outcome.runs_failed}",
        f"{outcome.longest_step_gap:.0f} s",
        f"{outcome.guard_gap:.0f} s",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    (parser.parse_args().out / "storm.md").write_text(page())


if __name__ == "__main__":
    main()
