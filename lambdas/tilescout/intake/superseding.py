"""The versions of a key that give way to a newer one that was accepted (rule 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.documents import Document
from tilescout.transitions.decisions import MAY_BE_SUPERSEDED


@dataclass(frozen=True, slots=True)
class Superseded:
    """A document that gives way to ``newer``, a newer version of the same key."""

    document: Document
    newer: Document


def superseded(newest_first: Sequence[Document]) -> list[Superseded]:
    """Returns the documents that give way to the newest accepted one; all are of one key.

    The order is that of the versions, not of their events, so that the outcome is the same however
    late an event comes, or how often.
    """
    replaced = []
    for number, older in enumerate(newest_first):
        newer = next((newer for newer in newest_first[:number] if _replaces(newer, older)), None)
        if newer is not None and MAY_BE_SUPERSEDED.holds(older):
            replaced.append(Superseded(older, newer))
    return replaced


def _replaces(newer: Document, older: Document) -> bool:
    """Returns False for a REJECTED version, and for one of some pages if the older has others.

    A person may upload a file part by part.
    """
    if newer.status == "REJECTED":
        return False
    has_all = newer.first_page <= older.first_page and older.last_page <= newer.last_page
    return has_all or not newer.pages_asked
