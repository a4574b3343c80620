"""Comma separated values that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tilescout_exports.model import ExportedDocument, ExportFormat, ExportOptions, size_mm

COLUMNS = (
    "document_id", "source_key", "page", "id", "label", "text", "confidence",
    "left_px", "top_px", "right_px", "bottom_px",
    "left_pt", "top_pt", "right_pt", "bottom_pt",
    "tiles", "open_sides", "review", "angle", "zone", "region",
    "width_mm", "height_mm", "drawing_number", "revision",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that begins so is run as a formula by spreadsheets (OWASP, CSV injection)."""


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes the header, then one row for each detection."""
    with path.open("w", newline="", encoding="utf-8") as file:
        write_results(
            file, ({"document": each.head, "detections": each.detections} for each in documents)
        )


def write_results(file: IO[str], results: Iterable[Mapping[str, Any]]) -> None:
    """Writes the same of objects as in detections.json."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for result in results:
        document = result["document"]
        for detection in result["detections"]:
            rows.writerow(cells(document, detection))


def cells(document: Mapping[str, Any], detection: Mapping[str, Any]) -> list[Any]:
    """Returns the values of one row, in the order of `COLUMNS`."""
    return [
        document["id"],
        safe(document["source"]["key"]),
        detection["page"],
        detection["id"],
        safe(detection["label"]),
        safe(detection["text"]),
        detection["confidence"],
        *detection["box_px"],
        *detection["box_pt"],
        " ".join(str(tile) for tile in detection["tiles"]),
        " ".join(detection["open_sides"]),
        detection.get("review", {}).get("state", ""),
        detection.get("angle", ""),
        detection.get("zone", ""),
        detection.get("region", ""),
        *size_mm(detection),
        safe(detection.get("drawing_number", "")),
        safe(detection.get("revision", "")),
    ]


def safe(text: str) -> str:
    """Returns ``text`` with an apostrophe in front where a spreadsheet would run it."""
    return f"'{text}" if text.startswith(FORMULA) else text


FORMAT = ExportFormat(name="csv", suffix=".csv", write=write)
