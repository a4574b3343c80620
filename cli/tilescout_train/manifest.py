"""Tiles as a SageMaker Ground Truth manifest for object detection: JSON Lines, one tile a line.

https://docs.aws.amazon.com/rekognition/latest/customlabels-dg/md-create-manifest-file-object-detection.html
Boxes are whole pixels there. What a tile's edge cut off has no place in it and is left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tilescout.geometry import Box
from tilescout_train.annotations import AnnotatedTile, Annotation, UnusableAnnotations

ATTRIBUTE = "symbols"
MOST_BOXES = 50
"""Of one image, a limit of Custom Labels."""
CREATED = "2026-01-01T00:00:00"


def write_tiles(
    path: Path, tiles: list[AnnotatedTile], labels: tuple[str, ...], *, prefix: str = ""
) -> int:
    """Write the tiles of at most `MOST_BOXES` boxes and give how many were left out.

    ``source-ref`` is the file's path relative to the manifest, after ``prefix`` such as
    s3://bucket/folder/.
    """
    fitting = [tile for tile in tiles if len(tile.annotations) <= MOST_BOXES]
    lines = [json.dumps(_line(tile, labels, path, prefix)) for tile in fitting]
    path.write_text("".join(f"{line}\n" for line in lines))
    return len(tiles) - len(fitting)


def _line(tile: AnnotatedTile, labels: tuple[str, ...], path: Path, prefix: str) -> dict[str, Any]:
    present = sorted({labels.index(each.label) for each in tile.annotations})
    return {
        "source-ref": prefix + tile.file.relative_to(path.parent).as_posix(),
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
        },
    }


def _box(each: Annotation, labels: tuple[str, ...]) -> dict[str, int]:
    left, top, right, bottom = each.box.rounded()
    return {
        "class_id": labels.index(each.label),
        "left": left,
        "top": top,
        "width": right - left,
        "height": bottom - top,
    }


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
            Annotation(
                labels[str(box["class_id"])],
                Box(box["left"], box["top"], box["left"] + box["width"],
                    box["top"] + box["height"]),
            )
            for box in line[name]["annotations"]
        ),
    )  # fmt: skip
