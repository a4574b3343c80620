"""The page on outages: what came of a document for each service, manner and stage."""

from __future__ import annotations

from collections.abc import Sequence

from tests.handlers.faults.outages import OUTAGE_SECONDS, PAGES, TILES, World

HEAD = """\
# Outages

Written by `pytest tests/handlers/faults/test_outages.py --outages docs/outages.md`. Each line is a
document of {pages} pages and {tiles} tiles on its way through the functions, queues, guard and
workflow in virtual time, without one service for {minutes} minutes from the named stage on.

- **Refuses**: S3 and DynamoDB throttle every call, Lambda has no execution free, the detector
  throttles. **Is slow**: no answer within the client's time-out; Lambda does the work and ends
  before it has answered.
- **Paid**: calls that the detector answered, of {tiles} tiles. **Failed runs** are executions of
  the workflow: the guard starts the next. **After**: minutes from the end of the outage until the
  document had ended.
- A detector that never answers may bill all the same: after three runs without any answer the
  document is HELD, and a person decides.

| service | manner | from | document | paid | twice | failed runs | dead letters | after, min |
|---|---|---|---|---|---|---|---|---|
"""


def row(world: World, stage: str) -> str:
    """Returns the line of one outage, once it is played."""
    paid = sum(world.paid.values())
    cells = (
        *(world.service, world.manner, stage, world.document["status"]),
        *(paid, paid - len(world.paid), world.failed_runs, len(world.dead)),
        f"{world.minutes_after:.0f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def page(rows: Sequence[str]) -> str:
    """Returns the page with one line per outage."""
    head = HEAD.format(pages=PAGES, tiles=TILES, minutes=OUTAGE_SECONDS // 60)
    return head + "\n".join(rows) + "\n"
