"""JSON Lines of Azure Machine Learning and of Google's Vertex AI: an image per line, boxes as
ratios.

https://learn.microsoft.com/azure/machine-learning/reference-automl-images-schema and
https://cloud.google.com/vertex-ai/docs/image-data/object-detection/prepare-data
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tilescout.geometry import Box, bounding_box
from tilescout_datasets.formats.records import (
    LeftOut,
    PageRecord,
    Record,
    Shape,
    ShapeRecord,
    number,
    page_records,
)
from tilescout_datasets.formats.text_files import BrokenLine

Row = dict[str, Any]
AZURE_MEMBERS = ("image_url", "imageUrl")
GOOGLE_MEMBER = "imageGcsUri"


def azure_records(lines: Sequence[Any]) -> Iterator[Record]:
    """Returns the images of Azure's JSON Lines."""
    return page_records(lines, _azure_page)


def google_records(lines: Sequence[Any]) -> Iterator[Record]:
    """Returns the images of Google's JSON Lines."""
    return page_records(lines, _google_page)


def _checked(line: Any) -> Row:
    """A line that is a JSON object. Raises LeftOut."""
    if isinstance(line, BrokenLine):
        raise LeftOut("a line is no JSON", line.fault)
    return dict(line)


def _azure_page(line: Any, at: int) -> PageRecord:
    line, place = _checked(line), f"line {at}"
    url = next((line[name] for name in AZURE_MEMBERS if name in line), None)
    labels = line.get("label")
    if not isinstance(labels, list):
        raise LeftOut("not annotated")
    details = line.get("image_details") or line.get("imageDetails") or {}
    return PageRecord(
        place=place,
        file=_text(url),
        size=_azure_size(details),
        shapes=[_azure_shape(each, f"{place}, box {n}") for n, each in enumerate(labels, 1)],
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("the name of the image is no text")
    return value


def _azure_size(details: Row) -> tuple[float, float] | None:
    """Returns width and height in px; Azure writes "1600px"."""
    sides = [str(details.get(side) or "").removesuffix("px") for side in ("width", "height")]
    width, height = (float(side) if side else 0.0 for side in sides)
    return (width, height) if width and height else None


def _azure_shape(each: Any, place: str) -> ShapeRecord:
    def read(width: float, height: float) -> Shape:
        is_ignored = str(each.get("isCrowd", 0)).lower() in ("1", "true")
        if "topX" in each:
            left, top, right, bottom = (
                number(each[side]) for side in ("topX", "topY", "bottomX", "bottomY")
            )
        else:
            rings = [list(map(number, ring)) for ring in each["polygon"]]
            points = [pair for ring in rings for pair in zip(ring[::2], ring[1::2], strict=True)]
            around = bounding_box(points)
            left, top, right, bottom = around.left, around.top, around.right, around.bottom
        box = Box(left * width, top * height, right * width, bottom * height)
        return Shape(label=each.get("label"), box=box, is_ignored=is_ignored)

    return ShapeRecord(place, read)


def _google_page(line: Any, at: int) -> PageRecord:
    line, place = _checked(line), f"line {at}"
    boxes = line.get("boundingBoxAnnotations")
    if not isinstance(boxes, list):
        raise LeftOut("not annotated")
    return PageRecord(
        place=place,
        file=_text(line[GOOGLE_MEMBER]),
        shapes=[_google_shape(each, f"{place}, box {n}") for n, each in enumerate(boxes, 1)],
    )


def _google_shape(each: Any, place: str) -> ShapeRecord:
    def read(width: float, height: float) -> Shape:
        # A ratio of 0 is left out, as protocol buffers write no default.
        left, top, right, bottom = (
            number(each.get(side, 0)) for side in ("xMin", "yMin", "xMax", "yMax")
        )
        box = Box(left * width, top * height, right * width, bottom * height)
        return Shape(label=each.get("displayName"), box=box)

    return ShapeRecord(place, read)
