"""The input of every export format: documents with detections, and pictures of their pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, indent

from PIL import Image

from tilescout_drawings.pyramid import PagePyramid

Row = Mapping[str, Any]


class ExportFailed(Exception):
    """An export that cannot be written; the message tells rule, value and remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedPage:
    """A page with its detections; sizes in pixels at ``dpi``. ``name`` is unique in the export."""

    document: ExportedDocument
    page: int
    width: int
    height: int
    dpi: int
    name: str
    detections: tuple[Row, ...]

    @property
    def image_name(self) -> str:
        """The file name of its picture."""
        return f"{self.name}.png"

    @property
    def pyramid(self) -> PagePyramid:
        """The levels at which it can be drawn."""
        return PagePyramid(width=self.width, height=self.height, dpi=self.dpi)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedDocument:
    """One document. ``head`` and ``detections`` are those of detections.json, after the review.

    ``drawing`` is the PDF, None where it is not at hand. ``name`` is unique in the export and safe
    as a file name.
    """

    name: str
    head: Row
    detections: tuple[Row, ...]
    drawing: Path | None = None

    @property
    def key(self) -> str:
        """The object's key, or the file's name."""
        return str(self.head["source"]["key"])

    def pages(self) -> Iterator[ExportedPage]:
        """Yields all pages, those without a detection too."""
        for page in self.head["pages"]:
            yield ExportedPage(
                document=self,
                page=page["page"],
                width=page["width_px"],
                height=page["height_px"],
                dpi=page["dpi"],
                name=f"{self.name}-p{page['page']}",
                detections=tuple(d for d in self.detections if d["page"] == page["page"]),
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """``page_image`` draws a page at the resolution of its boxes, None for no pictures.

    ``link`` gives an address that shows a detection, or an empty text.
    """

    page_image: Callable[[ExportedPage], Image.Image] | None = None
    link: Callable[[ExportedDocument, Row], str] = lambda document, row: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFormat:
    """One format. ``suffix`` is the file's, empty where a folder is written.

    ``write`` gets the documents, the path of the file or folder, and the options.
    """

    name: str
    suffix: str
    write: Callable[[Sequence[ExportedDocument], Path, ExportOptions], None]
    needs_drawing: bool = False

    @property
    def is_folder(self) -> bool:
        """Tells whether it writes several files."""
        return not self.suffix


def safe_names(texts: Sequence[str]) -> list[str]:
    """Returns a file name for each text: ASCII letters, digits, ".", "-" and "_", no two alike."""
    taken: set[str] = set()
    names = []
    for text in texts:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._-")[:80] or "document"
        name, number = stem, 2
        while name.lower() in taken:
            name, number = f"{stem}-{number}", number + 1
        taken.add(name.lower())
        names.append(name)
    return names


def labels_of(documents: Sequence[ExportedDocument]) -> list[str]:
    """Returns each label once, sorted: the order of classes in every format."""
    return sorted({row["label"] for document in documents for row in document.detections})


def optional_members(row: Row) -> dict[str, Any]:
    """Returns angle, size in millimetres, drawing number and revision, as far as a row has them."""
    told = ("angle", "size_mm", "drawing_number", "revision")
    return {name: row[name] for name in told if name in row}


def size_mm(row: Row) -> tuple[float | None, float | None]:
    """Returns width and height in millimetres, None both where the scale is unknown."""
    width, height = row.get("size_mm", (None, None))
    return width, height


def write_xml(root: Element, path: Path, *, declaration: bool = True) -> None:
    """Writes an indented XML file in UTF-8."""
    tree = ElementTree(root)
    indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=declaration)


def write_page_images(
    documents: Sequence[ExportedDocument], folder: Path, options: ExportOptions
) -> None:
    """Writes the picture of each page whose drawing is at hand into ``folder``."""
    if options.page_image is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for document in documents:
        if document.drawing is not None:
            for page in document.pages():
                options.page_image(page).save(folder / page.image_name, compress_level=3)


def printable(text: str) -> str:
    """Returns ``text`` without characters that XML 1.0 forbids; each becomes U+FFFD."""
    return _NOT_XML.sub("�", text)


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
