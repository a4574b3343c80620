"""Detections as they are after a review, for a result set that may be newer than the review."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tilescout.geometry import Box, iou
from tilescout.merging.text.confusions import normalise
from tilescout.sheet_layout.layout import SheetLayout, layout_from_json
from tilescout_reviews.corrections import Correction, Finding, Sides

State = Literal["unreviewed", "accepted", "corrected", "rejected", "added"]
Difference = Literal["", "different", "gone"]
"""The fate of a corrected detection in a newer run."""

SAME_PLACE_IOU = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedDetection:
    """A detection with what a person made of it; ``box`` in points, ``confidence`` 0 to 100.

    ``found`` is the row of detections.json, None where this result set has none for it.
    """

    id: str
    page: int
    label: str
    text: str
    box: Sides
    confidence: float
    state: State
    open_sides: tuple[str, ...] = ()
    found: Mapping[str, Any] | None = None
    correction: Correction | None = None
    difference: Difference = ""

    @property
    def is_kept(self) -> bool:
        """Tells whether it counts as a detection after the review."""
        return self.state != "rejected"


def correction_id(result_id: str, detection_id: str) -> str:
    """The id of a correction of this detection, the same for everybody."""
    return f"{result_id}/{detection_id}"


def finding(result_id: str, detection: Mapping[str, Any]) -> Finding:
    """Returns the part of a row of detections.json that a correction keeps."""
    left, top, right, bottom = detection["box_pt"]
    return Finding(
        result_id=result_id,
        detection_id=detection["id"],
        label=detection["label"],
        text=detection["text"],
        box=(left, top, right, bottom),
        confidence=detection["confidence"],
    )


def review(
    result_id: str,
    detections: Sequence[Mapping[str, Any]],
    corrections: Iterable[Correction],
) -> list[ReviewedDetection]:
    """Returns the rows of one result set with the corrections on them, in page order.

    A correction of an older result set is laid on the detection in the same place: on the same
    page, with the greatest IoU, at least 0.5. Where there is none, what a person accepted or
    corrected stays, marked ``gone``.
    """
    valid = [each for each in corrections if each.verdict != "withdrawn"]
    placed, gone = _placed(result_id, detections, valid)
    reviewed = [_reviewed(result_id, each, placed.get(each["id"])) for each in detections]
    reviewed += [_without_finding(each) for each in gone if each.verdict != "open"]
    reviewed += [_without_finding(each) for each in valid if each.finding is None]
    return sorted(reviewed, key=lambda each: (each.page, each.found is None))


def _placed(
    result_id: str, detections: Sequence[Mapping[str, Any]], corrections: Sequence[Correction]
) -> tuple[dict[str, Correction], list[Correction]]:
    """Corrections by the id of the detection in this set, and those that fit none."""
    known = {each["id"] for each in detections}
    placed: dict[str, Correction] = {}
    older = []
    for each in corrections:
        if each.finding is None:
            continue
        if each.finding.result_id == result_id and each.finding.detection_id in known:
            placed[each.finding.detection_id] = each
        else:
            older.append(each)
    # The newest correction of a place counts: it may have been made on a run in between.
    older.sort(key=lambda each: (-each.at, each.id))
    free: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for detection in detections:
        if detection["id"] not in placed:
            free[detection["page"]].append(detection)
    gone = []
    for each in older:
        match = _in_the_same_place(each, free[each.page])
        if match is None:
            if not _is_covered(each, placed.values()):
                gone.append(each)
        else:
            placed[match["id"]] = each
            free[each.page].remove(match)
    return placed, gone


def _in_the_same_place(
    correction: Correction, detections: Sequence[Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    assert correction.finding is not None
    place = Box(*correction.finding.box)
    near = [each for each in detections if _touches(place, each["box_pt"])]
    best = max(near, key=lambda each: iou(place, Box(*each["box_pt"])), default=None)
    if best is None or iou(place, Box(*best["box_pt"])) < SAME_PLACE_IOU:
        return None
    return best


def _touches(box: Box, sides: Sequence[float]) -> bool:
    return (
        box.left < sides[2]
        and sides[0] < box.right
        and box.top < sides[3]
        and sides[1] < box.bottom
    )


def _is_covered(correction: Correction, placed: Iterable[Correction]) -> bool:
    """Tells whether a newer correction already speaks for the same place."""
    assert correction.finding is not None
    place = Box(*correction.finding.box)
    return any(
        other.page == correction.page
        and other.finding is not None
        and iou(place, Box(*other.finding.box)) >= SAME_PLACE_IOU
        for other in placed
    )


def _reviewed(
    result_id: str, found: Mapping[str, Any], correction: Correction | None
) -> ReviewedDetection:
    left, top, right, bottom = found["box_pt"]
    if correction is None or correction.verdict == "open":
        return ReviewedDetection(
            id=correction.id if correction else correction_id(result_id, found["id"]),
            page=found["page"], label=found["label"], text=found["text"],
            box=(left, top, right, bottom), confidence=found["confidence"], state="unreviewed",
            open_sides=tuple(found["open_sides"]), found=found, correction=correction,
        )  # fmt: skip
    return ReviewedDetection(
        id=correction.id,
        page=found["page"],
        label=correction.label,
        text=correction.text,
        box=correction.box,
        confidence=found["confidence"],
        state=_state(correction),
        open_sides=tuple(found["open_sides"]),
        found=found,
        correction=correction,
        difference="different" if _differs(found, correction.finding) else "",
    )


def _differs(found: Mapping[str, Any], finding: Finding | None) -> bool:
    return finding is not None and (
        found["label"] != finding.label or found["text"] != finding.text
    )


def _state(correction: Correction) -> State:
    if correction.verdict == "rejected":
        return "rejected"
    found = correction.finding
    if found is None:
        return "added"
    told = (correction.label, correction.text, correction.box)
    return "accepted" if told == (found.label, found.text, found.box) else "corrected"


def _without_finding(correction: Correction) -> ReviewedDetection:
    found = correction.finding
    return ReviewedDetection(
        id=correction.id,
        page=correction.page,
        label=correction.label,
        text=correction.text,
        box=correction.box,
        confidence=found.confidence if found else 100.0,
        state=_state(correction),
        correction=correction,
        difference="gone" if found else "",
    )


def rows(result: Mapping[str, Any], reviewed: Iterable[ReviewedDetection]) -> list[dict[str, Any]]:
    """Returns what is kept after the review as rows of detections.json.

    A row that somebody looked at has the member ``review``: state, by and at. What a person drew
    has a number after those of its page, and confidence 100.
    """
    dpi_of = {page["page"]: page["dpi"] for page in result["document"]["pages"]}
    layouts = _layouts(result["document"]["pages"])
    next_number = _next_numbers(result["detections"])
    kept = []
    for each in reviewed:
        if not each.is_kept:
            continue
        row = dict(each.found) if each.found else _new_row(each, next_number)
        if each.state != "unreviewed":
            row |= _told(each, dpi_of.get(each.page, 72))
            if layout := layouts.get(each.page):
                row |= layout.place_of(Box(*row["box_pt"]))
        kept.append(row)
    return kept


def _layouts(pages: Iterable[Mapping[str, Any]]) -> dict[int, SheetLayout]:
    return {page["page"]: layout_from_json(page["sheet"]) for page in pages if page.get("sheet")}


def _next_numbers(detections: Iterable[Mapping[str, Any]]) -> defaultdict[int, int]:
    numbers: defaultdict[int, int] = defaultdict(int)
    for each in detections:
        number = int(each["id"].partition("#")[2]) + 1
        numbers[each["page"]] = max(numbers[each["page"]], number)
    return numbers


def _new_row(each: ReviewedDetection, next_number: defaultdict[int, int]) -> dict[str, Any]:
    number = next_number[each.page]
    next_number[each.page] += 1
    return {
        "id": f"{each.page:05d}#{number:06d}",
        "page": each.page,
        "confidence": each.confidence,
        "tiles": [],
        "open_sides": [],
        "model_version": "",
    }


def _told(each: ReviewedDetection, dpi: int) -> dict[str, Any]:
    box = Box(*each.box)
    correction = each.correction
    assert correction is not None
    moved = each.found is None or list(each.box) != list(each.found["box_pt"])
    boxes = {
        "box_px": list(box.scale(dpi / 72).rounded()),
        "box_pt": [round(side, 2) for side in each.box],
    }
    return (boxes if moved else {}) | {
        "label": each.label,
        "text": each.text,
        "normalised_text": normalise(each.text),
        "review": {"state": each.state, "by": correction.by, "at": correction.at}
        | ({"difference": each.difference} if each.difference else {}),
    }
