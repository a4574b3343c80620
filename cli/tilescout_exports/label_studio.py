"""Label Studio: tasks.json to import, labeling.xml for the project, and the pages' pictures.

https://labelstud.io/guide/tasks and the references of RectangleLabels and TextArea. Boxes are in
percent of the picture. Pictures are read from local storage (/data/local-files/?d=images/...).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from tilescout_exports.model import (
    ExportedDocument,
    ExportedPage,
    ExportFormat,
    ExportOptions,
    Row,
    labels_of,
    printable,
    write_page_images,
    write_xml,
)


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes the folder."""
    path.mkdir(parents=True, exist_ok=True)
    tasks = [_task(page) for document in documents for page in document.pages()]
    (path / "tasks.json").write_text(json.dumps(tasks) + "\n", encoding="utf-8")
    write_xml(_interface(labels_of(documents)), path / "labeling.xml", declaration=False)
    write_page_images(documents, path / "images", options)


def _task(page: ExportedPage) -> dict[str, Any]:
    results = [
        result
        for number, row in enumerate(page.detections)
        for result in _results(f"d{number}", row, page)
    ]
    data = {
        "image": f"/data/local-files/?d=images/{page.image_name}",
        "document": page.document.key,
        "document_page": page.page,
    }
    return {"data": data, "annotations": [{"result": results, "was_cancelled": False}]}


def _results(region: str, row: Row, page: ExportedPage) -> Iterator[dict[str, Any]]:
    left, top, right, bottom = row["box_px"]
    place = {
        "x": 100 * left / page.width,
        "y": 100 * top / page.height,
        "width": 100 * (right - left) / page.width,
        "height": 100 * (bottom - top) / page.height,
        "rotation": 0,
    }
    shared = {
        "id": region, "to_name": "image", "original_width": page.width,
        "original_height": page.height, "image_rotation": 0,
    }  # fmt: skip
    labelled = {"value": place | {"rectanglelabels": [row["label"]]}}
    yield shared | labelled | {"from_name": "label", "type": "rectanglelabels"}
    if row["text"]:
        told = {"value": place | {"text": [row["text"]]}}
        yield shared | told | {"from_name": "text", "type": "textarea"}


def _interface(labels: Sequence[str]) -> Element:
    view = Element("View")
    SubElement(view, "Image", name="image", value="$image", zoom="true")
    rectangles = SubElement(view, "RectangleLabels", name="label", toName="image")
    for label in labels:
        SubElement(rectangles, "Label", value=printable(label))
    SubElement(view, "TextArea", name="text", toName="image", perRegion="true", editable="true")
    return view


FORMAT = ExportFormat(name="label-studio", suffix="", write=write)
