"""Reads ground truth from a PDF: boxes that a person drew in a viewer, or the PDF's own text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pymupdf
from pymupdf import mupdf

from tilescout.errors import TilescoutError
from tilescout.geometry import Box, bounding_box
from tilescout.rendering.render import inspect_document, render_page
from tilescout.rendering.requests import RenderedPage, RenderRequest
from tilescout_datasets.formats import pdf_annotations
from tilescout_datasets.formats.pdf_labels import ShapeText, Untrusted, named
from tilescout_datasets.formats.records import LeftOut, RecordCounter
from tilescout_evaluate.truth.pages import TrueItem, TruePage, Truth, UnusableTruth

BOXES = (mupdf.PDF_ANNOT_SQUARE, mupdf.PDF_ANNOT_CIRCLE)
KINDS = {
    mupdf.PDF_ANNOT_SQUARE: "Square",
    mupdf.PDF_ANNOT_CIRCLE: "Circle",
    mupdf.PDF_ANNOT_POLYGON: "Polygon",
    mupdf.PDF_ANNOT_POLY_LINE: "PolyLine",
}
DPI = 200
MAX_PAGES = 10_000


def drawn_boxes(path: Path) -> Truth:
    """Reads square, circle and polygon annotations of the pages that have any.

    The label is the subject, if a person gave one, else the contents; the text is the contents.
    Boxes that `tilescout detect` drew keep their label and text. Raises UnusableTruth.
    """
    counter = RecordCounter()
    pages = tuple(page for page in _pages(path, counter) if page.items)
    if not pages:
        raise UnusableTruth(
            f"a PDF of ground truth has square or polygon annotations; {path} has none with a "
            "name; draw boxes in a viewer and write the label as their comment, or give "
            "--text-layer for the text of the PDF itself"
        )
    return Truth(kind="objects", pages=pages, table=counter.table())


def _pages(path: Path, counter: RecordCounter) -> Iterator[TruePage]:
    try:
        with pymupdf.open(path, filetype="pdf") as document:
            untrusted = pdf_annotations.untrusted_of(document)
            for number, page in enumerate(document, 1):
                drawn = mupdf.pdf_page_from_fz_page(page.this)
                place = f"page {number}"
                items = tuple(_items(drawn, place, untrusted, counter))
                yield TruePage(file=path, page=number, items=items)
    except (RuntimeError, ValueError, mupdf.FzErrorBase) as error:
        raise UnusableTruth(
            f"{path} cannot be opened as a PDF ({error}); export it again"
        ) from error


def _items(
    page: Any, place: str, untrusted: Untrusted, counter: RecordCounter
) -> Iterator[TrueItem]:
    """Yields annotations through MuPDF itself, whose page space is the page as shown."""
    annotation = mupdf.pdf_first_annot(page)
    while annotation.m_internal:
        try:
            yield _item(annotation, untrusted)
            counter.keep("box", place)
        except LeftOut as reason:
            counter.leave_out("box", place, reason)
        annotation = mupdf.pdf_next_annot(annotation)


def _item(annotation: Any, untrusted: Untrusted) -> TrueItem:
    """Returns the item of an annotation. Raises LeftOut."""
    kind = KINDS.get(mupdf.pdf_annot_type(annotation))
    if kind is None:
        raise LeftOut("of a kind that is no rectangle, ellipse or polygon")
    shape = ShapeText(kind, mupdf.pdf_annot_contents(annotation) or "",
                      _member(annotation, "Subj"), _member(annotation, "T"))  # fmt: skip
    if shape.is_shx:
        raise LeftOut("AutoCAD's own note on lettering (SHX), no label", shape.contents)
    label, text = named(shape, untrusted)
    if not label:
        raise LeftOut("without a label; write it into the comment")
    box = _box(annotation)
    if not box.area:
        raise LeftOut("a side is zero")
    return TrueItem(box=box, label=label, text=text)


def _box(annotation: Any) -> Box:
    """Returns the box of an annotation. Raises LeftOut."""
    if mupdf.pdf_annot_type(annotation) in BOXES:
        rect = mupdf.pdf_annot_rect(annotation)
        return Box(rect.x0, rect.y0, rect.x1, rect.y1)
    count = mupdf.pdf_annot_vertex_count(annotation)
    if not count:
        raise LeftOut("without a point")
    points = [mupdf.pdf_annot_vertex(annotation, at) for at in range(count)]
    return bounding_box((point.x, point.y) for point in points)


def _member(annotation: Any, name: str) -> str:
    found = mupdf.pdf_dict_gets(mupdf.pdf_annot_obj(annotation), name)
    return str(mupdf.pdf_to_text_string(found)).strip() if found.m_internal else ""


def text_layer(path: Path, pages: Iterable[int] = ()) -> Truth:
    """Reads the visible words of the PDF itself, of pages that have any. Raises UnusableTruth."""
    try:
        wanted = sorted(pages) or [
            page.page for page in inspect_document(path, max_pages=MAX_PAGES).pages
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


def render_text(path: Path, number: int, dpi: int = DPI) -> RenderedPage:
    """Returns the page with its visible words in page pixels at ``dpi``, without tiles.

    Raises what `render_page` raises.
    """
    request = RenderRequest(
        page=number, dpi=dpi, tile_size=2048, overlap=256, colour="grey", text_layer=True,
        include=(), exclude=(), max_image_bytes=10_000_000, tiles="never",
    )  # fmt: skip
    return render_page(path, request, lambda tile: None)


def _read(path: Path, number: int) -> TruePage:
    page = render_text(path, number)
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
