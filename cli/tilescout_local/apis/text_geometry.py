"""The geometry members that Textract and Rekognition share, in ratios of the image's sides."""

from __future__ import annotations

import math
from typing import Any

from tilescout_local.engines.text_reading import Quad


def geometry(quad: Quad, width: int, height: int) -> dict[str, Any]:
    """Returns BoundingBox and Polygon; the polygon starts at the text's own top left."""
    points = [(_ratio(x / width), _ratio(y / height)) for x, y in quad]
    left, top = min(x for x, _ in points), min(y for _, y in points)
    return {
        "BoundingBox": {
            "Left": left,
            "Top": top,
            "Width": max(x for x, _ in points) - left,
            "Height": max(y for _, y in points) - top,
        },
        "Polygon": [{"X": x, "Y": y} for x, y in points],
    }


def rotation_degrees(quad: Quad) -> float:
    """Returns the clockwise direction of reading to the nearest quarter turn: 0, 90, 180 or 270."""
    (x0, y0), (x1, y1) = quad[0], quad[1]
    return 90.0 * (round(math.degrees(math.atan2(y1 - y0, x1 - x0)) / 90) % 4)


def _ratio(value: float) -> float:
    return min(1.0, max(0.0, value))
