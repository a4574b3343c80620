"""Pascal VOC: an XML file per picture, boxes by their corners in pixels.

http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html. Programs differ in whether
the first pixel is 0 or 1; 0 is taken. ``difficult`` objects are neither to be found nor empty.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from tilescout.geometry import Box, bounding_box
from tilescout_datasets.formats.outlines import rotated
from tilescout_datasets.formats.page_files import PICTURE_ENDINGS
from tilescout_datasets.formats.records import LeftOut, PageRecord, Record, Shape, ShapeRecord


def records(root: Element, path: Path) -> Iterator[Record]:
    """Yields the one picture of the file; where it names none, one named as the file itself."""
    name = (root.findtext("filename") or "").strip() or path.stem
    others = tuple(path.stem + ending for ending in PICTURE_ENDINGS)
    yield PageRecord(
        place=path.name,
        file=name,
        other_files=others,
        size=_size(root),
        shapes=[
            _shape(each, f"{path.name}, object {at}")
            for at, each in enumerate(root.findall("object"), 1)
        ],
    )


def _size(root: Element) -> tuple[float, float] | None:
    sides = [root.findtext(f"size/{side}", "") for side in ("width", "height")]
    try:
        width, height = map(float, sides)
    except ValueError:
        return None
    return (width, height) if width and height else None


def _shape(each: Element, place: str) -> ShapeRecord:
    def read(width: float, height: float) -> Shape:
        is_ignored = (each.findtext("difficult") or "0").strip() == "1"
        return Shape(label=each.findtext("name"), box=_box(each), is_ignored=is_ignored)

    return ShapeRecord(place, read)


def _box(each: Element) -> Box:
    corners = each.find("bndbox")
    if corners is not None:
        return Box(*(_number(corners, side) for side in ("xmin", "ymin", "xmax", "ymax")))
    turned = each.find("robndbox")
    if turned is not None:
        x, y, across, down = (_number(turned, side) for side in ("cx", "cy", "w", "h"))
        box = Box(x - across / 2, y - down / 2, x + across / 2, y + down / 2)
        return rotated(box, math.degrees(_number(turned, "angle")), (x, y))
    points = [(float(x.text or ""), float(y.text or ""))
              for x, y in zip(each.findall("polygon/*[1]"), each.findall("polygon/*[2]"),
                              strict=True)]  # fmt: skip
    if len(points) < 2:
        raise LeftOut("without a box")
    return bounding_box(points)


def _number(parent: Element, name: str) -> float:
    text = parent.findtext(name)
    if text is None:
        raise KeyError(name)
    return float(text)
