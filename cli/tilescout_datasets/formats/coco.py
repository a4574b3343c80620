"""The tiles of a data set as COCO JSON, as they go out and in again.

https://cocodataset.org/#format-data. A tile's image has the extra members ``page``, ``left`` and
``top``. A part that a tile's edge cut off has ``iscrowd`` 1, which evaluation ignores.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from tilescout.geometry import Box
from tilescout_datasets.annotations import AnnotatedTile, Annotation, UnusableAnnotations


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    id: int
    file_name: str
    width: float
    height: float
    page: int | str = 1
    left: int = 0
    top: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Object:
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    iscrowd: int = 0


@dataclass(frozen=True, slots=True)
class _Category:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class _Coco:
    images: list[_Image]
    annotations: list[_Object]
    categories: list[_Category]


_COCO = TypeAdapter(_Coco)


def read_tiles(path: Path) -> list[AnnotatedTile]:
    """Returns annotated tiles; file names are relative to ``path``. Raises UnusableAnnotations."""
    coco = _read(path)
    objects = _objects(coco, path)
    return [
        AnnotatedTile(
            file=path.parent / image.file_name,
            page=image.page if isinstance(image.page, str) else image.file_name,
            left=image.left,
            top=image.top,
            width=int(image.width),
            height=int(image.height),
            annotations=tuple(each for each, is_ignored in objects[image.id] if not is_ignored),
            ignored=tuple(each.box for each, is_ignored in objects[image.id] if is_ignored),
        )
        for image in coco.images
    ]


def write_tiles(path: Path, tiles: list[AnnotatedTile], labels: tuple[str, ...]) -> None:
    """Writes the tiles with file names relative to ``path``."""
    numbers = {label: number for number, label in enumerate(labels, 1)}
    objects: list[dict[str, Any]] = []
    for image, tile in enumerate(tiles, 1):
        shown = [(numbers[each.label], each.box, 0) for each in tile.annotations]
        shown += [(1, box, 1) for box in tile.ignored]
        objects += [_object(image, *each) for each in shown]
    coco = {
        "images": [_image(number, tile, path) for number, tile in enumerate(tiles, 1)],
        "annotations": [{"id": number, **each} for number, each in enumerate(objects, 1)],
        "categories": [{"id": number, "name": label} for label, number in numbers.items()],
    }
    path.write_text(json.dumps(coco) + "\n")


def _image(number: int, tile: AnnotatedTile, path: Path) -> dict[str, Any]:
    return {
        "id": number,
        "file_name": tile.file.relative_to(path.parent).as_posix(),
        "width": tile.width,
        "height": tile.height,
        "page": tile.page,
        "left": tile.left,
        "top": tile.top,
    }


def _object(image: int, category: int, box: Box, is_ignored: int) -> dict[str, Any]:
    sides = [round(side, 2) for side in (box.left, box.top, box.width, box.height)]
    return {
        "image_id": image,
        "category_id": category,
        "bbox": sides,
        "area": round(sides[2] * sides[3], 2),
        "iscrowd": is_ignored,
    }


def _read(path: Path) -> _Coco:
    try:
        return _COCO.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise UnusableAnnotations(
            f"{path} must be COCO JSON with images, annotations and categories "
            f"({_first(error)}); build the data set again"
        ) from error


def _first(error: OSError | ValidationError) -> str:
    if isinstance(error, OSError):
        return error.strerror or "it cannot be read"
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}"


def _objects(coco: _Coco, path: Path) -> dict[int, list[tuple[Annotation, bool]]]:
    """Returns annotations by image, each with whether it is to be ignored."""
    names = {each.id: each.name for each in coco.categories}
    found: dict[int, list[tuple[Annotation, bool]]] = defaultdict(list)
    for each in coco.annotations:
        if each.category_id not in names:
            raise UnusableAnnotations(
                f"every category_id must be one of the categories {sorted(names)}; {path} has "
                f"{each.category_id}; export it again with its categories"
            )
        left, top, width, height = each.bbox
        box = Box(left, top, left + width, top + height)
        found[each.image_id].append((Annotation(names[each.category_id], box), bool(each.iscrowd)))
    return found
