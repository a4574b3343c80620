"""Detections drawn on their PDF: as annotations that any viewer lists, and as one picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import cycle, groupby
from pathlib import Path
from typing import Any

import pymupdf
from PIL import Image, ImageDraw
from pymupdf import mupdf

from tilescout.geometry import Box
from tilescout_cli.console.failures import CommandFailed

PREVIEW_LONG_SIDE = 2000
BORDER_PT = 0.8
PREVIEW_LINE_PX = 2
MARGIN_PT = 0.6
"""A box is drawn so far outside of what was found, so that it hides nothing."""

PALETTE: tuple[tuple[float, float, float], ...] = (
    (0.85, 0.0, 0.7),
    (0.0, 0.6, 0.2),
    (1.0, 0.45, 0.0),
    (0.1, 0.4, 1.0),
    (0.9, 0.1, 0.1),
    (0.0, 0.6, 0.65),
    (0.5, 0.2, 0.9),
    (0.55, 0.35, 0.1),
)
"""Red, green and blue from 0 to 1; seen well on black and white drawings."""

Detections = list[Mapping[str, Any]]
Colour = tuple[float, float, float]


class NotDrawn(CommandFailed):
    """The PDF cannot be drawn on; the detections themselves are not touched."""


def draw(
    pdf: Path, detections: Iterable[Mapping[str, Any]], *, annotated: Path, preview: Path
) -> None:
    """Write ``annotated``, a PDF, and ``preview``, a PNG of the page with most detections.

    Raises NotDrawn where MuPDF cannot write the file.
    """
    found = sorted(detections, key=lambda each: (each["page"], each["id"]))
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        with pymupdf.open(pdf, filetype="pdf") as document:
            number = fullest_page(found)
            _preview(document[number - 1], _of_page(found, number), colours(found)).save(preview)
            annotate(document, found)
            document.save(annotated, encryption=pymupdf.PDF_ENCRYPT_NONE)
    except (RuntimeError, ValueError, OSError, mupdf.FzErrorBase) as error:
        raise NotDrawn(
            f"{pdf.name} cannot be drawn on ({error}); its detections are complete"
        ) from error


def fullest_page(detections: Detections) -> int:
    """The page with most detections, the first of equals; 1 where there is none."""
    counts = Counter(each["page"] for each in detections)
    return min(counts, key=lambda page: (-counts[page], page), default=1)


def _of_page(detections: Detections, number: int) -> Detections:
    return [each for each in detections if each["page"] == number]


def annotate(document: Any, detections: Detections) -> None:
    """Add one square annotation a detection; ``detections`` in page order."""
    colour_of = colours(detections)
    for number, of_page in groupby(detections, key=lambda each: int(each["page"])):
        page = mupdf.pdf_page_from_fz_page(document[number - 1].this)
        for detection in of_page:
            _add_square(page, detection, colour_of[detection["label"]])
        # Once a page: MuPDF walks over all its annotations each time.
        mupdf.pdf_update_page(page)


def _add_square(page: Any, detection: Mapping[str, Any], colour: Colour) -> None:
    """In MuPDF's own terms, whose page space is the page as shown.

    PyMuPDF's add_rect_annot looks through all annotations for each new one: 4,000 take minutes.
    """
    left, top, right, bottom = detection["box_pt"]
    box = Box(left, top, right, bottom).grow(MARGIN_PT, MARGIN_PT)
    square = mupdf.pdf_create_annot(page, mupdf.PDF_ANNOT_SQUARE)
    mupdf.pdf_set_annot_rect(square, mupdf.FzRect(box.left, box.top, box.right, box.bottom))
    mupdf.pdf_set_annot_color(square, colour)
    mupdf.pdf_set_annot_border_width(square, BORDER_PT)
    mupdf.pdf_set_annot_author(square, detection["label"])
    mupdf.pdf_set_annot_contents(square, note(detection))


def note(detection: Mapping[str, Any]) -> str:
    """What a viewer shows for the annotation."""
    text = f" {detection['text']}" if detection["text"] else ""
    return f"{detection['label']}{text} ({detection['confidence']:g} %)"


def colours(detections: Detections) -> dict[str, Colour]:
    """A colour for each label, the same for the same labels; they repeat after eight."""
    labels = sorted({each["label"] for each in detections})
    return dict(zip(labels, cycle(PALETTE), strict=False))


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
