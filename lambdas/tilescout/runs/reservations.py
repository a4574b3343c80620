"""Asking for a tile at most once at a time, and a bounded number of times (rules 14 to 19)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tilescout.ledger import Reservation, TileRow

MAX_ASKS = 3
"""Asks a tile may cost over all runs; one that ran out counts once a run."""
MAX_STRIKES = 2
"""Refusals of the tile itself after which it has failed."""
MAX_BROKEN = 7
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
    return row.reservation is not None and now < row.reservation.until


def ran_out(row: TileRow, token: int, now: int) -> bool:
    """The tile was asked in this run and never answered: its worker crashed or timed out."""
    return (
        row.reservation is not None and row.reservation.token == token and not is_reserved(row, now)
    )


def is_stuck(row: TileRow, token: int, now: int) -> bool:
    """Nothing more can be asked in this run."""
    if row.state != "pending" or is_reserved(row, now):
        return False
    if row.strikes >= MAX_STRIKES or row.broken >= MAX_BROKEN:
        return True
    if ran_out(row, token, now):
        return row.reservation is not None and row.reservation.again
    return row.asked >= MAX_ASKS


def reserve(
    row: TileRow, reservation_id: str, token: int, now: int, timeout: int
) -> TileRow | Drop:
    """The row with the reservation, or why not. ``timeout`` is the function's, in seconds."""
    if row.state != "pending":
        return Drop(f"already {row.state}")
    if is_reserved(row, now):
        return Drop("reserved by another worker")
    if is_stuck(row, token, now):
        return Drop("asked often enough")
    again = ran_out(row, token, now)
    until = now + timeout + MARGIN
    return replace(
        row,
        asked=row.asked + (not again),
        reservation=Reservation(id=reservation_id, until=until, token=token, again=again),
    )


def commit(row: TileRow, answer: str, calls: int) -> TileRow | Drop:
    """The answered row; a late answer is a good answer, a second one is dropped."""
    if row.state == "answered":
        return Drop("already answered")
    return replace(row, state="answered", answer=answer, calls=row.calls + calls, reservation=None)


def give_back(
    row: TileRow,
    reservation_id: str,
    now: int,
    error: str,
    *,
    billed: bool = False,
    broken: bool = False,
) -> TileRow | Drop:
    """Not the tile's fault: the ask is not counted, unless a part of it was ``billed``.

    A ``broken`` answer is counted apart, and leaves the tile alone for ever longer.
    """
    if not _is_held(row, reservation_id):
        return Drop("the reservation is no longer mine")
    before = _before(row)
    counted = billed or before is not None
    pause = _pause(row.broken) if broken else RETRY_SECONDS
    return replace(
        row,
        asked=row.asked - (not counted),
        broken=row.broken + broken,
        reservation=before,
        retry_at=now + pause,
        last_error=error,
    )


def _pause(broken: int) -> int:
    """Seconds that a tile is left alone after a server error, ``broken`` of which came before."""
    return min(MAX_RETRY_SECONDS, RETRY_SECONDS << broken)


def others_answered(row: TileRow, *, answered_at: int, broken_tiles: int) -> bool:
    """Whether the detector answered other tiles while this one was asked (rules 16 and 17).

    ``answered_at`` is when it last answered one in this run, 0 if never. Of a tile that server
    errors have used up it tells only if it came well after the first of them, unless at most
    ``MAX_TILES_AT_FAULT`` of the run's ``broken_tiles`` make any: the last tiles have no others
    beside them.
    """
    if not answered_at or row.broken < MAX_BROKEN:
        return bool(answered_at)
    began = row.retry_at - sum(map(_pause, range(MAX_BROKEN)))
    return broken_tiles <= MAX_TILES_AT_FAULT or answered_at > began + 2 * RETRY_SECONDS


def strike(row: TileRow, reservation_id: str, error: str) -> TileRow | Drop:
    """The detector refused this very tile."""
    if not _is_held(row, reservation_id):
        return Drop("the reservation is no longer mine")
    return replace(row, strikes=row.strikes + 1, reservation=_before(row), last_error=error)


def _is_held(row: TileRow, reservation_id: str) -> bool:
    """One that ended already is not: whoever lost the reply to its write decides once more."""
    held = row.reservation
    mine = held is not None and held.id == reservation_id and held.until > 0
    return row.state == "pending" and mine


def _before(row: TileRow) -> Reservation | None:
    """What a second ask leaves when it ends: the first of this run, which ran out and counts."""
    held = row.reservation
    return replace(held, until=0, again=False) if held is not None and held.again else None


def has_failed(row: TileRow, token: int, now: int, *, run_has_answers: bool) -> bool:
    """Whether the loop gives the tile up. Time-outs count only where others were answered."""
    if row.state != "pending" or is_reserved(row, now):
        return False
    if row.strikes >= MAX_STRIKES:
        return True
    spent = row.asked >= MAX_ASKS or row.broken >= MAX_BROKEN
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
    """The failed row, unless it was answered or reserved since the loop looked."""
    if row.state != "pending":
        return Drop(f"already {row.state}")
    if not has_failed(row, token, now, run_has_answers=run_has_answers):
        return Drop("it may still be answered")
    return replace(row, state="failed", reservation=None)


def forgive(row: TileRow, token: int, now: int) -> TileRow:
    """After a run without any answer: its ask of this tile did not count.

    A reservation still in force is left alone: its worker may be asking this moment.
    """
    if row.state != "pending" or is_reserved(row, now):
        return row
    if not ran_out(row, token, now):
        return replace(row, broken=0)
    return replace(row, asked=max(0, row.asked - 1), broken=0, reservation=None)


def relieve(row: TileRow, now: int) -> TileRow:
    """After a run that an outage ended: its server errors were not the tile's."""
    if row.state != "pending" or is_reserved(row, now):
        return row
    return replace(row, broken=0)
