"""Results as readers see them: rows of the detections table and detections.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tilescout import keys
from tilescout.detections import Answer, Detection, WithheldSeen
from tilescout.documents import Document
from tilescout.drift.histograms import Histograms, added, from_json
from tilescout.geometry import Box
from tilescout.ledger import PageRow
from tilescout.sheet_layout.layout import SheetLayout, layout_from_json, layout_to_json

SECONDS_PER_DAY = 24 * 3600
NO_LAYOUT = SheetLayout()
TOLD_MEMBERS = ("angle", "size_mm", "drawing_number", "revision")
"""Members of those detections alone of which the model or the sheet tells them."""
LATER_MEMBERS = {"corrections": 0, "zone": "", "region": "drawing"}
"""Members that rows of earlier versions lack, with what stands for them."""
MAX_WARNINGS = 50
"""A document's row and its result file name at most so many warnings of its pages or tiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSet:
    """The results of one document under one claim; ``made_at`` is in epoch seconds.

    Its rows expire after ``keep_days``, or never where that is 0.
    """

    id: str
    document: Document
    made_at: int
    keep_days: int = 0


@dataclass(slots=True, kw_only=True)
class Totals:
    """Sums over the pages of a result set."""

    detections: int = 0
    calls: int = 0
    answered: int = 0
    failed: int = 0
    reused: int = 0
    warnings: list[str] = field(default_factory=list)
    model_versions: set[str] = field(default_factory=set)
    histograms: Histograms = field(default_factory=dict)

    def add(self, page: dict[str, Any]) -> None:
        """Adds the figures of one page's result file."""
        self.detections += len(page["detections"])
        self.calls += page["calls"]
        self.answered += page["tiles_answered"]
        self.failed += page["tiles_failed"]
        self.warnings += page["warnings"][: MAX_WARNINGS - len(self.warnings)]
        # A page merged by the version before this one names none.
        self.reused += page.get("tiles_reused", 0)
        self.model_versions |= set(page.get("model_versions", ()))
        self.histograms = added((self.histograms, from_json(page.get("histograms", "{}"))))


def points(box: Box, dpi: int) -> list[float]:
    """Returns the box in points with two decimals: left, top, right, bottom."""
    inches = box.to_points(dpi)
    return [round(side, 2) for side in (inches.left, inches.top, inches.right, inches.bottom)]


def versions_by_tile(answers: Iterable[Answer]) -> dict[int, str]:
    """Returns the model version that answered each tile, for tiles that a model answered."""
    return {answer.tile: answer.model_version for answer in answers if answer.model_version}


def joined(versions: Iterable[str]) -> str:
    """Returns model versions as one text, separated by commas; empty without a model."""
    return ", ".join(sorted(set(versions)))


def row(
    result: ResultSet,
    detection: Detection,
    number: int,
    dpi: int,
    versions: Mapping[int, str] | None = None,
    layout: SheetLayout = NO_LAYOUT,
) -> dict[str, Any]:
    """Returns one row of the detections table.

    It has the attributes of an index only where it belongs in that index. ``versions`` are those
    of the page's tiles.
    """
    seen_by = versions or {}
    document = result.document
    sort = keys.detection_sort(detection.page, number)
    attributes: dict[str, Any] = {
        "result_id": result.id,
        "sort": sort,
        "document_id": document.id,
        "source_key": keys.source_key(document.bucket, document.key),
        "source_version": document.version,
        "profile": document.profile.name,
        "run_id": document.run_id,
        "model_version": joined(seen_by[tile] for tile in detection.tiles if tile in seen_by),
        "page": detection.page,
        "dpi": dpi,
        "label": detection.label,
        "text": detection.text,
        "normalised_text": detection.normalised_text,
        "corrections": detection.corrections,
        "confidence": round(detection.confidence, 2),
        "box_px": list(detection.box.rounded()),
        "box_pt": points(detection.box, dpi),
        "tiles": list(detection.tiles),
        "open_sides": list(detection.open_sides),
        "made_at": result.made_at,
        **layout.place_of(detection.box.to_points(dpi)),
    }
    if detection.angle is not None:
        attributes["angle"] = round(detection.angle, 1) % 180
    if result.keep_days:
        attributes["expire_at"] = result.made_at + result.keep_days * SECONDS_PER_DAY
    if detection.is_match:
        attributes["label_shard"] = keys.label_shard(detection.label, result.id)
        attributes["label_key"] = keys.label_key(result.id, sort)
    if len(detection.normalised_text) >= keys.TEXT_PREFIX:
        attributes["text_prefix"] = keys.text_prefix(detection.normalised_text)
        attributes["text_key"] = keys.text_key(detection.normalised_text, result.id, sort)
    return attributes


