"""Writes finds as annotations for training: COCO over copies of the PDFs, boxes in points.

Sure finds are labelled. Doubtful and withheld ones have ``iscrowd`` 1: they are neither to be found
nor empty, so that a wrong guess of the search teaches nothing.
"""

from __future__ import annotations

import filecmp
import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymupdf

from tilescout_examples.search import PlacedFinding, SearchResult

ANNOTATIONS = "annotations.coco.json"
SURE_SCORE = 0.8
Place = tuple[Path, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCounts:
    """Numbers of boxes and pages; a page is left out where it has no sure find."""

    labelled: int
    ignored: int
    pages: int
    pages_left_out: int


def write_training_labels(result: SearchResult, folder: Path) -> LabelCounts:
    """Writes the annotations, with a copy of each file that has any, and returns their numbers."""
    places = _by_place((*result.finds, *result.withheld))
    kept = {place: finds for place, finds in places.items() if any(map(_is_sure, finds))}
    folder.mkdir(parents=True, exist_ok=True)
    copies = _copied(sorted({file for file, _ in kept}), folder)
    finds = [each for of_page in kept.values() for each in of_page]
    images = [_image(number, place, copies) for number, place in enumerate(kept, 1)]
    coco = {"images": images, **_annotations(list(kept), finds)}
    (folder / ANNOTATIONS).write_text(json.dumps(coco, indent=1) + "\n", encoding="utf-8")
    labelled = sum(map(_is_sure, finds))
    return LabelCounts(
        labelled=labelled,
        ignored=len(finds) - labelled,
        pages=len(kept),
        pages_left_out=len(places) - len(kept),
    )


def _is_sure(placed: PlacedFinding) -> bool:
    return not placed.finding.withheld and placed.finding.score >= SURE_SCORE


def _by_place(placed: Iterable[PlacedFinding]) -> dict[Place, list[PlacedFinding]]:
    places: dict[Place, list[PlacedFinding]] = defaultdict(list)
    for each in placed:
        places[each.file, each.page].append(each)
    return dict(sorted(places.items()))


def _copied(files: Sequence[Path], folder: Path) -> dict[Path, Path]:
    """Returns the copy of each file; one whose name another file has gets a number."""
    copies: dict[Path, Path] = {}
    for file in files:
        target, number = folder / file.name, 1
        while target in copies.values() or _is_another(target, file):
            number += 1
            target = folder / f"{file.stem}-{number}{file.suffix}"
        if not target.exists():
            shutil.copyfile(file, target)
        copies[file] = target
    return copies


def _is_another(target: Path, file: Path) -> bool:
    return target.exists() and not filecmp.cmp(target, file, shallow=False)


def _image(number: int, place: Place, copies: dict[Path, Path]) -> dict[str, Any]:
    file, page = place
    with pymupdf.open(file) as document:
        shown = document[page - 1].rect
    return {
        "id": number,
        "file_name": copies[file].name,
        "page": page,
        "width": shown.width,
        "height": shown.height,
    }


def _annotations(places: list[Place], finds: Sequence[PlacedFinding]) -> dict[str, Any]:
    labels = sorted({each.finding.label for each in finds})
    rows = [_annotation(each, places.index((each.file, each.page)) + 1, labels) for each in finds]
    return {
        "annotations": [{"id": number, **row} for number, row in enumerate(rows, 1)],
        "categories": [{"id": number, "name": label} for number, label in enumerate(labels, 1)],
    }


def _annotation(placed: PlacedFinding, image: int, labels: list[str]) -> dict[str, Any]:
    box = placed.finding.box
    return {
        "image_id": image,
        "category_id": labels.index(placed.finding.label) + 1,
        "bbox": [box.left, box.top, box.width, box.height],
        "area": box.area,
        "iscrowd": 0 if _is_sure(placed) else 1,
        "score": round(placed.finding.score, 4),
    }
