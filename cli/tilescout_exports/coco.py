"""COCO: annotations.json with images, annotations and categories, and the pages' pictures.

https://cocodataset.org/#format-data. Ids count from 1, boxes are left, top, width, height in px.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tilescout_exports.model import (
    ExportedDocument,
    ExportedPage,
    ExportFormat,
    ExportOptions,
    Row,
    labels_of,
    optional_members,
    write_page_images,
)

ANNOTATIONS = "annotations.json"


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes the folder."""
    path.mkdir(parents=True, exist_ok=True)
    numbers = {label: number for number, label in enumerate(labels_of(documents), 1)}
    pages = [page for document in documents for page in document.pages()]
    annotations = [
        _annotation(image, numbers[row["label"]], row)
        for image, page in enumerate(pages, 1)
        for row in page.detections
    ]
    coco = {
        "info": {"description": "Tilescout"},
        "images": [_image(number, page) for number, page in enumerate(pages, 1)],
        "annotations": [{"id": number} | each for number, each in enumerate(annotations, 1)],
        "categories": [{"id": number, "name": label} for label, number in numbers.items()],
    }
    (path / ANNOTATIONS).write_text(json.dumps(coco) + "\n", encoding="utf-8")
    write_page_images(documents, path / "images", options)


def _image(number: int, page: ExportedPage) -> dict[str, Any]:
    return {
        "id": number,
        "file_name": f"images/{page.image_name}",
        "width": page.width,
        "height": page.height,
        "document": page.document.key,
        "document_page": page.page,
    }


def _annotation(image: int, category: int, row: Row) -> dict[str, Any]:
    left, top, right, bottom = row["box_px"]
    width, height = right - left, bottom - top
    return {
        "image_id": image,
        "category_id": category,
        "bbox": [left, top, width, height],
        "area": width * height,
        "segmentation": [[left, top, right, top, right, bottom, left, bottom]],
        "iscrowd": 0,
        "score": round(row["confidence"] / 100, 4),
        "attributes": {"text": row["text"], "detection": row["id"]} | optional_members(row),
    }


FORMAT = ExportFormat(name="coco", suffix="", write=write)
