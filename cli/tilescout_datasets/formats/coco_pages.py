"""Annotated pages from COCO JSON, as many programs write it.

https://cocodataset.org/#format-data. Read besides: ids that are text, boxes as ratios (Azure) or
as corners, polygons and RLE masks in the place of a box, and the extra member ``page`` (from 1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tilescout.geometry import Box, bounding_box
from tilescout_datasets.formats import rle
from tilescout_datasets.formats.records import (
    MALFORMED,
    LeftOut,
    PageRecord,
    Record,
    Shape,
    ShapeRecord,
    StrayShape,
    malformed,
    number,
)

Row = dict[str, Any]
Units = Literal["pixels", "ratios", "corners"]
MOST = 0.9
"""Share of a file's boxes that tell its units."""
AREA_SLACK = 0.1


@dataclass(frozen=True, slots=True)
class _Context:
    labels: dict[str, Any]
    units: Units


def records(value: Any) -> Iterator[Record]:
    """Yields the images with their annotations. Raises TypeError or KeyError for another file."""
    images, objects = value["images"], value.get("annotations") or []
    if not isinstance(images, list) or not isinstance(objects, list):
        raise TypeError("images and annotations are not lists")
    nobody = None if "annotations" in value else LeftOut("not annotated", "no member annotations")
    context = _Context(_labels(value.get("categories")), _units(images, objects))
    by_image: dict[str, list[ShapeRecord]] = defaultdict(list)
    known = {_key(image.get("id")) for image in images if isinstance(image, dict)}
    for at, each in enumerate(objects):
        place = f"annotation {each.get('id', at)}" if isinstance(each, dict) else f"annotation {at}"
        image = _key(each.get("image_id")) if isinstance(each, dict) else None
        if image is None or image not in known:
            yield StrayShape(place, LeftOut("of an image that the file does not have"))
        else:
            by_image[image].append(_shape(each, place, context))
    seen: set[str | None] = set()
    for at, image in enumerate(images):
        yield (
            _page(image, at, by_image, seen, context)
            if nobody is None
            else PageRecord(place=f"image {at}", left_out=nobody)
        )


def _labels(categories: Any) -> dict[str, Any]:
    rows = categories if isinstance(categories, list) else []
    named = [row for row in rows if isinstance(row, dict) and _key(row.get("id")) is not None]
    return {str(_key(row["id"])): row.get("name") for row in named}


def _key(value: Any) -> str | None:
    """An id as text: 1, 1.0 and "1" are the same; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _page(
    image: Any,
    at: int,
    by_image: dict[str, list[ShapeRecord]],
    seen: set[str | None],
    context: _Context,
) -> PageRecord:
    place, key = f"image {at}", _key(image.get("id")) if isinstance(image, dict) else None
    shapes = [] if key is None or key in seen else by_image[key]
    seen.add(key)
    remarks = () if context.units == "pixels" else (f"boxes taken as {context.units}",)
    try:
        place = f"image {image.get('id', at)} ({image['file_name']})"
        return PageRecord(place=place, file=_text(image["file_name"]), number=_number(image),
                          size=_size(image), shapes=shapes, remarks=remarks)  # fmt: skip
    except MALFORMED as error:
        return PageRecord(place=place, shapes=shapes, left_out=malformed(error))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{str(value)[:40]!r} is no name of a file")
    return value


def _number(image: Row) -> int:
    """Returns the number of the page; the name that a tile's page has does not count."""
    page = image.get("page", 1)
    return int(number(page)) if isinstance(page, int | float) else 1


def _size(image: Row) -> tuple[float, float] | None:
    width, height = image.get("width"), image.get("height")
    return None if not width or not height else (number(width), number(height))


def _shape(each: Row, place: str, context: _Context) -> ShapeRecord:
    def read(width: float, height: float) -> Shape:
        category = _key(each.get("category_id"))
        if category not in context.labels:
            known = ", ".join(list(context.labels)[:5]) or "none"
            raise LeftOut("of a category that the file does not have", f"{category}, not {known}")
        box = _box(each, context.units, (width, height))
        is_ignored = bool(each.get("iscrowd") or each.get("isCrowd"))
        return Shape(label=context.labels[category], box=box, is_ignored=is_ignored)

    return ShapeRecord(place, read)


def _box(each: Row, units: Units, size: tuple[float, float]) -> Box:
    sides = _sides(each)
    if sides is None:
        return _outline(each.get("segmentation"))
    left, top, across, down = sides
    if units == "corners":
        return Box(left, top, across, down)
    box = Box(left, top, left + across, top + down)
    if units == "pixels":
        return box
    return Box(box.left * size[0], box.top * size[1], box.right * size[0], box.bottom * size[1])


def _sides(each: Any) -> tuple[float, float, float, float] | None:
    """The four numbers of a box; None where there is no box. Raises TypeError or ValueError."""
    bbox = each.get("bbox")
    if bbox is None or bbox == []:
        return None
    left, top, across, down = map(number, bbox)
    return left, top, across, down


def _outline(segmentation: Any) -> Box:
    """The box around a mask or polygons."""
    if isinstance(segmentation, dict):
        return rle.coco_box(segmentation)
    rings = segmentation if isinstance(segmentation, list) else []
    if rings and not isinstance(rings[0], list):
        rings = [rings]
    values = [[number(value) for value in ring] for ring in rings]
    points = [pair for ring in values for pair in zip(ring[::2], ring[1::2], strict=True)]
    if len(points) < 2:
        raise LeftOut("without a box or an outline")
    return bounding_box(points)


def _units(images: Sequence[Any], objects: Sequence[Any]) -> Units:
    """Returns the units of a file's boxes, in which many programs depart from the standard."""
    sizes = {_key(row.get("id")): row for row in images if isinstance(row, dict)}
    boxes = [(row, sides) for row in objects if (sides := _sides_if_good(row))]
    if not boxes:
        return "pixels"
    if all(0 <= side <= 1 for _, sides in boxes for side in sides):
        return "ratios"
    are_corners = [_is_corners(row, sides, sizes) for row, sides in boxes]
    return "corners" if are_corners.count(True) > MOST * len(boxes) else "pixels"


def _sides_if_good(row: Any) -> tuple[float, float, float, float] | None:
    try:
        return _sides(row)
    except MALFORMED:
        return None


def _is_corners(
    row: Row, sides: tuple[float, float, float, float], sizes: dict[str | None, Row]
) -> bool:
    """Tells if the third and fourth number must be the right and bottom side.

    The area tells where it is given; else a box that would be over the page's edge.
    """
    left, top, third, fourth = sides
    if not (third > left and fourth > top):
        return False
    area = row.get("area")
    if isinstance(area, int | float) and not isinstance(area, bool) and area > 0:
        as_corners = (third - left) * (fourth - top)
        is_box = abs(third * fourth - area) <= AREA_SLACK * area
        return abs(as_corners - area) <= AREA_SLACK * area and not is_box
    return _is_over_the_edge(sides, sizes.get(_key(row.get("image_id")), {}))


def _is_over_the_edge(sides: tuple[float, float, float, float], image: Row) -> bool:
    width, height = image.get("width"), image.get("height")
    if not isinstance(width, int | float) or not isinstance(height, int | float):
        return False
    left, top, third, fourth = sides
    fits_as_corners = third <= width and fourth <= height
    return fits_as_corners and (left + third > width or top + fourth > height)
