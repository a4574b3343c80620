"""A correction of one detection, and the numbered changes by which corrections come about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

Sides = tuple[float, float, float, float]
"""Left, top, right and bottom in points of the page as shown."""

Verdict = Literal["open", "accepted", "rejected", "withdrawn"]
"""``withdrawn`` is a box drawn by a person whose drawing was undone."""

ChangeKind = Literal["edit", "undo", "redo"]
MAX_TEXT = 2_000
"""Characters that a person may write into a label or a text."""


class ReviewError(Exception):
    """A correction that cannot be made; the message tells rule, value and remedy."""


class ReviewConflict(ReviewError):
    """Somebody else corrected the same detections since; nothing was written.

    ``current`` are the corrections as they are now.
    """

    def __init__(self, message: str, current: tuple[Correction, ...]) -> None:
        super().__init__(message)
        self.current = current


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The detector's own words when a person first corrected it."""

    result_id: str
    detection_id: str
    label: str
    text: str
    box: Sides
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A detection in the eyes of a person. ``finding`` is None for a drawn box.

    ``version`` counts the corrections of this detection from 1; ``at`` is in epoch seconds.
    """

    id: str
    page: int
    verdict: Verdict
    label: str
    text: str
    box: Sides
    finding: Finding | None = None
    version: int = 0
    by: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One correction before (None where there was none) and after a change."""

    before: Correction | None
    after: Correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Corrections made at once by one person. ``number`` counts from 1 without a gap.

    Changes of one ``group`` are undone together. ``of`` is the group that an undo or redo reverses.
    """

    number: int
    kind: ChangeKind
    group: str
    by: str
    at: int
    steps: tuple[Step, ...]
    of: str = ""


CHANGE: TypeAdapter[Change] = TypeAdapter(Change)


def check(correction: Correction) -> None:
    """Raises ReviewError where a label, a text or a box cannot be kept."""
    left, top, right, bottom = correction.box
    if not (left < right and top < bottom):
        raise ReviewError(
            f"a box has its left side before its right and its top above its bottom; this one is "
            f"{correction.box}; draw it anew"
        )
    if not correction.label.strip():
        raise ReviewError("a detection has a label; this one has none; give it one")
    found = correction.finding
    as_found = (found.label, found.text) if found else ("", "")
    written = {correction.label, correction.text} - set(as_found)
    longest = max(map(len, written), default=0)
    if longest > MAX_TEXT:
        raise ReviewError(
            f"a label or a text has at most {MAX_TEXT} characters; this one has {longest}; "
            "shorten it"
        )