def detection_json(attributes: dict[str, Any]) -> dict[str, Any]:
    """Returns one detection as in detections.json, from a row of the table."""
    shown = (
        "page",
        "label",
        "text",
        "normalised_text",
        "confidence",
        "box_px",
        "box_pt",
        "tiles",
        "open_sides",
        "model_version",
    )
    members = {name: attributes[name] for name in shown}
    told = {name: attributes[name] for name in TOLD_MEMBERS if name in attributes}
    # Rows of an earlier version do not tell.
    later = {name: attributes.get(name, absent) for name, absent in LATER_MEMBERS.items()}
    return {"id": attributes["sort"], **members, **later} | told


def withheld_json(seen: WithheldSeen, page: int, dpi: int) -> dict[str, Any]:
    """Returns one withheld place as in detections.json."""
    return {
        "page": page,
        "label": seen.label,
        "confidence": round(seen.confidence, 2),
        "box_px": list(seen.box.rounded()),
        "box_pt": points(seen.box, dpi),
        "reason": seen.reason,
    }


def sheet_layout(page: PageRow) -> SheetLayout:
    """Returns the layout of a page, an empty one where it was not read."""
    return layout_from_json(json.loads(page.layout)) if page.layout else NO_LAYOUT


def layout_text(layout: SheetLayout) -> str:
    """Returns a layout as a page's row keeps it."""
    return json.dumps(layout_to_json(layout), separators=(",", ":"))


def _sheet_json(page: PageRow) -> dict[str, Any] | None:
    """Returns the layout as readers see it: without the lines that are kept for later words."""
    if not page.layout:
        return None
    members = json.loads(page.layout)
    return {name: value for name, value in members.items() if name != "rulings"}


def page_json(page: PageRow) -> dict[str, Any]:
    """Returns one page as in detections.json."""
    return {
        "page": page.page,
        "width_px": page.width_px,
        "height_px": page.height_px,
        "width_pt": page.width_pt,
        "height_pt": page.height_pt,
        "dpi": page.dpi,
        "rotation": page.rotation,
        "sheet": _sheet_json(page),
    }


def mixed_versions(versions: Iterable[str]) -> tuple[str, ...]:
    """Returns a warning where more than one version of the model answered tiles of a result set."""
    different = sorted(set(versions))
    if len(different) < 2:
        return ()
    return (
        f"{len(different)} versions of the model answered tiles of this document, as another was "
        f"activated between its runs: {joined(different)}; upload it again to have one",
    )


def document_json(
    document: Document, pages: Sequence[PageRow], model_version: str = ""
) -> dict[str, Any]:
    """Returns the head of detections.json for an ended document.

    docs/detections.schema.json describes it. ``model_version`` names all versions that answered.
    """
    return {
        "id": document.id,
        "source": {"bucket": document.bucket, "key": document.key, "version": document.version},
        "profile": document.profile.name,
        "status": document.status,
        "reason": document.reason,
        "result_id": document.result_id,
        "run_id": document.run_id,
        "model_version": model_version,
        "cost": {
            "spent_usd": round(document.spent_usd, 6),
            "tiles_reused": document.tiles_reused,
        },
        "warnings": list(document.warnings),
        "pages": [page_json(page) for page in pages if page.tiled],
    }
