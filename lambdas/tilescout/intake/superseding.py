"""Which versions of a key step back, because a newer one was accepted (rule 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.documents import Document
from tilescout.transitions import MAY_BE_SUPERSEDED


@dataclass(frozen=True, slots=True)
class Superseded:
    """A document that is not processed, for ``newer`` is a newer version of the same key."""

    document: Document
    newer: Document


def superseded(newest_first: Sequence[Document]) -> list[Superseded]:
    """Those that step back for the newest accepted one; ``newest_first`` are of one key.

    The order is the versions', not that of their events, so that the outcome is the same however
    late an event comes, or how often.
    """
    found = []
    for number, older in enumerate(newest_first):
        newer = next((each for each in newest_first[:number] if _replaces(each, older)), None)
        if newer is not None and MAY_BE_SUPERSEDED.holds(older):
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
