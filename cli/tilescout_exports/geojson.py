"""GeoJSON: one polygon per detection, in pixels of its page, x to the right and y down.

RFC 7946 wants longitudes and latitudes; a drawing has none. Programs that read coordinates as they
are (QGIS without a reference system, Shapely, GeoPandas) read these.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tilescout_exports.model import (
    ExportedDocument,
    ExportFormat,
    ExportOptions,
    Row,
    optional_members,
)


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes a feature collection."""
    features = [_feature(each, row) for each in documents for row in each.detections]
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection) + "\n", encoding="utf-8")


def _feature(document: ExportedDocument, row: Row) -> dict[str, Any]:
    left, top, right, bottom = row["box_px"]
    # Counterclockwise in x and y, as the RFC wants the outer ring.
    ring = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]
    return {
        "type": "Feature",
        "id": f"{document.head['id']}/{row['id']}",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "document": document.key,
            "page": row["page"],
            "label": row["label"],
            "text": row["text"],
            "confidence": row["confidence"],
            "review": row.get("review", {}).get("state", "unreviewed"),
        }
        | optional_members(row),
    }


FORMAT = ExportFormat(name="geojson", suffix=".geojson", write=write)
