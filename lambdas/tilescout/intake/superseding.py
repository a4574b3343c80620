"""Which versions of a key step back, because a newer one was accepted (rule 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.documents import Document, Status

WAITING: frozenset[Status] = frozenset({"ACCEPTED", "QUEUED", "WAITING_FOR_MODEL", "HELD"})
"""Statuses of documents that have not ended and that no run is at."""


@dataclass(frozen=True, slots=True)
class Superseded:
    """A document that is not processed, for ``newer`` is a newer version of the same key."""

    document: Document
    newer: Document

    @property
    def reason(self) -> str:
        return (
            f"a newer version of the same key was accepted, document {self.newer.id}; to have "
            f"this one processed as well run `tilescout retry {self.document.id}`"
        )


def may_step_back(document: Document) -> bool:
    """Waiting, never claimed by a run, and not asked for by a person.

    A detector is asked only in the name of a claim: nothing was paid for such a document. What a
    run has claimed once goes on to its end, and its results stay readable.
    """
    return document.status in WAITING and not document.claim_token and not document.asked_for_at


def superseded(newest_first: Sequence[Document]) -> list[Superseded]:
    """Those that step back for the newest accepted one; ``newest_first`` are of one key.

    The order is the versions', not that of their events, so that the outcome is the same however
    late an event comes, or how often.
    """
    found = []
    for number, older in enumerate(newest_first):
        newer = next((each for each in newest_first[:number] if _replaces(each, older)), None)
        if newer is not None and may_step_back(older):
            found.append(Superseded(older, newer))
    return found


def _replaces(newer: Document, older: Document) -> bool:
    """A REJECTED version replaces nothing, and one of some pages only what has no others: a
    person may send a file part by part.
    """
    if newer.status == "REJECTED":
        return False
    has_all = newer.first_page <= older.first_page and older.last_page <= newer.last_page
    return has_all or not newer.pages_asked
