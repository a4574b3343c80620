"""One pure function per arrow: which status follows, what is written with it, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from tilescout import keys
from tilescout.documents import (
    Attributes,
    Document,
    Source,
    Status,
    due_for_cleanup,
    unique_in_order,
)
from tilescout.ledger import PageRow
from tilescout.profiles import Profile
from tilescout.results import MAX_WARNINGS, ResultSet, Totals
from tilescout.transitions.arrows import (
    CLAIM,
    FINISH_TILING,
    FORGET,
    MAX_RUNS_WITHOUT_PROGRESS,
    MODEL_ACTIVATED,
    REMOVE,
    RETILE,
    SUPERSEDE,
)
from tilescout.transitions.status_change import Condition, StatusChange

CLEANUP_SECONDS = 660
"""The time that a cleanup is given; longer than its function may run."""
TILING_SECONDS = 600
"""An invocation of ``tile_page`` is over after so long: its function may run for half of it."""


def accept(source: Source, planned: Attributes) -> Document:
    """Returns a new document that is ACCEPTED with what was planned for it."""
    return _new(source, "ACCEPTED", planned)


def reject(source: Source, reason: str) -> Document:
    """Returns a new document that has ended REJECTED, and whose end is not announced yet."""
    at = source.accepted_at
    return _new(source, "REJECTED", {"reason": reason, "ended_at": at, "clean_after": at})


def _new(source: Source, status: Status, attributes: Attributes) -> Document:
    known = {each.name: getattr(source, each.name) for each in fields(Source)}
    return Document(**known, status=status, **attributes)  # type: ignore[misc]


def finish_tiling(
    document: Document, pages: Sequence[PageRow], *, model_in_use: bool, now: int
) -> StatusChange:
    """Decides what follows once all pages are marked, and writes the exact counts.

    FAILED where no page could be tiled; WAITING_FOR_MODEL where a tile needs a version of a model
    and none is in use; else QUEUED.
    """
    failed = _failed_pages(pages)
    tiles = sum(page.tiles for page in pages)
    status, reason = _tiled(document, failed, lacks_model=tiles > 0 and not model_in_use)
    attributes: Attributes = {
        "reason": reason,
        "tiles_planned": tiles,
        "tiles_skipped": sum(page.skipped for page in pages),
        "pages_failed": len(failed),
        "warnings": unique_in_order(document.warnings, _page_warnings(pages)),
        "due": keys.due(document.profile.model, now),
        "queued_at": now,
    }
    if status == "FAILED":
        attributes |= {"ended_at": now, **due_for_cleanup(document, now)}
    condition = Condition(sources=FINISH_TILING.sources)
    return _change(document, status, condition, attributes)


def _tiled(
    document: Document, failed: Mapping[int, str], *, lacks_model: bool
) -> tuple[Status, str]:
    if len(failed) == document.pages:
        return "FAILED", "; ".join(_missing_pages(failed)[:5])
    if lacks_model:
        return "WAITING_FOR_MODEL", _without_version(document.profile)
    return "QUEUED", ""


def _without_version(profile: Profile) -> str:
    project = profile.model_project
    remedy = "model use VERSION" if profile.needs_model else "onnx promote FILE"
    return (
        f"profile {profile.name} needs a version of the model project {project}, and none is in "
        f"use; run `tilescout {remedy} --project {project}`"
    )


def _failed_pages(pages: Sequence[PageRow]) -> dict[int, str]:
    return {page.page: page.failed_reason for page in pages if page.failed_reason}


def _missing_pages(failed: Mapping[int, str]) -> list[str]:
    return [f"page {page}: {reason}" for page, reason in sorted(failed.items())]


def _page_warnings(pages: Sequence[PageRow]) -> list[str]:
    warnings = [warning for page in pages for warning in page.warnings]
    omitted = len(warnings) - MAX_WARNINGS
    return warnings[:MAX_WARNINGS] + ([f"{omitted} more warnings"] if omitted > 0 else [])


def model_activated(document: Document, now: int) -> StatusChange:
    """Queues a document that has waited for a version of its model; it keeps its place."""
    condition = Condition(sources=MODEL_ACTIVATED.sources)
    return _change(document, "QUEUED", condition, {"reason": "", "queued_at": now})


def claim(document_id: str, token: int, run_id: str) -> StatusChange:
    """Gives the document to the run that holds the lease under ``token`` (rule 11)."""
    return StatusChange(
        document_id=document_id,
        status="RUNNING",
        condition=_claimable(token),
        attributes={"claim_token": token, "run_id": run_id},
    )


def _claimable(token: int) -> Condition:
    return Condition(sources=CLAIM.sources, claimed_before=token)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """A run's knowledge, at its end, of a document that it could not finish.

    ``answered`` of its tiles are answered by now; ``detected``: all have ended, and only merging
    is missing; ``without_answer``: the run has no answer to any tile of any document; ``stalled``:
    nothing moved any more when the run ended detecting; ``deferred``: it ended without having
    tried; ``failed``: one of its own steps failed.
    """

    token: int
    answered: int
    detected: bool = False
    without_answer: bool = False
    stalled: bool = False
    deferred: bool = False
    failed: bool = False


def requeue(document: Document, end: RunEnd, now: int) -> StatusChange:
    """Gives the document back to the queue, or HELD after too many runs without progress."""
    runs = _runs_without_progress(document, end)
    attributes: Attributes = {
        "runs_without_progress": runs,
        "tiles_answered": end.answered,
        "due": keys.due(document.profile.model, document.queued_at or now),
    }
    condition = _claimed(end.token)
    if runs < MAX_RUNS_WITHOUT_PROGRESS:
        return _change(document, "QUEUED", condition, attributes)
    what = "could not be merged" if end.detected else "brought no answer"
    reason = f"{runs} runs {what}; see docs/deploy.md, HELD"
    return _change(document, "HELD", condition, {**attributes, "reason": reason})


def _runs_without_progress(document: Document, end: RunEnd) -> int:
    """Returns the count after this run: one that could not merge the document counts as well."""
    if end.deferred:
        return document.runs_without_progress
    stalled = end.stalled and end.answered <= document.tiles_answered
    unmerged = end.detected and not end.failed
    without_answer = not end.detected and (end.without_answer or stalled)
    return document.runs_without_progress + 1 if without_answer or unmerged else 0


def finish(result: ResultSet, totals: Totals, pages: Sequence[PageRow]) -> StatusChange:
    """Makes a result set the visible one of its document (rule 20), and ends the document.

    DONE where nothing is missing; PARTIAL tells what is; FAILED where nothing at all was read.
    """
    document = result.document
    status, reason = _finished(document, totals, pages)
    attributes: Attributes = {
        "reason": reason,
        "result_id": result.id,
        "detections": totals.detections,
        "calls": totals.calls,
        "tiles_answered": totals.answered,
        "tiles_failed": totals.failed,
        "tiles_reused": totals.reused,
        "spent_usd": totals.calls * document.price_per_call,
        "warnings": unique_in_order(document.warnings, totals.warnings),
        "ended_at": result.made_at,
        "replaced": document.result_id,
        "finishing_until": 0,
        **due_for_cleanup(document, result.made_at + CLEANUP_SECONDS),
    }
    return _change(document, status, _claimed(document.claim_token), attributes)


def _finished(document: Document, totals: Totals, pages: Sequence[PageRow]) -> tuple[Status, str]:
    missing = _missing_pages(_failed_pages(pages))
    # A tiled page that has no tile is blank, or all there is on it is in its text layer.
    read = totals.answered > 0 or any(
        page.tiled and (page.has_layer or not page.tiles) for page in pages
    )
    if not read and (missing or totals.failed):
        refused = f"the detector answered none of {totals.failed} tiles"
        reasons = [refused, *missing] if totals.failed else missing
        return "FAILED", "; ".join(reasons[:5])
    if totals.failed:
        missing.insert(0, f"{totals.failed} of {document.tiles_planned} tiles were not answered")
    return ("PARTIAL", "; ".join(missing[:6])) if missing else ("DONE", "")


def _claimed(token: int) -> Condition:
    """Returns the condition that the document is RUNNING under this claim (rule 12)."""
    return Condition(sources=frozenset({"RUNNING"}), claim_token=token)


def retile(document: Document, now: int) -> StatusChange:
    """Takes the document out of its run, to have pages tiled again whose images are gone.

    Whatever was answered stays answered (rule 21). Workers of one claim may do it in turn.
    """
    condition = Condition(sources=RETILE.sources, claim_token=document.claim_token)
    return _change(document, "ACCEPTED", condition, {"due": keys.due(document.profile.model, now)})


def hold_overspent(document: Document, token: int) -> StatusChange:
    """Holds a document that the run could claim, and whose own budget is used up."""
    return _change(document, "HELD", _claimable(token), {"reason": document.overspent})


def hold_without_profile(document: Document) -> StatusChange:
    """Holds a document that no run would come for, as its model has no profile any more."""
    reason = (
        f"no profile uses the detector or model {document.profile.model!r} any more; restore "
        "a profile that does and run `tilescout retry` for it, or upload it again"
    )
    token = document.claim_token if document.status == "RUNNING" else None
    condition = Condition(sources=frozenset({document.status}), claim_token=token)
    return _change(document, "HELD", condition, {"reason": reason})


def hold_for_removal(document: Document) -> StatusChange:
    """Keeps runs from a document that waits, while a person has everything of it removed."""
    reason = "a person began to remove it; run `tilescout forget` for it again"
    condition = Condition(sources=frozenset({"QUEUED", "WAITING_FOR_MODEL"}))
    return _change(document, "HELD", condition, {"reason": reason})


def supersede(document: Document, newer: Document, now: int) -> StatusChange:
    """Ends a document in favour of a newer version of its key (rule 12)."""
    attributes: Attributes = {
        "reason": (
            f"a newer version of the same key was accepted, document {newer.id}; to have "
            f"this one processed as well run `tilescout retry {document.id}`"
        ),
        "superseded_by": newer.id,
        "ended_at": now,
        **due_for_cleanup(document, now + TILING_SECONDS),
    }
    return _change(document, "SUPERSEDED", MAY_BE_SUPERSEDED, attributes)


MAY_BE_SUPERSEDED = Condition(sources=SUPERSEDE.sources, claim_token=0, asked_for_at=0)
"""The document waits, was never claimed by a run, and was not asked for by a person.

