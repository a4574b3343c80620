"""Many small documents uploaded in a minute, to an account with few or many Lambda executions.

Every invocation takes one execution of the account. The caps of the queues, the pace of hints, the
turns of a run and its ends are the project's own; how long a function works is assumed. A page is
a sheet of letter size, read by Textract in an account with the default quota of us-east-1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

from benchmarks.simulation.clock import DAY_ZERO, Clock, Sleeping
from infra.config.concurrency import queue_caps
from tilescout.detector_kinds import KINDS
from tilescout.handlers.guard_steps.documents import PAGES_WAITING, STUCK_SECONDS
from tilescout.handlers.run_steps.claims import CLAIMS_PER_TURN, MAX_OPEN_CLAIMS
from tilescout.pricing import PRICES_REGION
from tilescout.runs import merge_pacing, pacing
from tilescout.runs.lease_rules import TTL
from tilescout.runs.pacing import Limits, Pace, Progress

TILES_PER_PAGE = 2
SECONDS = {
    "accept_document": 2.0,
    "tile_page": 4.0,
    "detect_tile": 1.5,
    "merge_page": 2.0,
    "advance_run": 1.0,
    "guard": 1.0,
}
"""The time that one invocation works, assumed; a cold start is part of it."""
BACKOFF = 5.0
"""Seconds until a poller offers a message again that Lambda had no execution for."""
MAX_RECEIVES = 5
STEP_PAUSES = [min(12.0, 2 * 1.5**attempt) for attempt in range(14)]
"""The workflow's pauses before it tries a throttled step again; then the run fails."""
RATE = KINDS["textract"].tiles_per_second(PRICES_REGION)
DEADLINE = 60 * 60
CALLS_ALLOWED = 25_000_000 // 1500
"""A budget of $25, at $0.0015 per call."""


class RunFailed(Exception):
    """A step found no execution for longer than the workflow tries."""


@dataclass(slots=True)
class Account:
    """``executions`` that may run at once, and what happened to those that found no room."""

    clock: Clock
    executions: int
    running: int = 0
    most: int = 0
    throttled: dict[str, int] = field(default_factory=dict)

    def enter(self, function: str) -> bool:
        """Takes an execution; returns False where the account has none left."""
        if self.running >= self.executions:
            self.throttled[function] = self.throttled.get(function, 0) + 1
            return False
        self.running += 1
        self.most = max(self.most, self.running)
        return True

    def leave(self) -> None:
        self.running -= 1


@dataclass(slots=True)
class EventSource:
    """An event source mapping: ``cap`` invocations at once, each with one message."""

    account: Account
    function: str
    cap: int
    work: Callable[[int], None]
    waiting: list[tuple[int, int]] = field(default_factory=list)
    in_flight: int = 0
    dead: int = 0
    rate: float = 0.0
    next_free: float = 0.0

    def send(self, message: int, receives: int = 0) -> None:
        self.waiting.append((message, receives))
        self.dispatch()

    def dispatch(self) -> None:
        while self.waiting and self.in_flight < self.cap:
            message, receives = self.waiting.pop(0)
            self.in_flight += 1
            self.account.clock.spawn(self._invoke(message, receives + 1))

    def _invoke(self, message: int, receives: int) -> Sleeping:
        if self.account.enter(self.function):
            yield self._seconds()
            self.account.leave()
            self.work(message)
        else:
            yield BACKOFF
            if receives >= MAX_RECEIVES:
                self.dead += 1
            else:
                self.waiting.append((message, receives))
        self.in_flight -= 1
        self.dispatch()

    def _seconds(self) -> float:
        """Returns how long the invocation lasts; the service's quota holds back what exceeds it."""
        if not self.rate:
            return SECONDS[self.function]
        now = self.account.clock.now_ms / 1000
        begin = max(now, self.next_free)
        self.next_free = begin + 1 / self.rate
        return begin - now + SECONDS[self.function]


@dataclass(slots=True)
class Document:
    """One upload; ``answered`` of its tiles have an answer."""

    accepted_at: int = 0
    tiled: bool = False
    claimed: bool = False
    sent: int = 0
    answered: int = 0
    merging: bool = False
    done_at: int = 0


