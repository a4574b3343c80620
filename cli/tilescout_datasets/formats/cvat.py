"""CVAT for images 1.1: XML with an element an image.

https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/
Rotations are in degrees, clockwise about the shape's centre.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedPage, Annotation, UnusableAnnotations
from tilescout_datasets.formats.imported import Imported, found_file, left_out
from tilescout_datasets.formats.outlines import around, ellipse, turned

SHAPES = ("box", "polygon", "ellipse", "polyline", "mask", "points", "cuboid", "skeleton")


def read(path: Path) -> Imported:
    """Raises UnusableAnnotations."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise UnusableAnnotations(
            f"{path} must be XML of CVAT ({error}); export it again as CVAT for images 1.1"
        ) from error
    if root.find("track") is not None or root.find("image") is None:
        raise UnusableAnnotations(
            f"{path} must have an element image for each page; it has "
            f"{'tracks of a video' if root.find('track') is not None else 'none'}; export the task "
            "as CVAT for images 1.1"
        )
    skipped: Counter[str] = Counter()
    pages = tuple(_page(image, path, skipped) for image in root.iter("image"))
    return Imported(pages=pages, notes=left_out(skipped, "boxes, polygons and ellipses are read"))


def _page(image: Element, path: Path, skipped: Counter[str]) -> AnnotatedPage:
    try:
        found = []
        for shape in image:
            box = _box(shape)
            if box is not None:
                found.append(Annotation(shape.attrib["label"], box))
            elif shape.tag in SHAPES:
                skipped[shape.tag] += 1
        return AnnotatedPage(
            path=found_file(path, image.attrib["name"]),
            page=1,
            width=float(image.attrib["width"]),
            height=float(image.attrib["height"]),
            annotations=tuple(found),
        )
    except (KeyError, ValueError) as error:
        raise UnusableAnnotations(
            f"each image and shape of CVAT has its name, size and corners; {path}, image "
            f"{image.get('name', 'without a name')} has not ({error!r}); export it again"
        ) from error


def _box(shape: Element) -> Box | None:
    """None for a kind of shape that has no sure box."""
    of = shape.attrib
    degrees = float(of.get("rotation", 0))
    if shape.tag == "box":
        box = Box(*(float(of[side]) for side in ("xtl", "ytl", "xbr", "ybr")))
        return turned(box, degrees, box.centre)
    if shape.tag == "ellipse":
        centre = (float(of["cx"]), float(of["cy"]))
        return ellipse(centre, (float(of["rx"]), float(of["ry"])), degrees)
    if shape.tag == "polygon":
        pairs = (pair.split(",") for pair in of["points"].split(";"))
        return around((float(x), float(y)) for x, y in pairs)
    return None
