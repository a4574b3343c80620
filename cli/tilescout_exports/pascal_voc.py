"""Pascal VOC: one XML file per page in Annotations/, pictures in JPEGImages/.

Sides are written as labelImg, CVAT and torchvision take them: pixels from 0, the right and the
bottom side exclusive. The development kit of 2007 itself counted from 1.
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
    printable,
    write_page_images,
    write_xml,
)


def write(documents: Sequence[ExportedDocument], path: Path, options: ExportOptions) -> None:
    """Writes the folder."""
    folder = path / "Annotations"
    folder.mkdir(parents=True, exist_ok=True)
    for document in documents:
        for page in document.pages():
            write_xml(_page(page), folder / f"{page.name}.xml")
    write_page_images(documents, path / "JPEGImages", options)


def _page(page: ExportedPage) -> Element:
    root = Element("annotation")
    _text(root, "folder", "JPEGImages")
    _text(root, "filename", page.image_name)
    size = SubElement(root, "size")
    for name, value in (("width", page.width), ("height", page.height), ("depth", 3)):
        _text(size, name, value)
    _text(root, "segmented", 0)
    for row in page.detections:
        _object(root, row)
    return root


def _object(root: Element, row: Row) -> None:
    found = SubElement(root, "object")
    left, top, right, bottom = row["box_px"]
    _text(found, "name", row["label"])
    _text(found, "text", row["text"])
    _text(found, "pose", "Unspecified")
    _text(found, "truncated", int(bool(row["open_sides"])))
    _text(found, "difficult", 0)
    box = SubElement(found, "bndbox")
    sides = {"xmin": left, "ymin": top, "xmax": right, "ymax": bottom}
    for name, value in sides.items():
        _text(box, name, value)


def _text(parent: Element, name: str, value: object) -> None:
    SubElement(parent, name).text = printable(str(value))


FORMAT = ExportFormat(name="voc", suffix="", write=write)
