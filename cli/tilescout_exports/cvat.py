"""CVAT for images 1.1: annotations.xml and the pages' pictures.

https://docs.cvat.ai/docs/manual/advanced/xml_format/. Texts, and angles where
a model tells them, are attributes of each box, which itself is upright.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
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
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    labels = SubElement(SubElement(SubElement(root, "meta"), "task"), "labels")
    for label in labels_of(documents):
        _label(labels, label)
    pages = (page for document in documents for page in document.pages())
    for number, page in enumerate(pages):
        _page(root, number, page)
    write_xml(root, path / "annotations.xml")
    write_page_images(documents, path / "images", options)


def _label(labels: Element, name: str) -> None:
    label = SubElement(labels, "label")
    SubElement(label, "name").text = printable(name)
    attributes = SubElement(label, "attributes")
    for attribute in ("text", "angle"):
        declared = SubElement(attributes, "attribute")
        for tag, value in (("name", attribute), ("mutable", "False"), ("input_type", "text")):
            SubElement(declared, tag).text = value


def _page(root: Element, number: int, page: ExportedPage) -> None:
    image = SubElement(
        root, "image", id=str(number), name=page.image_name,
        width=str(page.width), height=str(page.height),
    )  # fmt: skip
    for row in page.detections:
        _box(image, row)


def _box(image: Element, row: Row) -> None:
    attributes = {
        "label": printable(row["label"]),
        "source": "auto",
        "occluded": "0",
        "z_order": "0",
    }
    names = ("xtl", "ytl", "xbr", "ybr")
    sides = {name: f"{side:.2f}" for name, side in zip(names, row["box_px"], strict=True)}
    box = SubElement(image, "box", attributes | sides)
    SubElement(box, "attribute", name="text").text = printable(row["text"])
    if "angle" in row:
        SubElement(box, "attribute", name="angle").text = str(row["angle"])


FORMAT = ExportFormat(name="cvat", suffix="", write=write)
