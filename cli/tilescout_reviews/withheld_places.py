"""Places that a detector withheld, such as doubtful finds, until a person judges them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tilescout.geometry import Box, iou
from tilescout_reviews.corrections import Correction, Sides
from tilescout_reviews.reviewed_detections import SAME_PLACE_IOU, ReviewedDetection

DRAWN = "drawn-"
"""The ids of boxes that no detector found begin so: a person drew them, or judged a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldPlace:
    """A place that is no detection, and why; ``box`` in points, ``confidence`` 0 to 100.

    A correction with its ``id`` accepts or rejects it; ``version`` is that of the last one.
    """

    id: str
    page: int
    label: str
    box: Sides
    confidence: float
    reason: str
    version: int = 0


def place_id(place: Mapping[str, Any]) -> str:
    """Returns the id of a row of ``withheld``, the same for everybody and in every run."""
    told = json.dumps([place["page"], place["label"], place["box_pt"]])
    return f"{DRAWN}withheld-{hashlib.sha256(told.encode()).hexdigest()[:16]}"


def to_judge(
    rows: Iterable[Mapping[str, Any]],
    shown: Sequence[ReviewedDetection],
    corrections: Mapping[str, Correction],
) -> list[WithheldPlace]:
    """Returns the places of ``withheld`` of detections.json that nobody judged yet.

    A place is judged by a correction with its id, or by one of another run in the same place.
    """
    judged = [each for each in shown if each.correction and each.state != "unreviewed"]
    placed = [_place(row, corrections.get(place_id(row))) for row in rows]
    return [each for each in placed if not any(_is_judged(each, other) for other in judged)]


def _is_judged(place: WithheldPlace, other: ReviewedDetection) -> bool:
    if other.id == place.id:
        return True
    return other.page == place.page and iou(Box(*place.box), Box(*other.box)) >= SAME_PLACE_IOU


def _place(row: Mapping[str, Any], correction: Correction | None) -> WithheldPlace:
    left, top, right, bottom = row["box_pt"]
    return WithheldPlace(
        id=place_id(row),
        page=row["page"],
        label=row["label"],
        box=(left, top, right, bottom),
        confidence=row["confidence"],
        reason=row["reason"],
        version=correction.version if correction else 0,
    )
