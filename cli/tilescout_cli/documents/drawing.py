"""Detections drawn on their PDF: as annotations that any viewer lists, and as one picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pymupdf
from PIL import Image, ImageDraw
from pymupdf import mupdf

from tilescout.errors import UnreadableDocument
from tilescout.rendering.file_kinds import HEAD_BYTES, kind_of
from tilescout.rendering.mupdf.document import open_picture
from tilescout_cli.console.failures import CommandFailed
from tilescout_exports.pdf import Colour, annotate, colours

PREVIEW_LONG_SIDE = 2000
PREVIEW_LINE_PX = 2
Detections = list[Mapping[str, Any]]


class DrawingFailed(CommandFailed):
    """The PDF cannot be drawn on; the detections themselves are not touched."""


def draw(
    pdf: Path,
    detections: Iterable[Mapping[str, Any]],
    *,
    annotated: Path,
    preview: Path,
    sizes_pt: Mapping[int, tuple[float, float]] = MappingProxyType({}),
) -> None:
    """Writes ``annotated``, a PDF, and ``preview``, a PNG of the page with most detections.

    A picture becomes a PDF whose pages have the sizes ``sizes_pt``. Raises DrawingFailed where
    MuPDF cannot write the file.
    """
    found = sorted(detections, key=lambda each: (each["page"], each["id"]))
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        with _opened(pdf, sizes_pt) as document:
            number = fullest_page(found)
            _preview(document[number - 1], _of_page(found, number), colours(found)).save(preview)
            annotate(document, found)
            document.save(annotated, encryption=pymupdf.PDF_ENCRYPT_NONE)
    except (RuntimeError, ValueError, OSError, UnreadableDocument, mupdf.FzErrorBase) as error:
        raise DrawingFailed(
            f"{pdf.name} cannot be drawn on ({error}); its detections are complete"
        ) from error


def _opened(path: Path, sizes_pt: Mapping[int, tuple[float, float]]) -> Any:
    with path.open("rb") as file:
        kind = kind_of(file.read(HEAD_BYTES))
    if kind in (None, "pdf"):
        return pymupdf.open(path, filetype="pdf")
    with open_picture(str(path), str(kind)) as picture:
        pages = pymupdf.open(stream=picture.convert_to_pdf(), filetype="pdf")
    document = pymupdf.open()
    for number, page in enumerate(pages, 1):
        width, height = sizes_pt.get(number, (page.rect.width, page.rect.height))
        shown = document.new_page(width=width, height=height)
        shown.show_pdf_page(shown.rect, pages, number - 1, keep_proportion=False)
    return document


def fullest_page(detections: Detections) -> int:
    """Returns the page with most detections, the first of equals; 1 where there is none."""
    counts = Counter(each["page"] for each in detections)
    return min(counts, key=lambda page: (-counts[page], page), default=1)


def _of_page(detections: Detections, number: int) -> Detections:
    return [each for each in detections if each["page"] == number]


def _preview(page: Any, detections: Detections, colour_of: Mapping[str, Colour]) -> Image.Image:
    scale = PREVIEW_LONG_SIDE / max(page.rect.width, page.rect.height)
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False)
    picture = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
    pen = ImageDraw.Draw(picture)
    for detection in detections:
        left, top, right, bottom = (side * scale for side in detection["box_pt"])
        red, green, blue = (round(255 * part) for part in colour_of[detection["label"]])
        box = (left - 2, top - 2, right + 2, bottom + 2)
        pen.rectangle(box, outline=(red, green, blue), width=PREVIEW_LINE_PX)
    return picture
