"""One attempt on a tile at a time, and a bounded number of them (protocol rules 14 to 19).

Every function is pure: it takes the row as read, and returns the row to be written only if the
stored one is still the one that was read, or ``Drop`` where nothing is to be written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tilescout.ledger import Reservation, TileRow

MAX_ATTEMPTS = 3
"""Attempts on a tile over all runs. Those whose reservation ran out count once per run."""
MAX_REFUSALS = 2
"""Refusals of the tile itself after which it has failed."""
MAX_SERVER_ERRORS = 7
"""Server errors on one tile, at ever longer pauses, after which they are taken for its own."""
RETRY_SECONDS = 15
MAX_RETRY_SECONDS = 300
MAX_TILES_AT_FAULT = 10
"""Tiles of a run that may make server errors at once and yet be at fault; more are an outage."""
MARGIN = 60
"""Seconds that a reservation outlives its function's timeout."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The hint is of no use; ``reason`` goes to the log."""

    reason: str


def is_reserved(row: TileRow, now: int) -> bool:
    """True while a worker may be sending the tile to its detector."""
    return row.reservation is not None and now < row.reservation.until


def ran_out(row: TileRow, token: int, now: int) -> bool:
    """True if an attempt of this run was never answered: its worker crashed or timed out."""
    return (
        row.reservation is not None and row.reservation.token == token and not is_reserved(row, now)
    )


def is_stuck(row: TileRow, token: int, now: int) -> bool:
    """True if the tile is pending and this run may make no more attempts on it."""
    if row.state != "pending" or is_reserved(row, now):
        return False
    if row.refusals >= MAX_REFUSALS or row.server_errors >= MAX_SERVER_ERRORS:
        return True
    if ran_out(row, token, now):
        return row.reservation is not None and row.reservation.again
    return row.attempts >= MAX_ATTEMPTS


def reserve(
    row: TileRow, reservation_id: str, token: int, now: int, timeout: int
) -> TileRow | Drop:
    """Returns the row with a reservation. ``timeout`` is the function's, in seconds."""
    if row.state != "pending":
        return Drop(f"already {row.state}")
    if is_reserved(row, now):
        return Drop("reserved by another worker")
    if is_stuck(row, token, now):
        return Drop("no attempts are left in this run")
    again = ran_out(row, token, now)
    until = now + timeout + MARGIN
    return replace(
        row,
        attempts=row.attempts + (not again),
        reservation=Reservation(id=reservation_id, until=until, token=token, again=again),
    )


def with_lost_call(row: TileRow, changed: TileRow | Drop) -> TileRow | Drop:
    """Returns ``changed`` with the call of an attempt whose answer never came counted.

    ``row`` is the one before the change. The call may have been billed, so it is told as made. An
    attempt that a later one of its run left behind, without an end of its own, is counted already.
    """
    held = row.reservation
    if isinstance(changed, Drop) or held is None or not held.until:
        return changed
    return replace(changed, calls=changed.calls + 1)


def with_billed_calls(changed: TileRow | Drop, billed: int) -> TileRow | Drop:
    """Returns ``changed`` with the billed calls of an attempt without an answer counted.

    Calls that were answered in such an attempt showed that the tile is crowded: its next attempt
    does not pay the first of them again.
    """
    if isinstance(changed, Drop) or not billed:
        return changed
    return replace(changed, calls=changed.calls + billed, crowded=True)


def commit(row: TileRow, answer: str, calls: int, *, reused: bool = False) -> TileRow | Drop:
    """Returns the answered row. A late answer is a good answer, a second one is dropped."""
    if row.state == "answered":
        return Drop("already answered")
    calls += row.calls
    return replace(
        row, state="answered", answer=answer, calls=calls, reservation=None, reused=reused
    )


def give_back(
    row: TileRow,
    reservation_id: str,
    now: int,
    error: str,
    *,
    billed: bool = False,
    server_error: bool = False,
) -> TileRow | Drop:
    """Returns the row after an error that is not the tile's fault.

    The attempt does not count, unless a part of it was ``billed``. A ``server_error`` is counted
    apart, and leaves the tile alone for ever longer.
    """
    if not _is_held(row, reservation_id):
        return Drop("the reservation is no longer mine")
    before = _before(row)
    counted = billed or before is not None
    pause = _pause(row.server_errors) if server_error else RETRY_SECONDS
    return replace(
        row,
        attempts=row.attempts - (not counted),
        server_errors=row.server_errors + server_error,
        reservation=before,
        retry_at=now + pause,
        last_error=error,
    )


