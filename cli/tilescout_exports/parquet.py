"""Parquet: one row per detection with typed columns, for pandas, DuckDB, Athena and Spark."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tilescout_exports.model import ExportedDocument, ExportFormat, ExportOptions, Row, size_mm

SIDES = ("left", "top", "right", "bottom")
SCHEMA = pa.schema(
    [
        ("document_id", pa.string()),
        ("document", pa.string()),
        ("profile", pa.string()),
        ("page", pa.int32()),
        ("dpi", pa.int32()),
        ("id", pa.string()),
        ("label", pa.string()),
        ("text", pa.string()),
        ("confidence", pa.float64()),
        *((f"{side}_px", pa.int32()) for side in SIDES),
        *((f"{side}_pt", pa.float64()) for side in SIDES),
        ("open_sides", pa.list_(pa.string())),
        ("angle", pa.float64()),
        ("zone", pa.string()),
        ("region", pa.string()),
        ("width_mm", pa.float64()),
        ("height_mm", pa.float64()),
        ("drawing_number", pa.string()),
        ("revision", pa.string()),
        ("review", pa.string()),
        ("reviewed_by", pa.string()),
        ("reviewed_at", pa.timestamp("s", tz="UTC")),
    ]
)


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes the file."""
    rows = [_row(each, row) for each in documents for row in each.detections]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)


def _row(document: ExportedDocument, row: Row) -> dict[str, Any]:
    review = row.get("review", {})
    dpi_of = {page["page"]: page["dpi"] for page in document.head["pages"]}
    pixels = {f"{side}_px": value for side, value in zip(SIDES, row["box_px"], strict=True)}
    points = {f"{side}_pt": value for side, value in zip(SIDES, row["box_pt"], strict=True)}
    width, height = size_mm(row)
    return {
        "document_id": document.head["id"],
        "document": document.key,
        "profile": document.head["profile"],
        "page": row["page"],
        "dpi": dpi_of[row["page"]],
        "id": row["id"],
        "label": row["label"],
        "text": row["text"],
        "confidence": row["confidence"],
        **pixels,
        **points,
        "open_sides": list(row["open_sides"]),
        "angle": row.get("angle"),
        "zone": row.get("zone", ""),
        "region": row.get("region", ""),
        "width_mm": width,
        "height_mm": height,
        "drawing_number": row.get("drawing_number", ""),
        "revision": row.get("revision", ""),
        "review": review.get("state", "unreviewed"),
        "reviewed_by": review.get("by"),
        "reviewed_at": review.get("at"),
    }


FORMAT = ExportFormat(name="parquet", suffix=".parquet", write=write)