@dataclass(slots=True)
class Outcome:
    """The end of the uploads; times in seconds from the first of them."""

    executions: int
    uploads: int
    done: int
    dead: int
    tiled_after: int
    done_after: int
    most: int
    runs: int
    runs_failed: int
    longest_step_gap: float
    guard_missed: int
    guard_gap: float
    resent: int
    throttled: int


class Storm:
    """``uploads`` in a minute, and the functions, the guard and the runs that work them off."""

    def __init__(
        self,
        executions: int,
        uploads: int,
        *,
        others: int = 0,
        caps: Mapping[str, int] | None = None,
    ) -> None:
        """Makes an account of which somebody else takes ``others`` executions all the time."""
        self.clock = Clock()
        self.account = Account(self.clock, executions, running=others)
        self.documents = [Document() for _ in range(uploads)]
        caps = caps or queue_caps(executions, {})
        made = partial(EventSource, self.account)
        self.accepts = made("accept_document", caps["DocumentsQueue"], self._accepted)
        self.pages = made("tile_page", caps["PagesQueue"], self._tiled)
        self.tiles = made("detect_tile", caps["TilesQueue"], self._answered)
        self.tiles.rate = RATE
        self.merges = made("merge_page", caps["MergesQueue"], self._merged)
        self.queued: list[int] = []
        self.open: set[int] = set()
        self.attempts = self.ended = self.runs = self.runs_failed = self.resent = 0
        self.guard_looks: list[int] = []
        self.is_running = False
        self.last_step = 0.0
        self.longest_step_gap = 0.0
        self.tiled_at = 0
        for number in range(uploads):
            self.clock.after(60 * number / uploads, partial(self.accepts.send, number))
        self.clock.every(60, lambda: self.clock.spawn(self._guard()), first=DAY_ZERO + 30)

    def outcome(self) -> Outcome:
        """Runs the clock until all is done, at most three days, and returns what happened."""
        while self._is_open() and self.clock.now < DAY_ZERO + 3 * 86_400:
            self.clock.run_until(self.clock.now + 60)
        done = [each.done_at for each in self.documents if each.done_at]
        gaps = [b - a for a, b in pairwise(self.guard_looks)]
        return Outcome(
            executions=self.account.executions,
            uploads=len(self.documents),
            done=len(done),
            dead=self.accepts.dead + self.pages.dead,
            tiled_after=self.tiled_at - DAY_ZERO,
            done_after=max(done, default=DAY_ZERO) - DAY_ZERO,
            most=self.account.most,
            runs=self.runs,
            runs_failed=self.runs_failed,
            longest_step_gap=self.longest_step_gap,
            guard_missed=self.account.throttled.get("guard", 0),
            guard_gap=max(gaps, default=0),
            resent=self.resent,
            throttled=sum(self.account.throttled.values()),
        )

    def _is_open(self) -> bool:
        return self.is_running or any(not each.done_at for each in self.documents)

    def _accepted(self, number: int) -> None:
        self.documents[number].accepted_at = self.clock.now
        self.pages.send(number)

    def _tiled(self, number: int) -> None:
        document = self.documents[number]
        if not document.tiled:
            document.tiled = True
            self.tiled_at = self.clock.now
            self.queued.append(number)

    def _answered(self, number: int) -> None:
        self.attempts += 1
        self.ended += 1
        self.documents[number].answered += 1

    def _merged(self, number: int) -> None:
        if not self.documents[number].done_at:
            self.documents[number].done_at = self.clock.now
        self.open.discard(number)

    def _guard(self) -> Sleeping:
        """A look; one that finds no execution is not repeated."""
        if not self.account.enter("guard"):
            return
        self.guard_looks.append(self.clock.now)
        yield SECONDS["guard"]
        self.account.leave()
        self._resend()
        if self.queued and not self.is_running:
            self.is_running = True
            self.clock.spawn(self._run())

    def _resend(self) -> None:
        """Sends pages again that are missing for long, while the pages queue is nearly empty."""
        if len(self.pages.waiting) >= PAGES_WAITING:
            return
        for number, document in enumerate(self.documents):
            late = document.accepted_at and self.clock.now - document.accepted_at >= STUCK_SECONDS
            if late and not document.tiled:
                document.accepted_at = self.clock.now
                self.pages.send(number)
                self.resent += 1

    def _step(self) -> Sleeping:
        """Invokes advance_run, and tries again as the workflow does."""
        for pause in STEP_PAUSES:
            if self.account.enter("advance_run"):
                yield SECONDS["advance_run"]
                self.account.leave()
                now = self.clock.now_ms / 1000
                self.longest_step_gap = max(self.longest_step_gap, now - self.last_step)
                self.last_step = now
                return
            yield pause
        raise RunFailed

    def _run(self) -> Sleeping:
        self.runs += 1
        self.last_step = self.clock.now_ms / 1000
        try:
            yield from self._steps()
        except RunFailed:
            self.runs_failed += 1
        self._requeue()
        self.is_running = False
        if self.queued:
            self.is_running = True
            self.clock.spawn(self._run())

    def _requeue(self) -> None:
        """Queues again what is claimed and not done; answers are kept."""
        for number in sorted(self.open):
            document = self.documents[number]
            document.claimed, document.sent, document.merging = False, document.answered, False
            self.queued.append(number)
        self.open.clear()

    def _steps(self) -> Sleeping:
        yield from self._step()  # OpenRun
        limits = Limits(
            deadline=self.clock.now + DEADLINE, calls_left=CALLS_ALLOWED, calls_per_tile=1
        )
        pace, turns, began = Pace(), 0, self.attempts
        while True:
            yield from self._step()  # DetectTiles
            self._claim()
            self._send_merges(merge_pacing.HINTS_PER_TURN)
            progress, turns = self._progress(), turns + 1
            left = CALLS_ALLOWED - (self.attempts - began)
            limits = replace(limits, calls_left=left, turns=turns)
            if pacing.why_finished(progress, pace, limits, self.clock.now):
                break
            turn = pacing.next_turn(pace, progress, self.clock.now, RATE)
            pace = turn.pace
            self._send(turn.send, turn.wait_seconds)
            yield turn.wait_seconds
        yield from self._step()  # StopModel
        yield from self._merge_all(limits.deadline + 1800)
        yield from self._step()  # CloseRun

    def _merge_all(self, hard_deadline: int) -> Sleeping:
        turns, moved_at, before = 0, self.clock.now, -1
        while True:
            yield from self._step()  # MergePages
            complete = [n for n in self.open if self.documents[n].answered >= TILES_PER_PAGE]
            moved_at = moved_at if len(complete) == before else self.clock.now
            before, turns = len(complete), turns + 1
            turn = merge_pacing.next_turn(
                len(complete),
                turns=turns,
                idle=self.clock.now - moved_at,
                seconds_left=hard_deadline - self.clock.now,
            )
            self._send_merges(turn.hints)
            if turn.ends:
                return
            yield turn.wait_seconds

    def _claim(self) -> None:
        room = min(CLAIMS_PER_TURN, MAX_OPEN_CLAIMS - len(self.open))
        claimed, self.queued = self.queued[: max(0, room)], self.queued[max(0, room) :]
        for number in claimed:
            self.documents[number].claimed = True
        self.open |= set(claimed)

    def _progress(self) -> Progress:
        sendable = sum(TILES_PER_PAGE - self.documents[n].sent for n in self.open)
        waiting = len(self.tiles.waiting)
        return Progress(
            answered=self.ended,
            failed=0,
            reserved=self.tiles.in_flight,
            sendable=sendable + waiting,
            stuck=0,
            attempts=self.attempts,
        )

    def _send(self, hints: int, spread: float) -> None:
        """Sends hints of tiles that were not sent, evenly over the wait."""
        sent = 0
        for number in sorted(self.open):
            while self.documents[number].sent < TILES_PER_PAGE and sent < hints:
                self.documents[number].sent += 1
                self.clock.after(spread * sent / hints, partial(self.tiles.send, number))
                sent += 1

    def _send_merges(self, hints: int) -> None:
        complete = (
            n
            for n in sorted(self.open)
            if self.documents[n].answered >= TILES_PER_PAGE and not self.documents[n].merging
        )
        for _, number in zip(range(hints), complete, strict=False):
            self.documents[number].merging = True
            self.merges.send(number)


def is_kept(outcome: Outcome) -> bool:
    """Returns True where nothing failed, and the guard and the runs kept their beat."""
    return (
        outcome.done == outcome.uploads
        and not outcome.dead
        and not outcome.runs_failed
        and outcome.longest_step_gap < TTL
        and outcome.guard_gap <= 60
    )
