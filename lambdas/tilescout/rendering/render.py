"""Inspects PDFs and renders their pages, all in a child process.

Everything is said of the page as a viewer shows it: rotation, CropBox and UserUnit applied,
origin top-left. Callers use this module and ``requests``; the rest runs in the child.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tilescout.detections import Word
from tilescout.errors import UnreadableDocument
from tilescout.geometry import Box
from tilescout.rendering.process import RenderLimits, child_frames
from tilescout.rendering.requests import (
    DocumentFacts,
    PageFacts,
    RenderedPage,
    RenderedTile,
    RenderRequest,
)
from tilescout.tiling.grid import Tile

PDF_MARK = b"%PDF-"
PDF_MARK_WITHIN = 1024


def inspect_document(
    path: Path,
    *,
    max_pages: int,
    pages: tuple[int, int] | None = None,
    limits: RenderLimits = RenderLimits(),  # noqa: B008 (frozen)
) -> DocumentFacts:
    """Opens the PDF and measures its pages; ``pages`` (first, last) restricts the report.

    Raises UnreadableDocument for a file that is not a PDF, is damaged beyond repair, needs a
    password, has no page, more than ``max_pages`` or an absurd page size; RenderLimitExceeded
    where reading it crashes or exceeds ``limits``. A PDF with only an owner's password is read.
    """
    require_pdf_mark(path)
    arguments = {"path": str(path), "max_pages": max_pages, "pages": pages}
    with child_frames("inspect", arguments, subject="the document", limits=limits) as frames:
        facts = next(frames).value
    return DocumentFacts(
        pages=tuple(PageFacts(**page) for page in facts["pages"]),
        page_count=facts["page_count"],
        warnings=tuple(facts["warnings"]),
    )


def require_pdf_mark(path: Path) -> None:
    """Raises UnreadableDocument where the file does not begin as a PDF does."""
    # MuPDF opens HTML, text and pictures as documents: the mark is checked before it sees them.
    with path.open("rb") as file:
        start = file.read(PDF_MARK_WITHIN)
    if not start:
        raise UnreadableDocument("the file must be a PDF; it is empty; upload it again")
    if PDF_MARK not in start:
        raise UnreadableDocument(
            f"a PDF has %PDF- in its first {PDF_MARK_WITHIN} bytes; this file begins with "
            f"{start[:8]!r}; upload a PDF"
        )


def render_page(
    path: Path,
    request: RenderRequest,
    on_tile: Callable[[RenderedTile], None],
    limits: RenderLimits = RenderLimits(),  # noqa: B008 (frozen)
) -> RenderedPage:
    """Renders one page and calls ``on_tile`` with each tile as it is made, in order of index.

    Raises UnsupportedPage, UnreadableDocument and RenderLimitExceeded. An exception of
    ``on_tile`` ends the child and is raised.
    """
    require_pdf_mark(path)
    arguments = {"path": str(path), "request": asdict(request)}
    subject = f"page {request.page}"
    with child_frames("render", arguments, subject=subject, limits=limits) as frames:
        for frame in frames:
            if frame.kind == "result":
                return _rendered_page(frame.value)
            value = frame.value
            tile = Tile(value["index"], Box(*value["box"]), value["scale"])
            on_tile(RenderedTile(tile=tile, image=frame.payload))
    raise AssertionError("the frames end with a result or raise")


def _rendered_page(value: dict[str, Any]) -> RenderedPage:
    words = tuple(Word(**{**word, "box": Box(**word["box"])}) for word in value["words"])
    return RenderedPage(**{**value, "words": words, "warnings": tuple(value["warnings"])})
