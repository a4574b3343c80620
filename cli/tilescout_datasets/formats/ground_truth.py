"""Tiles as a SageMaker Ground Truth manifest for object detection: JSON Lines, one tile a line.

https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/md-create-manifest-file-object-detection.html
Boxes are whole pixels there. What a tile's edge cut off has no place in it; it is told, with the
dpi and the tile's place on its page, by members of the metadata that only Tilescout reads.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tilescout.geometry import Box
from tilescout_datasets.annotations import (
    AnnotatedPage,
    AnnotatedTile,
    Annotation,
    UnusableAnnotations,
)
from tilescout_datasets.formats.imported import found_file

ATTRIBUTE = "symbols"
MOST_BOXES = 50
"""Of one image, a limit of Custom Labels."""
CREATED = "2026-01-01T00:00:00"


def write_tiles(
    path: Path,
    tiles: list[AnnotatedTile],
    labels: tuple[str, ...],
    *,
    prefix: str = "",
    dpi: int = 0,
) -> int:
    """Write the tiles of at most `MOST_BOXES` boxes and give how many were left out.

    ``source-ref`` is the file's path relative to the manifest, after ``prefix`` such as
    s3://bucket/folder/.
    """
    fitting = [tile for tile in tiles if fits(tile)]
    path.write_text(text(fitting, labels, path.parent, prefix=prefix, dpi=dpi))
    return len(tiles) - len(fitting)


def fits(tile: AnnotatedTile) -> bool:
    return len(tile.annotations) <= MOST_BOXES


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
    """What `write_tiles` was told; 0 where another program wrote the manifest."""
    first = next(iter(path.read_text().splitlines()), "{}")
    parts = (each for each in json.loads(first).values() if isinstance(each, dict))
    return next((int(each["dpi"]) for each in parts if "dpi" in each), 0)


def read_tiles(path: Path, *, prefix: str = "") -> list[AnnotatedTile]:
    """Tiles of any object detection manifest, files relative to it once ``prefix`` is taken off.

    Raises UnusableAnnotations.
    """
    try:
        lines = path.read_text().splitlines()
        return [_tile(json.loads(line), path, prefix) for line in lines if line.strip()]
    except (OSError, ValueError, KeyError, StopIteration) as error:
        raise UnusableAnnotations(
            f"{path} must be a Ground Truth manifest of object detection, one JSON object a line "
            f"({error!r}); export it again"
        ) from error


def read_pages(path: Path) -> list[AnnotatedPage]:
    """Each image of a manifest as a page; it lies beside ``path``, whatever its place in S3.

    Raises UnusableAnnotations.
    """
    return [
        AnnotatedPage(
            path=found_file(path, tile.file.as_posix()),
            page=1,
            width=tile.width,
            height=tile.height,
            annotations=tile.annotations,
        )
        for tile in read_tiles(path)
    ]


def _tile(line: dict[str, Any], path: Path, prefix: str) -> AnnotatedTile:
    name = next(key for key, value in line.items() if isinstance(value, dict)
                and "annotations" in value)  # fmt: skip
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