A detector is called only in the name of a claim: nothing was paid for such a document. What a run
has claimed once goes on to its end, and its results stay readable.
"""


def retry(document: Document, answered: int, now: int) -> StatusChange:
    """Puts the record back to where tiling leaves it, but for answers and the old result.

    Holds only while nobody else has retried, claimed or begun to clean up the document.
    """
    attributes: Attributes = {
        "reason": "",
        "tiles_answered": answered,
        "tiles_failed": 0,
        "pages_failed": 0,
        "runs_without_progress": 0,
        "ended_at": 0,
        "clean_after": 0,
        "finishing_until": 0,
        "resent_at": now,
        "superseded_by": "",
        "asked_for_at": now,
        "model_usd_before": document.model_usd,
        "announced": "",
        "due": keys.due(document.profile.model, now),
    }
    if document.status == "FAILED":
        attributes["result_id"] = ""
    return _change(document, "ACCEPTED", unchanged(document), attributes)


def unchanged(document: Document) -> Condition:
    """Returns the condition that nobody retried, claimed or began to clean up the document."""
    return Condition(
        sources=frozenset({document.status}),
        claim_token=document.claim_token,
        clean_after=document.clean_after,
    )


def may_be_removed(document: Document) -> bool:
    """Returns True where nobody works on the document, and nothing is left to do at its end."""
    return document.status in REMOVE.sources and not document.clean_after


MAY_BE_FORGOTTEN = Condition(sources=FORGET.sources)
"""The row of a REJECTED document may be deleted, so that its upload is judged again."""


def _change(
    document: Document, status: Status, condition: Condition, attributes: Attributes
) -> StatusChange:
    return StatusChange(
        document_id=document.id, status=status, condition=condition, attributes=attributes
    )
