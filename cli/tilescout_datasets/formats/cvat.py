"""CVAT for images and for video 1.1: XML with an element per image, or per track of a video.

https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/
Rotations are in degrees, clockwise about the shape's centre. A track's boxes belong to
frames, whose pictures are named frame_000000 and so on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tilescout.geometry import Box, Point, bounding_box
from tilescout_datasets.formats import rle
from tilescout_datasets.formats.outlines import ellipse, rotated
from tilescout_datasets.formats.records import (
    MALFORMED,
    LeftOut,
    PageRecord,
    Record,
    Shape,
    ShapeRecord,
    malformed,
)

SHAPES = ("box", "polygon", "ellipse", "mask", "skeleton", "polyline", "points", "cuboid")
WITHOUT_BOX = ("polyline", "points", "cuboid")
FRAME_NAME = "frame_{:06d}"
FRAME_ENDINGS = (".png", ".PNG", ".jpg", ".jpeg", ".JPG")


def records(root: Element) -> Iterator[Record]:
    """Yields the images, or the frames of tracks. Raises KeyError for XML that has neither."""
    images, tracks = root.findall("image"), root.findall("track")
    if not images and not tracks:
        raise KeyError("image")
    for image in images:
        yield _image(image)
    if tracks:
        yield from _frames(root, tracks)


def _image(image: Element) -> PageRecord:
    name = image.get("name", "")
    place = f"image {image.get('id', '?')} ({name})"
    shapes = [
        _shape(shape, f"{shape.tag} {at} of {name}", shape.get("label"))
        for at, shape in enumerate(image, 1)
        if shape.tag in SHAPES
    ]
    try:
        size = (float(image.attrib["width"]), float(image.attrib["height"]))
    except MALFORMED as error:
        return PageRecord(place=place, file=name, shapes=shapes, left_out=malformed(error))
    return PageRecord(place=place, file=name, size=size, shapes=shapes)


def _frames(root: Element, tracks: list[Element]) -> Iterator[PageRecord]:
    """The frames that show an object of any track; a box is in the frame until it is outside."""
    by_frame: dict[str, list[ShapeRecord]] = defaultdict(list)
    for track in tracks:
        for shape in track:
            if shape.tag in SHAPES and shape.get("outside") != "1":
                frame = shape.get("frame", "?")
                place = f"track {track.get('id', '?')}, frame {frame}"
                by_frame[frame].append(_shape(shape, place, track.get("label")))
    size = _video_size(root)
    for frame, shapes in sorted(by_frame.items(), key=lambda item: (len(item[0]), item[0])):
        left_out = None if frame.isdecimal() else LeftOut("without the number of its frame")
        stem = FRAME_NAME.format(int(frame)) if left_out is None else ""
        first, *others = (stem + ending for ending in FRAME_ENDINGS)
        yield PageRecord(place=f"frame {frame}", file=first, other_files=tuple(others), size=size,
                         shapes=shapes, left_out=left_out)  # fmt: skip


def _video_size(root: Element) -> tuple[float, float] | None:
    size = root.find(".//original_size")
    width, height = (size.findtext(side, "") if size is not None else "" for side in
                     ("width", "height"))  # fmt: skip
    return (float(width), float(height)) if width.isdecimal() and height.isdecimal() else None


def _shape(shape: Element, place: str, label: str | None) -> ShapeRecord:
    def read(width: float, height: float) -> Shape:
        if shape.tag in WITHOUT_BOX:
            raise LeftOut(f"of kind {shape.tag}, which has no sure box")
        return Shape(label=label, box=_box(shape))

    return ShapeRecord(place, read)


def _box(shape: Element) -> Box:
    of = shape.attrib
    degrees = float(of.get("rotation", 0))
    if shape.tag == "box":
        box = Box(*(float(of[side]) for side in ("xtl", "ytl", "xbr", "ybr")))
        # Turned, a box with its corners the wrong way round would look like a good one.
        is_good = box.right > box.left and box.bottom > box.top
        return rotated(box, degrees, box.centre) if is_good else box
    if shape.tag == "ellipse":
        centre, radii = (float(of["cx"]), float(of["cy"])), (float(of["rx"]), float(of["ry"]))
        if min(radii) <= 0:
            raise LeftOut("a side is zero" if min(radii) == 0 else "a side is negative")
        return ellipse(centre, radii, degrees)
    if shape.tag == "mask":
        size = (int(of["width"]), int(of["height"]))
        return rle.cvat_box(of["rle"], float(of["left"]), float(of["top"]), size)
    if shape.tag == "skeleton":
        shown = [part for part in shape if part.get("outside") != "1"]
        return bounding_box(point for part in shown for point in _points(part.attrib["points"]))
    return bounding_box(_points(of["points"]))


def _points(text: str) -> list[Point]:
    if not text.strip():
        raise LeftOut("without a point")
    pairs = [pair.split(",") for pair in text.split(";")]
    return [(float(x), float(y)) for x, y in pairs]
