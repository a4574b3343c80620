"""Tiles as a SageMaker Ground Truth manifest for object detection: JSON Lines, a tile per line.

https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/md-create-manifest-file-object-detection.html
Boxes are whole pixels there. What a tile's edge cut off has no place in it; it is told, with the
dpi and the tile's place on its page, by members of the metadata that only Tilescout reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedTile, Annotation, UnusableAnnotations
from tilescout_datasets.formats import text_files
from tilescout_datasets.formats.records import (
    MALFORMED,
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
ATTRIBUTE = "symbols"
MAX_BOXES = 50
"""The boxes that Custom Labels takes for one image."""
CREATED = "2026-01-01T00:00:00"


def write_tiles(
    path: Path,
    tiles: list[AnnotatedTile],
    labels: tuple[str, ...],
    *,
    prefix: str = "",
    dpi: int = 0,
) -> int:
    """Writes the tiles of at most `MAX_BOXES` boxes; returns how many were left out.

    ``source-ref`` is the file's path relative to the manifest, after ``prefix`` such as
    s3://bucket/folder/.
    """
    fitting = [tile for tile in tiles if fits(tile)]
    path.write_text(text(fitting, labels, path.parent, prefix=prefix, dpi=dpi))
    return len(tiles) - len(fitting)


def fits(tile: AnnotatedTile) -> bool:
    return len(tile.annotations) <= MAX_BOXES


def text(
    tiles: list[AnnotatedTile], labels: tuple[str, ...], folder: Path, *, prefix: str, dpi: int
) -> str:
    """The manifest of tiles below ``folder``; a ``source-ref`` is relative to it."""
    lines = [json.dumps(_line(tile, labels, folder, prefix, dpi)) for tile in tiles]
    return "".join(f"{line}\n" for line in lines)


def _line(
    tile: AnnotatedTile, labels: tuple[str, ...], folder: Path, prefix: str, dpi: int
) -> dict[str, Any]:
    present = sorted({labels.index(each.label) for each in tile.annotations})
    return {
        "source-ref": prefix + tile.file.relative_to(folder).as_posix(),
        ATTRIBUTE: {
            "image_size": [{"width": tile.width, "height": tile.height, "depth": 1}],
            "annotations": [_box(each, labels) for each in tile.annotations],
        },
        f"{ATTRIBUTE}-metadata": {
            "objects": [{"confidence": 1} for _ in tile.annotations],
            "class-map": {str(number): labels[number] for number in present},
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": CREATED,
            "job-name": "tilescout",
            "page": tile.page,
            "left": tile.left,
            "top": tile.top,
            "dpi": dpi,
            "ignored": [_sides(box) for box in tile.ignored],
        },
    }


def _box(each: Annotation, labels: tuple[str, ...]) -> dict[str, int]:
    return {"class_id": labels.index(each.label), **_sides(each.box)}


def _sides(box: Box) -> dict[str, int]:
    left, top, right, bottom = box.rounded()
    return {"left": left, "top": top, "width": right - left, "height": bottom - top}


def _box_of(sides: dict[str, float]) -> Box:
    return Box(sides["left"], sides["top"], sides["left"] + sides["width"],
               sides["top"] + sides["height"])  # fmt: skip


def dpi_of(path: Path) -> int:
    """Returns the dpi that `write_tiles` was given; 0 where another program wrote the manifest."""
    first = next(iter(path.read_text().splitlines()), "{}")
    parts = (each for each in json.loads(first).values() if isinstance(each, dict))
    return next((int(each["dpi"]) for each in parts if "dpi" in each), 0)


def read_tiles(path: Path, *, prefix: str = "") -> list[AnnotatedTile]:
    """Returns the tiles of a manifest that `write_tiles` wrote, files relative to it once
    ``prefix`` is taken off.

    Raises UnusableAnnotations.
    """
    try:
        lines = text_files.text_of(path).split("\n")
        return [_tile(json.loads(line), path, prefix) for line in lines if line.strip()]
    except (LeftOut, *MALFORMED) as error:
        raise UnusableAnnotations(
            f"{path} must be a Ground Truth manifest of object detection, one JSON object per line "
            f"({error!r}); export it again"
        ) from error


def _tile(line: Row, path: Path, prefix: str) -> AnnotatedTile:
    name = _attribute(line)
    metadata = line[f"{name}-metadata"]
    labels = metadata["class-map"]
    (size,) = line[name]["image_size"]
    source = line["source-ref"].removeprefix(prefix)
    return AnnotatedTile(
        file=path.parent / source,
        page=metadata.get("page", source),
        left=metadata.get("left", 0),
        top=metadata.get("top", 0),
        width=size["width"],
        height=size["height"],
        annotations=tuple(
            Annotation(labels[str(box["class_id"])], _box_of(box))
            for box in line[name]["annotations"]
        ),
        ignored=tuple(map(_box_of, metadata.get("ignored", ()))),
    )


def records(lines: Sequence[Any]) -> Iterator[Record]:
    """Returns the images of any object detection manifest, one JSON object per line."""
    return page_records(lines, _page)


def _page(line: Row | BrokenLine, at: int) -> PageRecord:
    if isinstance(line, BrokenLine):
        raise LeftOut("a line is no JSON", line.fault)
    source = line["source-ref"]
    if not isinstance(source, str):
        raise TypeError("source-ref is no text")
    place = f"line {at} ({source.rpartition('/')[2]})"
    name = _attribute(line)
    labelled, metadata = line[name], line.get(f"{name}-metadata") or {}
    labels = metadata.get("class-map") or {}
    size = (labelled.get("image_size") or [{}])[0]
    has_size = size.get("width") and size.get("height")
    return PageRecord(
        place=place,
        file=source,
        size=(number(size["width"]), number(size["height"])) if has_size else None,
        shapes=[
            _shape(box, labels, f"{place}, box {number_of_box}")
            for number_of_box, box in enumerate(labelled["annotations"], 1)
        ],
        remarks=tuple(_remarks(line, name)),
    )


def _shape(box: Any, labels: Row, place: str) -> ShapeRecord:
    def read(width: float, height: float) -> Shape:
        known = {str(key): label for key, label in labels.items()}
        if str(box["class_id"]) not in known:
            raise LeftOut("of a category that the file does not have", f"{box['class_id']}")
        sides = {side: number(box[side]) for side in ("left", "top", "width", "height")}
        return Shape(label=known[str(box["class_id"])], box=_box_of(sides))

    return ShapeRecord(place, read)


def _attribute(line: Row) -> str:
    """The label attribute that counts: of several the adjusted one, else the newest, else the last.

    Raises LeftOut where the line has none, with the reason why its labelling failed.
    """
    names = [key for key, value in line.items() if isinstance(value, dict)
             and isinstance(value.get("annotations"), list)]  # fmt: skip
    if not names:
        raise LeftOut(*_failure(line))
    return max(enumerate(names), key=lambda item: (*_age(line, item[1]), item[0]))[1]


def _age(line: Row, name: str) -> tuple[bool, str]:
    metadata = line.get(f"{name}-metadata")
    if not isinstance(metadata, dict):
        return False, ""
    return "adjustment-status" in metadata, str(metadata.get("creation-date", ""))


def _failure(line: Row) -> tuple[str, str]:
    reasons = [str(value["failure-reason"]) for value in line.values()
               if isinstance(value, dict) and "failure-reason" in value]  # fmt: skip
    return ("the labelling failed", reasons[0]) if reasons else ("not annotated", "")


def _remarks(line: Row, name: str) -> Iterator[str]:
    """Yields remarks on what else the line says of its labels."""
    for key, value in line.items():
        if not isinstance(value, dict):
            continue
        if key != name and isinstance(value.get("annotations"), list):
            yield f"{key} is not used, but {name}"
        if "failure-reason" in value:
            yield f"{key.removesuffix('-metadata')} failed, and {name} is used"
        if value.get("type") == "groundtruth/label-verification":
            yield f"a reviewer called the labels {str(value.get('class-name'))!r}"
