"""detections.json as comma separated values that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from typing import IO, Any

COLUMNS = (
    "document_id", "source_key", "page", "id", "label", "text", "confidence",
    "left_px", "top_px", "right_px", "bottom_px",
    "left_pt", "top_pt", "right_pt", "bottom_pt",
    "tiles", "open_sides",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run as a formula by spreadsheets (OWASP, CSV injection)."""


def write(file: IO[str], results: Iterable[Mapping[str, Any]]) -> None:
    """The header, then one row a detection of each result set."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    for result in results:
        document = result["document"]
        for detection in result["detections"]:
            rows.writerow(cells(document, detection))


def cells(document: Mapping[str, Any], detection: Mapping[str, Any]) -> list[Any]:
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
    ]


def safe(text: str) -> str:
    """``text`` with an apostrophe in front where a spreadsheet would run it."""
    return f"'{text}" if text.startswith(FORMULA) else text