def _pause(server_errors: int) -> int:
    """Returns for how many seconds a tile is left alone after its next server error."""
    return min(MAX_RETRY_SECONDS, RETRY_SECONDS << server_errors)


def others_answered(row: TileRow, *, answered_at: int, tiles_with_errors: int) -> bool:
    """True if the detector answered other tiles while it failed on this one (rules 16 and 17).

    ``answered_at`` is when it last answered one in this run, 0 if never. For a tile that server
    errors have used up an answer tells only if it came well after the first of them, unless at
    most ``MAX_TILES_AT_FAULT`` of the run's tiles make any, ``tiles_with_errors``: the last tiles
    have no others beside them.
    """
    if not answered_at or row.server_errors < MAX_SERVER_ERRORS:
        return bool(answered_at)
    began = row.retry_at - sum(map(_pause, range(MAX_SERVER_ERRORS)))
    return tiles_with_errors <= MAX_TILES_AT_FAULT or answered_at > began + 2 * RETRY_SECONDS


def refuse(row: TileRow, reservation_id: str, error: str) -> TileRow | Drop:
    """Returns the row after the detector refused this very tile."""
    if not _is_held(row, reservation_id):
        return Drop("the reservation is no longer mine")
    return replace(row, refusals=row.refusals + 1, reservation=_before(row), last_error=error)


def _is_held(row: TileRow, reservation_id: str) -> bool:
    """True until the reservation ends: a worker that lost a reply decides on the row once more."""
    held = row.reservation
    mine = held is not None and held.id == reservation_id and held.until > 0
    return row.state == "pending" and mine


def _before(row: TileRow) -> Reservation | None:
    """Returns what a second attempt leaves when it ends.

    That is the first one of this run, which ran out and counts.
    """
    held = row.reservation
    return replace(held, until=0, again=False) if held is not None and held.again else None


def has_failed(row: TileRow, token: int, now: int, *, run_has_answers: bool) -> bool:
    """True if the loop gives the tile up. Time-outs count only where others were answered."""
    if row.state != "pending" or is_reserved(row, now):
        return False
    if row.refusals >= MAX_REFUSALS:
        return True
    spent = row.attempts >= MAX_ATTEMPTS or row.server_errors >= MAX_SERVER_ERRORS
    return run_has_answers and spent and is_stuck(row, token, now)


TileStanding = Literal["ended", "failed", "reserved", "stuck", "sendable"]


def tile_standing(row: TileRow, token: int, now: int, *, run_has_answers: bool) -> TileStanding:
    """Returns what the loop makes of a tile: "failed" ones are given up, "stuck" ones rest.

    A tile that is left alone until its ``retry_at`` counts as "reserved".
    """
    if row.state != "pending":
        return "ended"
    if has_failed(row, token, now, run_has_answers=run_has_answers):
        return "failed"
    if is_reserved(row, now) or now < row.retry_at:
        return "reserved"
    return "stuck" if is_stuck(row, token, now) else "sendable"


def sendable_since(row: TileRow) -> int:
    """Returns the time from which a sendable tile waits for a hint, 0 if it was never sent."""
    return max(row.retry_at, row.reservation.until if row.reservation else 0)


def fail(row: TileRow, token: int, now: int, *, run_has_answers: bool) -> TileRow | Drop:
    """Returns the failed row, unless it was answered or reserved since the loop looked."""
    if row.state != "pending":
        return Drop(f"already {row.state}")
    if not has_failed(row, token, now, run_has_answers=run_has_answers):
        return Drop("it may still be answered")
    return replace(row, state="failed", reservation=None)


def give_up(row: TileRow, token: int, now: int, *, run_has_answers: bool) -> TileRow | Drop:
    """Returns the failed row with the call of a lost attempt counted; see ``fail``."""
    return with_lost_call(row, fail(row, token, now, run_has_answers=run_has_answers))


def forgive(row: TileRow, token: int, now: int) -> TileRow:
    """Returns the row after a run without any answer, whose attempt on it does not count.

    A reservation still in force is left alone: its worker may be sending the tile this moment.
    """
    if row.state != "pending" or is_reserved(row, now):
        return row
    if not ran_out(row, token, now):
        return replace(row, server_errors=0)
    return replace(row, attempts=max(0, row.attempts - 1), server_errors=0, reservation=None)


def relieve(row: TileRow, now: int) -> TileRow:
    """Returns the row after a run that an outage ended: its server errors were not the tile's."""
    if row.state != "pending" or is_reserved(row, now):
        return row
    return replace(row, server_errors=0)
