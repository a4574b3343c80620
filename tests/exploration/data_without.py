"""The data plane with one rule taken away each time, and the faults under which that shows."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from tests.exploration.data_rules import Rules
from tests.exploration.data_world import Size
from tilescout.documents import Document
from tilescout.ledger import TileRow
from tilescout.runs import reservations
from tilescout.runs.lease_rules import Lease
from tilescout.runs.reservations import Drop
from tilescout.transitions import decisions
from tilescout.transitions.decisions import RunEnd
from tilescout.transitions.status_change import StatusChange


class Missing(NamedTuple):
    """A rule's number, what of it is missing, and the smallest setup in which that shows."""

    rule: str
    what: str
    faults: tuple[str, ...]
    rules: Rules
    size: Size = Size()


def detect_always(lease: Lease, token: int, now: int) -> bool:
    return True


def detect_while_closing(lease: Lease, token: int, now: int) -> bool:
    return replace(lease, phase="working").may_detect(token, now)


def reserve_again(row: TileRow, id_: str, token: int, now: int, timeout: int) -> TileRow | Drop:
    """As if no reservation were in force."""
    free = replace(row, reservation=None)
    return reservations.reserve(free, id_, token, now, timeout)


def reserve_answered(row: TileRow, id_: str, token: int, now: int, timeout: int) -> TileRow | Drop:
    return reservations.reserve(replace(row, state="pending"), id_, token, now, timeout)


def reserve_without_end(
    row: TileRow, id_: str, token: int, now: int, timeout: int
) -> TileRow | Drop:
    return reservations.reserve(replace(row, attempts=0, refusals=0), id_, token, now, timeout)


def reserve_for_too_short(
    row: TileRow, id_: str, token: int, now: int, timeout: int
) -> TileRow | Drop:
    return reservations.reserve(row, id_, token, now, -reservations.MARGIN)


def reserve_counting_each(
    row: TileRow, id_: str, token: int, now: int, timeout: int
) -> TileRow | Drop:
    """A time-out counts each time, not once a run."""
    held = row.reservation
    other = replace(row, reservation=held and replace(held, token=0))
    return reservations.reserve(other, id_, token, now, timeout)


def commit_in_time(row: TileRow, answer: str, calls: int) -> TileRow | Drop:
    return reservations.commit(row, answer, calls) if row.reservation else Drop("too late")


def give_back_counted(
    row: TileRow, id_: str, now: int, error: str, *, server_error: bool
) -> TileRow | Drop:
    back = reservations.give_back(row, id_, now, error, server_error=server_error)
    return back if isinstance(back, Drop) else replace(back, attempts=row.attempts)


def give_back_as_refusal(
    row: TileRow, id_: str, now: int, error: str, *, server_error: bool
) -> TileRow | Drop:
    return reservations.refuse(row, id_, error)


def fail_without_answers(
    row: TileRow, token: int, now: int, *, run_has_answers: bool
) -> TileRow | Drop:
    return reservations.fail(row, token, now, run_has_answers=True)


def has_failed_without_answers(
    row: TileRow, token: int, now: int, *, run_has_answers: bool
) -> bool:
    return reservations.has_failed(row, token, now, run_has_answers=True)


def never_fails(row: TileRow, token: int, now: int, *, run_has_answers: bool) -> bool:
    return False


def refusals_forgotten(row: TileRow, id_: str, error: str) -> TileRow | Drop:
    struck = reservations.refuse(row, id_, error)
    return (
        struck
        if isinstance(struck, Drop)
        else replace(struck, refusals=0, attempts=row.attempts - 1)
    )


def never_forgiven(row: TileRow, token: int, now: int) -> TileRow:
    return row


def never_held(document: Document, end: RunEnd, now: int) -> StatusChange:
    return replace(decisions.requeue(document, end, now), status="QUEUED")


POISON = Size(poison=(1,))

MISSING = (
    Missing(
        "11", "what a dead run left is not claimed", ("abort",), Rules(claims_after_dead_runs=False)
    ),
    Missing("11", "a claim begins anew", ("crash",), Rules(keeps_answers=False)),
    Missing(
        "12",
        "a flip under any claim",
        ("abort", "late merge", "impatience"),
        Rules(flips_only_its_claim=False),
    ),
    Missing(
        "12",
        "a requeue under any claim",
        ("abort", "impatience", "late merge"),
        Rules(requeues_only_its_claim=False),
    ),
    Missing("14", "a count left behind is not repaired", ("crash",), Rules(repairs_bands=False)),
    Missing("14", "complete without counting", ("crash",), Rules(waits_for_complete=False)),
    Missing(
        "15a",
        "asked without looking at the lease",
        ("abort", "late hint", "late hint"),
        Rules(may_detect=detect_always),
    ),
    Missing(
        "15a",
        "asked while closing",
        ("late hint",) * 3,
        Rules(may_detect=detect_while_closing),
        Size(tiles=1, turns=1),
    ),
    Missing("15b", "no reservation", ("duplicate hint",), Rules(reserve=reserve_again)),
    Missing(
        "15b", "an answered tile is reserved", ("duplicate hint",), Rules(reserve=reserve_answered)
    ),
    Missing(
        "15b",
        "a reservation shorter than a worker's life",
        ("slow",),
        Rules(reserve=reserve_for_too_short),
    ),
    Missing(
        "15b",
        "no end to asking",
        ("impatience",),
        Rules(reserve=reserve_without_end, has_failed=never_fails),
        POISON,
    ),
    Missing("15d", "a late answer is refused", ("slow",), Rules(commit=commit_in_time)),
    Missing(
        "16",
        "an outage counts as an ask",
        ("not ready",) * 3,
        Rules(give_back=give_back_counted),
        Size(turns=4),
    ),
    Missing(
        "16",
        "an outage counts as a refusal",
        ("not ready",) * 2,
        Rules(give_back=give_back_as_refusal),
    ),
    Missing(
        "17",
        "a run without answers fails tiles",
        ("server error",) * 7,
        Rules(has_failed=has_failed_without_answers, fail=fail_without_answers),
        Size(tiles=1, turns=30),
    ),
    Missing(
        "17",
        "a time-out counts each time",
        ("crash",),
        Rules(reserve=reserve_counting_each),
        Size(tiles=1, turns=4),
    ),
    Missing("17", "no tile ever fails", (), Rules(has_failed=never_fails), POISON),
    Missing(
        "17",
        "a run without answers is not forgiven",
        ("crash",),
        Rules(forgive=never_forgiven),
        Size(tiles=1, turns=2),
    ),
    Missing(
        "17",
        "documents are never held",
        ("not ready",) * 4,
        Rules(requeue=never_held),
        Size(tiles=1, turns=1),
    ),
    Missing(
        "18",
        "no closing before the end",
        ("late hint",) * 3,
        Rules(closes_first=False),
        Size(tiles=1, turns=1),
    ),
    Missing("19", "a refusal does not count", (), Rules(refuse=refusals_forgotten), POISON),
)
