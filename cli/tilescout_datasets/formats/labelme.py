"""labelme: a JSON file per picture, shapes by their points in pixels.

https://github.com/wkentaro/labelme and its forks, whose rectangles have two points or four.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tilescout.geometry import Box, Point, bounding_box
from tilescout_datasets.formats.page_files import PICTURE_ENDINGS
from tilescout_datasets.formats.records import (
    LeftOut,
    PageRecord,
    Record,
    Shape,
    ShapeRecord,
    number,
)

Row = dict[str, Any]
WITH_BOX = ("rectangle", "polygon", "rotation", "quadrilateral", "mask", "circle")


def records(value: Row, path: Path) -> Iterator[Record]:
    """Yields the one picture of the file. Raises TypeError where its shapes are no list."""
    shapes = value["shapes"]
    if not isinstance(shapes, list):
        raise TypeError("shapes are no list")
    width, height = value.get("imageWidth"), value.get("imageHeight")
    name = value.get("imagePath")
    yield PageRecord(
        place=path.name,
        file=name if isinstance(name, str) and name else path.stem,
        other_files=tuple(path.stem + ending for ending in PICTURE_ENDINGS),
        size=(number(width), number(height)) if width and height else None,
        shapes=[_shape(each, f"{path.name}, shape {at}") for at, each in enumerate(shapes, 1)],
    )


def _shape(each: Any, place: str) -> ShapeRecord:
    def read(width: float, height: float) -> Shape:
        kind = each.get("shape_type") or "polygon"
        if kind not in WITH_BOX:
            raise LeftOut(f"of kind {str(kind)[:30]}, which has no sure box")
        points = [(number(x), number(y)) for x, y in each["points"]]
        return Shape(label=each.get("label"), box=_box(kind, points))

    return ShapeRecord(place, read)


def _box(kind: str, points: list[Point]) -> Box:
    if len(points) < 2:
        raise LeftOut("with fewer than two points")
    if kind == "circle":
        (x, y), edge = points[0], points[1]
        radius = math.dist((x, y), edge)
        return Box(x - radius, y - radius, x + radius, y + radius)
    return bounding_box(points)
