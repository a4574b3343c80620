"""The record of a document version. How its status changes is in ``transitions``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypedDict

from tilescout import keys
from tilescout.profiles import Profile

Status = Literal[
    "ACCEPTED",
    "QUEUED",
    "WAITING_FOR_MODEL",
    "RUNNING",
    "DONE",
    "PARTIAL",
    "FAILED",
    "REJECTED",
    "HELD",
    "SUPERSEDED",
]
ENDED: frozenset[Status] = frozenset({"DONE", "PARTIAL", "FAILED", "REJECTED", "SUPERSEDED"})
DUE: tuple[Status, ...] = ("QUEUED", "RUNNING", "WAITING_FOR_MODEL")
"""Statuses of documents that are tiled and whose tiles wait for a run."""
SETTLED: frozenset[Status] = ENDED | {"HELD", "WAITING_FOR_MODEL"}
"""Nothing more happens to documents of these without a person."""
EXPLAINED: frozenset[Status] = frozenset({"REJECTED", "FAILED", "HELD", "SUPERSEDED"})
"""Whoever waits for a document of these is told its reason."""

GIVEN_UP = "could not be processed after several tries"
"""The reason of pages and documents whose messages became dead letters contains this text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One version of an object, and how it is to be processed; times in epoch seconds.

    ``uploaded_at`` is when the version was written: events may come in another order.
    ``pages_asked`` is as the upload has it, such as 1-4; empty for all pages.
    """

    id: str
    bucket: str
    key: str
    version: str
    profile: Profile
    accepted_at: int
    uploaded_at: int = 0
    pages_asked: str = ""
    price_per_call: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Source):
    """One row of the documents table; money in US dollars, times in epoch seconds.

    ``replaced`` is the result set before this one. ``clean_after`` is not 0 while the end is not
    announced and cleaned up; past that time whoever comes by does it. ``announced`` is the result
    set whose event was sent; until ``finishing_until`` one worker puts the result together.
    ``model_usd`` is its share of the models that runs up to ``charged_token`` kept up.
    ``asked_for_at`` is when a person retried it: from then on no newer version supersedes it, and
    ``model_usd_before`` is its ``model_usd`` by then, so that a retry may spend its profile's
    budget once more. A document that ended without a result set is announced by its own id.
    """

    status: Status
    reason: str = ""
    warnings: tuple[str, ...] = ()
    first_page: int = 1
    last_page: int = 0
    tiles_planned: int = 0
    tiles_skipped: int = 0
    tiles_answered: int = 0
    tiles_failed: int = 0
    tiles_reused: int = 0
    pages_failed: int = 0
    calls: int = 0
    estimated_usd_low: float = 0.0
    estimated_usd_high: float = 0.0
    spent_usd: float = 0.0
    queued_at: int = 0
    ended_at: int = 0
    claim_token: int = 0
    run_id: str = ""
    result_id: str = ""
    runs_without_progress: int = 0
    detections: int = 0
    replaced: str = ""
    clean_after: int = 0
    announced: str = ""
    finishing_until: int = 0
    model_usd: float = 0.0
    charged_token: int = 0
    resent_at: int = 0
    superseded_by: str = ""
    asked_for_at: int = 0
    model_usd_before: float = 0.0

    @property
    def cost_usd(self) -> float:
        """Calls to the detector, and its share of the models started for it."""
        return self.spent_usd + self.model_usd

    @property
    def overspent(self) -> str:
        """The reason why no other run may start a model for it; empty while its budget lasts."""
        share, budget = self.model_usd - self.model_usd_before, self.profile.budget_usd
        if not self.profile.needs_model or share < budget:
            return ""
        return (
            f"its share of the model's cost is ${share:.2f}, and profile {self.profile.name} "
            f"allows ${budget:.2f}; `tilescout retry` allows as much again"
        )

    @property
    def pages(self) -> int:
        """The number of pages to be processed."""
        return self.last_page - self.first_page + 1

    def page_numbers(self) -> range:
        """Returns the pages to be processed, counted from 1 in the file."""
        return range(self.first_page, self.last_page + 1)

    @property
    def has_ended(self) -> bool:
        """True once nothing more is done for the document unless a person asks for it."""
        return self.status in ENDED

    @property
    def announced_as(self) -> str:
        """The value of ``announced`` once the event of this end was sent."""
        return self.result_id or self.id

    @property
    def is_announced(self) -> bool:
        """True once the event of this end was sent."""
        return self.announced == self.announced_as


class Attributes(TypedDict, total=False):
    """Attributes of a document's row that may change, all but its status.

    ``due`` is the sort key of the status index, the others are those of ``Document``.
    """

    reason: str
    warnings: tuple[str, ...]
    first_page: int
    last_page: int
    tiles_planned: int
    tiles_skipped: int
    tiles_answered: int
    tiles_failed: int
    tiles_reused: int
    pages_failed: int
    calls: int
    estimated_usd_low: float
    estimated_usd_high: float
    spent_usd: float
    queued_at: int
    ended_at: int
    claim_token: int
    run_id: str
    result_id: str
    runs_without_progress: int
    detections: int
    replaced: str
    clean_after: int
    announced: str
    finishing_until: int
    resent_at: int
    superseded_by: str
    asked_for_at: int
    model_usd_before: float
    due: str


def due_for_cleanup(document: Document, at: int) -> Attributes:
    """Returns what tells that an ended document is to be announced and cleaned up by ``at``.

    0 says that this is done. The status index keeps the two apart, so that the guard finds what
    was left undone without reading the rest.
    """
    due = keys.due_to_finish(at) if at else keys.due(document.profile.model, document.accepted_at)
    return {"clean_after": at, "due": due}


def unique_in_order(known: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """Returns each text once, in the order of its first occurrence.

    A document that is retried meets the same warnings again.
    """
    return tuple(dict.fromkeys([*known, *more]))
