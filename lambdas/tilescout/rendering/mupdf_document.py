"""Opens a PDF with MuPDF and measures its pages. Runs in the rendering child only."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymupdf

from tilescout.errors import UnreadableDocument
from tilescout.rendering.mupdf_page import ShownPage, is_painted
from tilescout.rendering.page_work import measure_page
from tilescout.rendering.process import WorkLimits
from tilescout.rendering.requests import DocumentFacts, PageFacts

# PDF's own limit is 14,400 units a side; UserUnit multiplies it. 200,000 pt are 70 metres.
MAX_SIDE_PT = 200_000.0
MIN_SIDE_PT = 1.0
# Measuring text means interpreting the page: the first pages tell enough of a set's text sizes.
MAX_MEASURED_PAGES = 25
SMALL_TEXT_SHARE = 0.01


def open_document(path: str) -> Any:
    """Returns the open document; raises UnreadableDocument where MuPDF cannot open it as a PDF."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(path, filetype="pdf")
    except pymupdf.mupdf.FzErrorSystem:  # out of memory: no fault of the file's
        raise
    except (pymupdf.FileDataError, pymupdf.mupdf.FzErrorBase) as error:
        raise UnreadableDocument(
            f"a PDF must be whole; this one cannot be opened ({error_text(error)}), it is "
            "truncated or damaged; export it again and upload it"
        ) from error
    if document.needs_pass:
        raise UnreadableDocument(
            "a PDF must open without a password; this one needs a password to open; "
            "remove the password and upload it again"
        )
    pymupdf.TOOLS.reset_mupdf_warnings()
    return document


def first_render_error() -> str:
    """Returns the first error that MuPDF reported and went on from; empty without one.

    Its warnings lose nothing: a wrong stream length, a substituted font.
    """
    reported = pymupdf.TOOLS.mupdf_warnings(reset=0).splitlines()
    return next((line[:200] for line in reported if re.search(r"\berror\b", line)), "")


def error_text(error: BaseException) -> str:
    """Returns MuPDF's reason on one line, without the file's name."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0].split(" '")[0][:200]


def inspect(
    path: str, max_pages: int, pages: tuple[int, int] | None, work: WorkLimits
) -> DocumentFacts:
    """Returns the facts of the pages ``pages`` (first, last; all where None).

    Raises UnreadableDocument, and RenderLimitExceeded where a page asks for more than ``work``.
    """
    document = open_document(path)
    count = _page_count(document, max_pages)
    first, last = pages or (1, count)
    numbers = range(max(1, first), min(last, count) + 1)
    return DocumentFacts(
        pages=tuple(
            _page_facts(document, number, work if position < MAX_MEASURED_PAGES else None)
            for position, number in enumerate(numbers)
        ),
        page_count=count,
        warnings=(*_warnings(document), *_unusable_boxes(document, numbers)),
    )


def _page_count(document: Any, max_pages: int) -> int:
    with _readable("a PDF must tell its number of pages; this one's is wrong"):
        count = int(document.page_count)
    if count == 0:
        raise UnreadableDocument(
            "a PDF must have at least 1 page; this one has 0 pages, it may be truncated; "
            "export it again and upload it"
        )
    if count > max_pages:
        raise UnreadableDocument(
            f"a document may have {max_pages} pages; this one has {count}; split it, or raise "
            "max_pages of the profile"
        )
    return count


def load_page(document: Any, number: int) -> Any:
    """Returns page ``number`` (from 1); raises UnreadableDocument where its entry is broken."""
    with _readable(f"every page must be readable; page {number} is not"):
        return document.load_page(number - 1)


@contextmanager
def _readable(rule: str) -> Iterator[None]:
    """Raises UnreadableDocument with the rule and what MuPDF says."""
    try:
        yield
    except pymupdf.mupdf.FzErrorSystem:  # out of memory: no fault of the file's
        raise
    except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
        raise UnreadableDocument(
            f"{rule} ({error_text(error)}); export the PDF again and upload it"
        ) from error


def _page_facts(document: Any, number: int, work: WorkLimits | None) -> PageFacts:
    """The page's facts; its text is measured only where ``work`` limits that."""
    page = load_page(document, number)
    width, height = page.rect.width, page.rect.height
    # The comparison is false for NaN too.
    if not all(MIN_SIDE_PT <= side <= MAX_SIDE_PT for side in (width, height)):
        raise UnreadableDocument(
            f"a page side must be {MIN_SIDE_PT:g} to {MAX_SIDE_PT:g} pt; page {number} "
            f"is {width:g} x {height:g} pt; correct its MediaBox, CropBox or UserUnit"
        )
    if work:
        measure_page(page, number, work)
    return PageFacts(
        page=number,
        width_pt=round(width, 3),
        height_pt=round(height, 3),
        rotation=int(page.rotation),
        smallest_text_pt=_smallest_text(ShownPage(page, 72)) if work else None,
    )


def _smallest_text(page: ShownPage) -> float | None:
    """Returns the size in points that 1 % of the letters do not exceed: a speck decides nothing."""
    sizes = sorted(
        span["size"]
        for line in page.lines()
        for span in line["spans"]
        if is_painted(span)
        for glyph in span["chars"]
        if glyph["c"].isalnum()
    )
    return round(sizes[int(len(sizes) * SMALL_TEXT_SHARE)], 2) if sizes else None


def _warnings(document: Any) -> list[str]:
    warnings = []
    if document.is_repaired:
        warnings.append("the file is damaged and was repaired; parts of it may be missing")
    if files := document.embfile_count():
        warnings.append(f"{files} files are embedded in the PDF; they are not read")
    return warnings


def _unusable_boxes(document: Any, numbers: range, limit: int = 5) -> list[str]:
    """Returns warnings for pages without a usable MediaBox, which MuPDF takes as US Letter."""
    boxes = ((number, _media_box(document, number)) for number in numbers)
    unusable = [
        f"page {number} has no usable MediaBox ({box[:60]}); it is taken as 612 x 792 pt"
        for number, (kind, box) in boxes
        if kind == "array" and not _is_usable(box)
    ]
    more = [f"{len(unusable) - limit} more pages have no usable MediaBox"]
    return unusable[:limit] + (more if len(unusable) > limit else [])


def _media_box(document: Any, number: int) -> tuple[str, str]:
    """Returns kind and text of the page's own entry; "null" where it inherits one."""
    with _readable(f"every page must be readable; page {number} is not"):
        entry: tuple[str, str] = document.xref_get_key(document.page_xref(number - 1), "MediaBox")
        return entry


def _is_usable(box: str) -> bool:
    """Tells if a MediaBox has an area; a reference is for MuPDF to follow."""
    if "R" in box:
        return True
    try:
        left, top, right, bottom = (float(side) for side in box.strip("[] ").split())
    except ValueError:
        return False
    return math.isfinite(left + top + right + bottom) and left != right and top != bottom
