"""A run: its record, what goes from state to state, and what it may spend."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tilescout import keys
from tilescout.documents import Document
from tilescout.ledger import BandRow
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.runs.lease_rules import Lease
from tilescout.runs.pacing import Pace

FREE_CALLS = 1_000_000_000
"""The allowance of a run whose calls cost nothing."""
MAX_START_SECONDS = 24 * 3600
"""No start lasts as long: the workflow ends after half of it, and the guard follows."""
CLOSING_MARGIN = 30 * 60
"""Seconds for stopping and merging once detecting has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run's row. ``calls_left`` of ``calls_allowed`` billed requests may still be made.

    ``attempts`` counts reservations, so that the loop knows how many hints were taken. Each turn
    of the loop notes ``tiles_answered`` and ``last_answer_at``. ``tiles_reused`` of them took an
    answer that was given before.
    ``model_usd`` is part of ``spent_usd``; ``model_version`` is an ARN.
    """

    id: str
    model: str
    execution: str
    token: int
    status: str
    opened_at: int
    calls_left: int = 0
    calls_allowed: int = 0
    attempts: int = 0
    tiles_reused: int = 0
    closed_at: int = 0
    documents: int = 0
    tiles_answered: int = 0
    tiles_failed: int = 0
    spent_usd: float = 0.0
    reason: str = ""
    model_version: str = ""
    units: int = 0
    units_reason: str = ""
    model_seconds: int = 0
    model_usd: float = 0.0
    last_answer_at: int = 0

    @property
    def calls(self) -> int:
        """The billed requests that were made so far."""
        return self.calls_allowed - self.calls_left

    @property
    def has_answers(self) -> bool:
        """True if the detector answered a tile in this run."""
        return bool(self.last_answer_at)

    def with_answers(self, bands: Iterable[BandRow], claims: Iterable[Claim]) -> Run:
        """Returns the record with the answers that these bands tell of, and those of claims.

        The bands are all of each claimed document whose tiles have not all ended.
        """
        bands, claims = list(bands), list(claims)
        ended = sum(claim.answered for claim in claims if claim.detected or claim.requeued)
        before = sum(claim.answered_before for claim in claims)
        last = max((band.last_answer(self.token) for band in bands), default=0)
        return replace(
            self,
            tiles_answered=max(0, ended + sum(len(band.answered) for band in bands) - before),
            last_answer_at=max(self.last_answer_at, last),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """The state that the workflow carries between its states; times in epoch seconds.

    ``first_band`` of the run's open bands is where a look begins that cannot read all.
    ``version`` is the model version's ARN, frozen for the run; empty for a run without one.
    ``ready_at`` is not 0 while the model is known to be RUNNING, ``answered_before`` tiles were
    answered by then; ``starts`` are the requests of this run that were not refused.
    ``turns`` are all steps of the execution so far.
    ``shared`` documents bear their part of the model's cost by now.
    ``deferred``: the run ended without having tried, and counts against nobody.
    """

    model: str
    execution: str
    next: str = ""
    wait_seconds: int = 0
    id: str = ""
    token: int = 0
    deadline: int = 0
    price_per_call: float = 0.0
    calls_per_tile: int = 1
    calls_per_second: float = 1.0
    pace: Pace = field(default_factory=Pace)
    first_band: int = 0
    finished: str = ""
    merging_since: int = 0
    unmerged: int = 0
    version: str = ""
    starts: int = 0
    give_up_at: int = 0
    ready_at: int = 0
    answered_before: int = 0
    needs_model: bool = False
    needs_version: bool = False
    deferred: bool = False
    turns: int = 0
    shared: int = 0

    @property
    def starts_model(self) -> bool:
        """True if the run's tiles need a model that is started, and costs money while it is up."""
        return self.needs_model and bool(self.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One document in one run. It is ``detected`` once its tiles have ended; then its counts hold.

    ``tiles`` were open when it was claimed, ``answered_before`` answered. ``requeued``: the run
    ended before it did; ``answered`` holds then, too.
    """

    document_id: str
    claimed_at: int = 0
    tiles: int = 0
    answered_before: int = 0
    detected: bool = False
    ended: bool = False
    answered: int = 0
    failed: int = 0
    requeued: bool = False

    @property
    def newly_answered(self) -> int:
        """The tiles that were answered since the document was claimed."""
        return max(0, self.answered - self.answered_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRun:
    """A run as one step has read it at ``now``, after it kept the ``lease``.

    ``error`` is what an earlier step failed with, empty where none did.
    """

    state: RunState
    lease: Lease
    record: Run
    claims: tuple[Claim, ...]
    now: int
    error: str = ""

    @property
    def paid_since(self) -> int:
        """The time from which a start of its model may be one that the run paid for."""
        return self.record.opened_at - MAX_START_SECONDS


def shares_of(claims: Sequence[Claim], usd: float) -> list[tuple[str, float]]:
    """Returns document ids and what each bears of the ``usd`` that a run paid for its model.

    A document bears it by its tiles that this run answered, or all evenly if it answered none.
    """
    tiles = {claim.document_id: claim.newly_answered for claim in claims}
    if not any(tiles.values()):
        tiles = dict.fromkeys(tiles, 1)
    every = sum(tiles.values())
    return [(document, usd * count / every) for document, count in tiles.items() if count and usd]


def opened(
    state: RunState,
    lease: Lease,
    profiles: Sequence[Profile],
    prices: PriceTable,
    tiles_per_second: float,
) -> RunState:
    """Returns the state of a run that has just acquired its ``lease``: its model comes first."""
    kind = profiles[0].kind
    return replace(
        state,
        next="StartModel",
        needs_model=profiles[0].needs_model,
        needs_version=profiles[0].needs_version,
        id=keys.run_id(state.execution, lease.token),
        token=lease.token,
        deadline=lease.hard_deadline - closing_seconds(profiles),
        price_per_call=max(prices.budgeted_call(profile) for profile in profiles),
        calls_per_tile=kind.calls_per_tile,
        calls_per_second=tiles_per_second,
    )


def opened_run(state: RunState, profiles: Sequence[Profile], now: int) -> Run:
    """Returns the record of a run that opens at ``now`` with the whole allowance."""
    allowed = calls_allowed(profiles, state.price_per_call)
    # A version that must be started is noted once it is up.
    version = "" if state.needs_model else state.version
    return replace(
        unrecorded_run(state, now),
        calls_left=allowed,
        calls_allowed=allowed,
        model_version=version,
    )


def unrecorded_run(state: RunState, now: int) -> Run:
    """Returns the record of a run of which the table holds none: it may spend nothing."""
    return Run(
        id=state.id,
        model=state.model,
        execution=state.execution,
        token=state.token,
        status="OPEN",
        opened_at=now,
    )


def calls_allowed(profiles: Sequence[Profile], price_per_call: float) -> int:
    """Returns the billed calls that the largest budget among the model's profiles pays for."""
    budget = max(profile.budget_usd for profile in profiles)
    return math.floor(budget / price_per_call) if price_per_call else FREE_CALLS


def closing_seconds(profiles: Sequence[Profile]) -> int:
    """Returns the seconds between the end of detecting and the hard deadline.

    They are for stopping, merging, and waiting for a model whose start was requested at the last
    moment and that cannot be stopped before it is up.
    """
    starting = [60 * profile.start_minutes for profile in profiles if profile.needs_model]
    return CLOSING_MARGIN + max(starting, default=0)


def hard_deadline(profiles: Sequence[Profile], now: int) -> int:
    """Returns when the lease ends whatever happens: after the longest deadline, and closing."""
    detecting = 60 * max(profile.deadline_minutes for profile in profiles)
    return now + detecting + closing_seconds(profiles)


def fits(document: Document, claims: list[Claim], calls_left: int, calls_per_tile: int) -> bool:
    """True if the document's open tiles fit beside those that the run has claimed already.

    An empty run takes any document: it was accepted within its own profile's budget.
    """
    claimed = sum(claim.tiles for claim in claims if not claim.detected)
    needed = (claimed + open_tiles(document)) * calls_per_tile
    return not claims or needed <= calls_left


def open_tiles(document: Document) -> int:
    """Returns the number of tiles that have not ended, as far as the record knows."""
    return max(0, document.tiles_planned - document.tiles_answered - document.tiles_failed)


DOCUMENTS_WEIGHED = 500
"""More waiting documents than this are worth a start whatever they hold."""


def is_start_worth(documents: Iterable[Document], now: int) -> bool:
    """True if waiting documents are worth the start of their model (``start_when``).

    What a dead run left with open tiles has waited before.
    """
    waiting = 0
    for number, document in enumerate(documents):
        if not open_tiles(document):
            continue
        enough = document.profile.start_when
        waiting += open_tiles(document)
        is_old = now - document.queued_at >= 60 * enough.oldest_minutes
        is_left = document.status == "RUNNING"
        if is_old or is_left or waiting >= enough.tiles or number >= DOCUMENTS_WEIGHED:
            return True
    return False
