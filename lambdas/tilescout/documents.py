"""The record of a document version, and the way its status goes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

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

GIVEN_UP = "could not be processed after several tries"
"""What the reason says of pages and documents that became dead letters."""

BARREN_RUNS_BEFORE_HOLD = 3
"""Runs without any answer after which a document is HELD (rule 17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One row of the documents table; money in US dollars, times in epoch seconds.

    ``replaced`` is the result set before this one. ``clean_after`` is not 0 while the end is not
    announced and cleaned up; past that time whoever comes by does it. ``announced`` is the result
    set whose event was sent; until ``finishing_until`` one worker puts the result together.
    ``model_usd`` is its share of the models that runs up to ``charged_token`` kept up. A document
    that ended without a result set is announced by its own id.
    """

    id: str
    bucket: str
    key: str
    version: str
    status: Status
    profile: Profile
    accepted_at: int
    reason: str = ""
    warnings: tuple[str, ...] = ()
    first_page: int = 1
    last_page: int = 0
    tiles_planned: int = 0
    tiles_skipped: int = 0
    tiles_answered: int = 0
    tiles_failed: int = 0
    pages_failed: int = 0
    calls: int = 0
    price_per_call: float = 0.0
    estimated_usd_low: float = 0.0
    estimated_usd_high: float = 0.0
    spent_usd: float = 0.0
    queued_at: int = 0
    ended_at: int = 0
    claim_token: int = 0
    run_id: str = ""
    result_id: str = ""
    barren_runs: int = 0
    detections: int = 0
    replaced: str = ""
    clean_after: int = 0
    announced: str = ""
    finishing_until: int = 0
    model_usd: float = 0.0
    charged_token: int = 0
    resent_at: int = 0
    pages_asked: str = ""
    """As the upload has it, such as 1-4; empty for all pages."""
    superseded_by: str = ""
    asked_for_at: int = 0
    """When a person retried it: from then on no newer version supersedes it."""
    model_usd_before: float = 0.0
    """Its ``model_usd`` by then: a retry may spend its profile's budget once more."""
    uploaded_at: int = 0
    """When the object's version was written: events may come in another order."""

    @property
    def cost_usd(self) -> float:
        """Calls to the detector, and its share of the models started for it."""
        return self.spent_usd + self.model_usd

    @property
    def overspent(self) -> str:
        """Why no other run may start a model for it; empty while its budget is not used up."""
        share, budget = self.model_usd - self.model_usd_before, self.profile.budget_usd
        if not self.profile.needs_model or share < budget:
            return ""
        return (
            f"its share of the model's cost is ${share:.2f}, and profile {self.profile.name} "
            f"allows ${budget:.2f}; `tilescout retry` allows as much again"
        )

    @property
    def pages(self) -> int:
        return self.last_page - self.first_page + 1

    def page_numbers(self) -> range:
        return range(self.first_page, self.last_page + 1)

    @property
    def has_ended(self) -> bool:
        return self.status in ENDED

    @property
    def announced_as(self) -> str:
        """What ``announced`` is once its end was told."""
        return self.result_id or self.id

    @property
    def is_announced(self) -> bool:
        return self.announced == self.announced_as


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of a document: its status and, where something is missing, the reason."""

    status: Status
    reason: str = ""


def tiling_outcome(
    document: Document, *, pages_failed: dict[int, str], lacks_model: bool = False
) -> Outcome:
    """Once all its pages are marked: FAILED where none could be tiled, else QUEUED.

    ``lacks_model``: there is a tile to ask for, and no version of the model in use to be asked.
    """
    if len(pages_failed) == document.pages:
        return Outcome(status="FAILED", reason="; ".join(_missing(pages_failed)[:5]))
    if lacks_model:
        return Outcome(status="WAITING_FOR_MODEL", reason=_without_version(document.profile))
    return Outcome(status="QUEUED")


def _without_version(profile: Profile) -> str:
    project = profile.model_project
    remedy = "model use VERSION" if profile.needs_model else "promote FILE.onnx"
    return (
        f"profile {profile.name} needs a version of the model project {project}, and none is in "
        f"use; run `tilescout {remedy} --project {project}`"
    )


def outcome(
    document: Document, *, tiles_failed: int, pages_failed: dict[int, str], read: bool
) -> Outcome:
    """DONE when nothing is missing; PARTIAL tells what is; FAILED when nothing at all was read.

    ``read``: a tile was answered, or a page needed none, being blank or having a text layer.
    """
    missing = _missing(pages_failed)
    if not read and (missing or tiles_failed):
        refused = f"the detector answered none of {tiles_failed} tiles"
        reasons = [refused, *missing] if tiles_failed else missing
        return Outcome(status="FAILED", reason="; ".join(reasons[:5]))
    if tiles_failed:
        missing.insert(0, f"{tiles_failed} of {document.tiles_planned} tiles were not answered")
    if missing:
        return Outcome(status="PARTIAL", reason="; ".join(missing[:6]))
    return Outcome(status="DONE")


def told_once(known: Iterable[str], more: Iterable[str]) -> list[str]:
    """Warnings in their order; a document that is retried comes by the same ones again."""
    return list(dict.fromkeys([*known, *more]))


def _missing(pages_failed: dict[int, str]) -> list[str]:
    return [f"page {page}: {reason}" for page, reason in sorted(pages_failed.items())]
