"""The claims of a run: documents that are due, those that it claims and those it still holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from tilescout.aws.tables import claim_table, document_table, model_table
from tilescout.documents import Document
from tilescout.profiles import Profile
from tilescout.runs.records import Claim, HeldRun, fits, is_start_worth, open_tiles
from tilescout.transitions import decisions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

CLAIMS_PER_TURN = 200
"""Transactions that fit well into one step."""
MAX_OPEN_CLAIMS = 400
"""Documents that one step can look at; more are claimed as these end."""
MAX_DOCUMENTS_COUNTED = 5000
"""Rows of the index that a step reads for the size of its model: some ten queries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDocuments:
    """Documents that wait for a run of one model, whose profiles ``profile`` stands for.

    ``at_once`` means that whatever waits is worth a start.
    """

    documents: Table
    profile: Profile
    now: int
    at_once: bool

    def oldest_first(self, version: str) -> Iterator[Document]:
        """Yields QUEUED documents, then those that a dead run left RUNNING, as the index has them.

        Without the ``version`` that their model needs, only those without open tiles.
        """
        for status in ("QUEUED", "RUNNING"):
            for document in document_table.with_status(self.documents, status, self.profile.model):
                if version or not self.profile.needs_version or not open_tiles(document):
                    yield document

    def is_any(self, version: str, *, besides: int | None = None) -> bool:
        """True if a run would find something to claim.

        Documents last claimed under the token ``besides`` have just been tried and do not count.
        """
        return any(True for _ in self._confirmed(version, besides))

    def is_version_due(self) -> bool:
        """True if a run that opens now needs a version of its model, and that is worth a start."""
        return self.is_start_due() if self.profile.needs_model else self.profile.needs_version

    def is_start_due(self) -> bool:
        """True if what waits is worth the start of its model."""
        waiting = (document for document in self._confirmed("any") if open_tiles(document))
        return any(True for _ in waiting) if self.at_once else is_start_worth(waiting, self.now)

    def open_tiles(self, besides: Iterable[str]) -> int:
        """Returns the open tiles of QUEUED documents, as far as one step can look.

        The index may still show what this run has just claimed: the ids ``besides``.
        """
        claimed = set(besides)
        queued = document_table.with_status(self.documents, "QUEUED", self.profile.model)
        counted = islice(queued, MAX_DOCUMENTS_COUNTED)
        return sum(open_tiles(document) for document in counted if document.id not in claimed)

    def _confirmed(self, version: str, besides: int | None = None) -> Iterator[Document]:
        """Yields the documents' own rows: the index may still show one that has just ended."""
        for listed in self.oldest_first(version):
            if listed.claim_token == besides:
                continue
            document = document_table.get(self.documents, listed.id)
            if document is not None and document.status in ("QUEUED", "RUNNING"):
                yield document


def due_version(ledger: Table, due: DueDocuments) -> str:
    """Returns the version that a run opening now needs; empty for none, or if none is in use."""
    if not due.is_version_due():
        return ""
    known = model_table.in_use(ledger, due.profile.model_project)
    return known.version_arn if known else ""


def claim_due(due: DueDocuments, ledger: Table, held: HeldRun) -> HeldRun:
    """Returns the run with what it claimed now, while its allowance lasts.

    A document whose own budget is used up is HELD instead, until a person retries it.
    """
    state, claims = held.state, list(held.claims)
    open_claims = sum(not claim.ended for claim in claims)
    room = len(claims) + min(CLAIMS_PER_TURN, MAX_OPEN_CLAIMS - open_claims)
    for document in _claimable(due, held):
        if len(claims) >= room:
            break
        if open_tiles(document) and document.overspent:
            overspent = decisions.hold_overspent(document, state.token)
            document_table.commit_status(due.documents, overspent)
            continue
        if not fits(document, claims, held.record.calls_left, state.calls_per_tile):
            break
        claimed = Claim(
            document_id=document.id,
            claimed_at=held.now,
            tiles=open_tiles(document),
            answered_before=document.tiles_answered,
        )
        if claim_table.claim(due.documents, ledger, claimed, state, held.now):
            claims.append(claimed)
    return replace(held, claims=tuple(claims))


def _claimable(due: DueDocuments, held: HeldRun) -> Iterator[Document]:
    claimed = {claim.document_id for claim in held.claims}
    for document in due.oldest_first(held.state.version):
        if document.id not in claimed and document.claim_token != held.state.token:
            yield document


def open_claims(documents: Table, ledger: Table, held: HeldRun) -> Iterator[tuple[Claim, Document]]:
    """Yields claims whose document is still RUNNING under this run; others are marked as ended."""
    for claim in held.claims:
        if claim.ended:
            continue
        document = document_table.get(documents, claim.document_id)
        if document is not None and _is_held(document, held.state.token):
            yield claim, document
        else:
            ended = {"ended": True}
            claim_table.update_claim(ledger, held.state.id, claim.document_id, ended)


def _is_held(document: Document, token: int) -> bool:
    return document.status == "RUNNING" and document.claim_token == token
