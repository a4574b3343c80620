"""The shapes that readers see: rows of the detections table and detections.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tilescout import keys
from tilescout.detections import Answer, Detection
from tilescout.documents import Document, Outcome
from tilescout.geometry import Box
from tilescout.ledger import PageRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSet:
    """One document under one claim."""

    id: str
    document: Document
    made_at: int


def points(box: Box, dpi: int) -> list[float]:
    """The box in points with two decimals: left, top, right, bottom."""
    inches = box.to_points(dpi)
    return [round(side, 2) for side in (inches.left, inches.top, inches.right, inches.bottom)]


def versions_by_tile(answers: Iterable[Answer]) -> dict[int, str]:
    """The model version that answered each tile, for tiles that a model answered."""
    return {answer.tile: answer.model_version for answer in answers if answer.model_version}


def listed(versions: Iterable[str]) -> str:
    """Model versions as one text: one as a rule, several by comma, none for no model."""
    return ", ".join(sorted(set(versions)))


def row(
    result: ResultSet,
    detection: Detection,
    number: int,
    dpi: int,
    versions: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    """One row of the detections table. Index attributes only where the row belongs in an index.

    ``versions`` are those of the page's tiles.
    """
    seen_by = versions or {}
    document = result.document
    sort = keys.detection_sort(detection.page, number)
    found: dict[str, Any] = {
        "result_id": result.id,
        "sort": sort,
        "document_id": document.id,
        "source_key": keys.source_key(document.bucket, document.key),
        "source_version": document.version,
        "profile": document.profile.name,
        "run_id": document.run_id,
        "model_version": listed(seen_by[tile] for tile in detection.tiles if tile in seen_by),
        "page": detection.page,
        "dpi": dpi,
        "label": detection.label,
        "text": detection.text,
        "normalised_text": detection.normalised_text,
        "confidence": round(detection.confidence, 2),
        "box_px": list(detection.box.rounded()),
        "box_pt": points(detection.box, dpi),
        "tiles": list(detection.tiles),
        "open_sides": list(detection.open_sides),
        "made_at": result.made_at,
    }
    if detection.is_match:
        found["label_shard"] = keys.label_shard(detection.label, result.id)
        found["label_key"] = keys.label_key(result.id, sort)
    if len(detection.normalised_text) >= keys.TEXT_PREFIX:
        found["text_prefix"] = keys.text_prefix(detection.normalised_text)
        found["text_key"] = keys.text_key(detection.normalised_text, result.id, sort)
    return found


def detection_json(found: dict[str, Any]) -> dict[str, Any]:
    """One detection as in detections.json, of a row of the table."""
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
    return {"id": found["sort"]} | {name: found[name] for name in shown}


def page_json(page: PageRow) -> dict[str, Any]:
    """One page as in detections.json."""
    return {
        "page": page.page,
        "width_px": page.width_px,
        "height_px": page.height_px,
        "width_pt": page.width_pt,
        "height_pt": page.height_pt,
        "dpi": page.dpi,
        "rotation": page.rotation,
    }


def mixed_versions(versions: Iterable[str]) -> tuple[str, ...]:
    """A warning where more than one version of the model answered tiles of one result set."""
    different = sorted(set(versions))
    if len(different) < 2:
        return ()
    return (
        f"{len(different)} versions of the model answered tiles of this document, as another was "
        f"put to use between its runs: {listed(different)}; upload it again to have one",
    )


def document_json(
    result: ResultSet,
    outcome: Outcome,
    pages: list[PageRow],
    spent_usd: float,
    model_version: str = "",
) -> dict[str, Any]:
    """The head of detections.json; docs/detections.schema.json describes it."""
    document = result.document
    return {
        "id": document.id,
        "source": {"bucket": document.bucket, "key": document.key, "version": document.version},
        "profile": document.profile.name,
        "status": outcome.status,
        "reason": outcome.reason,
        "result_id": result.id,
        "run_id": document.run_id,
        "model_version": model_version,
        "cost": {"spent_usd": round(spent_usd, 6)},
        "warnings": list(document.warnings),
        "pages": [page_json(page) for page in pages if page.tiled],
    }
