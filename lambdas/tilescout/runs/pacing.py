"""When a run sends hints, how many, how long it waits, and when it has done what it can."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tilescout.runs.history_budget import MAX_DETECTING_TURNS
from tilescout.runs.lease_rules import MAX_WAIT

FIRST_WINDOW = 40
"""Hints in the first turn, before any rate is known."""
IN_FLIGHT = 20
"""Hints beyond the measured rate, so that no worker idles."""
MIN_WAIT = 2
"""Seconds. A small run should not wait for a large one's turn."""
MAX_WAIT_WITH_MODEL = 20
"""Seconds: a model is paid from its last answer until the next look."""
RESEND_AFTER = 45
"""Seconds without an attempt or an answer after which hints are taken for lost."""
SLOWING_AFTER = 30
"""Seconds without a tile's end after which the rate that was measured is halved each turn."""
NO_PROGRESS = 20 * 60
"""Seconds without a tile's end after which the run stops detecting."""
PATIENCE_WITH_MODEL = 10 * 60
"""Seconds without a tile's end after which a model, which costs money, is stopped."""
NOTHING_TO_SEND = "the remaining tiles cannot be sent now"
NOTHING_ENDS = "no progress"
STALLED = (NOTHING_TO_SEND, NOTHING_ENDS)
"""Reasons for which a run ends although its deadline and budget are not reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The ledger's view of a run's tiles, and the run's ``attempts`` on them so far.

    ``sendable`` tiles are pending and neither reserved nor stuck; ``reserved`` ones are at their
    detector, or left alone for a while; ``stuck`` ones cannot be sent again in this run;
    ``unread`` ones were not looked at in this turn.
    """

    answered: int
    failed: int
    reserved: int
    sendable: int
    stuck: int
    unread: int = 0
    attempts: int = 0

    @property
    def open(self) -> int:
        """The tiles that this run can still bring to an end."""
        return self.reserved + self.sendable + self.unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The loop's state from turn to turn. ``in_queue`` estimates the hints not yet taken."""

    in_queue: int = 0
    attempts: int = 0
    ended: int = 0
    moved_at: int = 0
    ended_at: int = 0
    rate: float = 0.0
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of the loop: it skips some tiles, sends hints for others, and waits.

    Tiles are in the order in which they became sendable, so those skipped are the ones whose
    hints are still in the queue.
    """

    skip: int
    send: int
    wait_seconds: int
    pace: Pace


def wait_for(turn: int, open_tiles: int, rate: float) -> int:
    """Returns the seconds until the next look: short at first and near the end, below TTL/2."""
    if rate > 0:
        expected = open_tiles / rate / 2
        return max(MIN_WAIT, math.ceil(min(MAX_WAIT, expected)))
    return min(MAX_WAIT, MIN_WAIT + turn)


def next_turn(
    pace: Pace,
    progress: Progress,
    now: int,
    calls_per_second: float,
    max_wait: int = MAX_WAIT,
) -> Turn:
    """Returns hints for what the workers can take until the next look, at the service's rate."""
    moved_at = pace.moved_at or now
    ended = progress.answered + progress.failed
    newly_ended = max(0, ended - pace.ended)
    taken = max(0, progress.attempts - pace.attempts)
    ended_at = now if newly_ended or not pace.ended_at else pace.ended_at
    rate = (
        newly_ended / max(1, now - moved_at) if newly_ended else _slowed(pace.rate, now - ended_at)
    )
    lost = not (newly_ended or taken) and now - moved_at >= RESEND_AFTER
    in_queue = 0 if lost else min(progress.sendable, max(0, pace.in_queue - taken))
    wait = min(max_wait, wait_for(pace.turn, progress.open, rate))
    outstanding = in_queue + progress.reserved
    send = min(progress.sendable - in_queue, _window(rate, wait, calls_per_second) - outstanding)
    send = max(0, send)
    return Turn(
        skip=in_queue,
        send=send,
        wait_seconds=wait,
        pace=Pace(
            in_queue=in_queue + send,
            attempts=progress.attempts,
            ended=ended,
            moved_at=now if newly_ended or taken or lost else moved_at,
            ended_at=ended_at,
            rate=rate,
            turn=pace.turn + 1,
        ),
    )


def _slowed(rate: float, idle: int) -> float:
    """Returns the rate after ``idle`` seconds without an end: a few tiles are read less often."""
    if idle < SLOWING_AFTER:
        return rate
    return rate / 2 if rate > 0.001 else 0.0


def _window(rate: float, wait: int, calls_per_second: float) -> int:
    """Returns how many hints may be outstanding at once."""
    wanted = rate * wait * 1.5 + IN_FLIGHT if rate else FIRST_WINDOW
    return math.ceil(min(wanted, calls_per_second * wait + IN_FLIGHT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits that end the detecting of a run before its tiles do.

    One tile may take ``calls_per_tile`` of the ``calls_left``. ``patience`` is in seconds without
    a tile's end, and ``turns`` are those of the execution so far.
    """

    deadline: int
    calls_left: int
    calls_per_tile: int
    patience: int = NO_PROGRESS
    turns: int = 0


def patience(*, starts_model: bool, may_blame: bool) -> int:
    """Returns the seconds for which a run goes on without a tile's end.

    A few more minutes of a model cost less than its next start, which tiles that it breaks on would
    need if they did not fail now: those that may be blamed for what they broke.
    """
    return PATIENCE_WITH_MODEL if starts_model and not may_blame else NO_PROGRESS


def why_finished(progress: Progress, pace: Pace, limits: Limits, now: int) -> str:
    """Returns why the run stops detecting, or "" while it should go on (rule 18)."""
    if not progress.open:
        return "every tile has ended" if not progress.stuck else NOTHING_TO_SEND
    if pace.ended_at and now - pace.ended_at >= limits.patience:
        return NOTHING_ENDS
    if max(pace.turn, limits.turns) >= MAX_DETECTING_TURNS:
        return "the run's history is full"
    if now >= limits.deadline:
        return "deadline"
    if limits.calls_left < limits.calls_per_tile and not progress.reserved:
        return "budget"
    return ""
