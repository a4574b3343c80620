"""Ground truth in a PDF: boxes that a person drew in a viewer, or the PDF's own text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pymupdf
from pymupdf import mupdf

from tilescout.errors import TilescoutError
from tilescout.geometry import Box
from tilescout.rendering.render import inspect_document, render_page
from tilescout.rendering.requests import RenderRequest
from tilescout_datasets.formats.pdf_labels import label_and_text
from tilescout_evaluate.truth.pages import TrueItem, TruePage, Truth, UnusableTruth

BOXES = (mupdf.PDF_ANNOT_SQUARE, mupdf.PDF_ANNOT_CIRCLE)
LINES = (mupdf.PDF_ANNOT_POLYGON, mupdf.PDF_ANNOT_POLY_LINE)
DPI = 200
MOST_PAGES = 10_000


def drawn_boxes(path: Path) -> Truth:
    """Square, circle and polygon annotations of the pages that have any.

    The label is the subject, where a person gave one, else the contents; the text is the contents.
    What `tilescout detect` drew keeps its label and text. Raises UnusableTruth.
    """
    pages = tuple(page for page in _pages(path) if page.items)
    if not pages:
        raise UnusableTruth(
            f"a PDF of ground truth has square or polygon annotations; {path} has none with a "
            "name; draw boxes in a viewer and write the label as their comment, or give "
            "--text-layer for the text of the PDF itself"
        )
    return Truth(kind="objects", pages=pages)


def _pages(path: Path) -> Iterator[TruePage]:
    try:
        with pymupdf.open(path, filetype="pdf") as document:
            for number, page in enumerate(document, 1):
                items = tuple(_items(mupdf.pdf_page_from_fz_page(page.this)))
                yield TruePage(file=path, page=number, items=items)
    except (RuntimeError, ValueError, mupdf.FzErrorBase) as error:
        raise UnusableTruth(
            f"{path} cannot be opened as a PDF ({error}); export it again"
        ) from error


def _items(page: Any) -> Iterator[TrueItem]:
    """Through MuPDF itself, whose page space is the page as shown."""
    annotation = mupdf.pdf_first_annot(page)
    while annotation.m_internal:
        box = _box(annotation)
        if box is not None and box.area > 0:
            label, text = _named(annotation)
            if label:
                yield TrueItem(box=box, label=label, text=text)
        annotation = mupdf.pdf_next_annot(annotation)


def _box(annotation: Any) -> Box | None:
    kind = mupdf.pdf_annot_type(annotation)
    if kind in BOXES:
        rect = mupdf.pdf_annot_rect(annotation)
        return Box(rect.x0, rect.y0, rect.x1, rect.y1)
    if kind not in LINES or not mupdf.pdf_annot_vertex_count(annotation):
        return None
    count = mupdf.pdf_annot_vertex_count(annotation)
    points = [mupdf.pdf_annot_vertex(annotation, at) for at in range(count)]
    across, down = [point.x for point in points], [point.y for point in points]
    return Box(min(across), min(down), max(across), max(down))


def _named(annotation: Any) -> tuple[str, str]:
    """Label and text."""
    contents = mupdf.pdf_annot_contents(annotation) or ""
    return label_and_text(contents, _member(annotation, "Subj"), _member(annotation, "T"))


def _member(annotation: Any, name: str) -> str:
    found = mupdf.pdf_dict_gets(mupdf.pdf_annot_obj(annotation), name)
    return str(mupdf.pdf_to_text_string(found)).strip() if found.m_internal else ""


def text_layer(path: Path, pages: Iterable[int] = ()) -> Truth:
    """The visible words of the PDF itself, of pages that have any. Raises UnusableTruth."""
    try:
        wanted = sorted(pages) or [
            each.page for each in inspect_document(path, max_pages=MOST_PAGES).pages
        ]
        read = (_read(path, number) for number in wanted)
        pages_of_text = tuple(page for page in read if page.items)
    except TilescoutError as error:
        raise UnusableTruth(f"{path}: {error}") from error
    if not pages_of_text:
        raise UnusableTruth(
            f"--text-layer takes a PDF with visible text of its own; {path} has none on the pages "
            "looked at; it may be a scan, or its text drawn as lines: give rows of text as CSV"
        )
    return Truth(kind="text", pages=pages_of_text)


def _read(path: Path, number: int) -> TruePage:
    request = RenderRequest(
        page=number, dpi=DPI, tile_size=2048, overlap=256, colour="grey", text_layer=True,
        include=(), exclude=(), max_image_bytes=10_000_000, tiles="never",
    )  # fmt: skip
    page = render_page(path, request, lambda tile: None)
    return TruePage(
        file=path,
        page=number,
        width=page.width_px,
        height=page.height_px,
        items=tuple(
            TrueItem(box=word.box, text=word.text, line=word.line, direction=word.direction)
            for word in page.words
        ),
    )
