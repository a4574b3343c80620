"""Intake with one rule taken away each time, and the faults under which that shows."""

from __future__ import annotations

from typing import NamedTuple

from tests.exploration.intake_world import Rules, Size


class Missing(NamedTuple):
    """A rule's number, what of it is missing, and the smallest setup in which that shows."""

    rule: str
    what: str
    faults: tuple[str, ...]
    rules: Rules
    size: Size = Size()


BOMB = Size(pages=1, bombs=(1,))
BAD = Size(bad_upload=True)

MISSING = (
    Missing(
        "21", "rows are written over what is answered", ("duplicate",), Rules(writes_new_only=False)
    ),
    Missing("22", "the record after the messages", (), Rules(record_first=False, sweeps=False)),
    Missing(
        "22", "delivered again, nothing is sent", ("crash",), Rules(sends_again=False, sweeps=False)
    ),
    Missing("22", "the mark before the rows", (), Rules(marks_last=False)),
    Missing("22", "queued without looking for missing pages", (), Rules(flips_if_marked=False)),
    Missing("22", "a flip from any status", ("duplicate",), Rules(flips_if_accepted=False)),
    Missing("22", "a record written over another", ("duplicate",), Rules(adds_if_absent=False)),
    Missing("22", "attempts have no end", (), Rules(counts_attempts=False, collects=False), BOMB),
    Missing("23", "nobody collects dead letters", (), Rules(collects=False), BAD),
    Missing("23", "no sweep", ("lost event",), Rules(sweeps=False)),
)
