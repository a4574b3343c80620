"""Opens a PDF with MuPDF and measures its pages. Runs in the rendering child only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pymupdf

from tilescout.errors import UnreadableDocument
from tilescout.rendering import images, layer_policies, page_boxes, picture_files
from tilescout.rendering.file_kinds import HEAD_BYTES, FileKind, kind_of
from tilescout.rendering.layer_words import is_painted
from tilescout.rendering.lettering_height import lettering_height
from tilescout.rendering.mupdf_page import ShownPage
from tilescout.rendering.page_work import measure_page
from tilescout.rendering.process import RenderLimits, WorkLimits
from tilescout.rendering.requests import (
    DocumentFacts,
    LetteringHeight,
    MeasuredLettering,
    PageFacts,
)
from tilescout.rendering.shx_annotations import shx_annotations

# PDF's own limit is 14,400 units a side; UserUnit multiplies it. 200,000 pt are 70 metres.
MAX_SIDE_PT = 200_000.0
MIN_SIDE_PT = 1.0
# Measuring text means interpreting the page: the first pages tell enough of a set's text sizes.
MAX_MEASURED_PAGES = 25
MAX_LETTERING_PAGES = 10
"""Measuring lettering means drawing the page."""
SMALL_TEXT_SHARE = 0.01
PLACEHOLDERS = ("please wait...", "if this message is not eventually replaced")


def open_document(path: str) -> Any:
    """Returns the open PDF or picture; raises UnreadableDocument where MuPDF cannot open it."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    if _is_picture(path):
        return picture_files.open_picture(path, str(_kind(path)))
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
    with _readable("the layers of a PDF must be readable; these are not"):
        layer_policies.apply_policies(document)
    return document


def _is_picture(path: str) -> bool:
    return _kind(path) not in (None, "pdf")


def _kind(path: str) -> FileKind | None:
    with Path(path).open("rb") as file:
        return kind_of(file.read(HEAD_BYTES))


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
    path: str,
    max_pages: int,
    pages: tuple[int, int] | None,
    work: WorkLimits,
    picture_dpi: int,
    lettering: MeasuredLettering = "none",
) -> DocumentFacts:
    """Returns the facts of the pages ``pages`` (first, last; all where None).

    ``lettering`` is measured on the first ``MAX_LETTERING_PAGES`` of them; pictures are not decoded
    for it.

    Raises UnreadableDocument, and RenderLimitExceeded where a page asks for more than ``work``.
    """
    if _is_picture(path):
        return _picture_facts(path, max_pages, pages, picture_dpi)
    document = open_document(path)
    count = _page_count(document, max_pages)
    first, last = pages or (1, count)
    numbers = range(max(1, first), min(last, count) + 1)
    mended = [number for number in numbers if _mended(document, number)]
    facts = [
        _page_facts(document, number, work if position < MAX_MEASURED_PAGES else None)
        for position, number in enumerate(numbers)
    ]
    if lettering != "none":
        for at, page in enumerate(facts[:MAX_LETTERING_PAGES]):
            facts[at] = _with_lettering(document, page, lettering)
    media_boxes = {number: _media_box(document, number) for number in numbers}
    warnings = (*_warnings(document), *page_boxes.warnings(media_boxes, mended))
    return DocumentFacts(pages=tuple(facts), page_count=count, warnings=warnings)


def _picture_facts(
    path: str, max_pages: int, pages: tuple[int, int] | None, picture_dpi: int
) -> DocumentFacts:
    """Returns the facts of a picture by its header alone: nothing is decoded."""
    count = picture_files.frame_count(path)
    _check_page_count(count, max_pages)
    first, last = pages or (1, count)
    numbers = range(max(1, first), min(last, count) + 1)
    frames = {number: picture_files.frame(path, number) for number in numbers}
    return DocumentFacts(
        pages=tuple(
            PageFacts(
                page=number,
                width_pt=round(frame.size_pt(picture_dpi)[0], 3),
                height_pt=round(frame.size_pt(picture_dpi)[1], 3),
                rotation=0,
                smallest_text_pt=None,
                refusal=frame.refusal(number, images.limit_mb(RenderLimits().memory_mb)),
                lettering=LetteringHeight(),
            )
            for number, frame in frames.items()
        ),
        page_count=count,
        warnings=tuple(picture_files.warnings(frames, picture_dpi)),
    )


def _media_box(document: Any, number: int) -> tuple[str, str]:
    """Returns kind and text of the page's own entry; "null" where it inherits one."""
    with _readable(f"every page must be readable; page {number} is not"):
        entry: tuple[str, str] = document.xref_get_key(document.page_xref(number - 1), "MediaBox")
        return entry


def _mended(document: Any, number: int) -> bool:
    with _readable(f"every page must be readable; page {number} is not"):
        return page_boxes.mend_crop_box(document, number)


def _page_count(document: Any, max_pages: int) -> int:
    with _readable("a PDF must tell its number of pages; this one's is wrong"):
        count = int(document.page_count)
    _check_page_count(count, max_pages)
    return count


def _check_page_count(count: int, max_pages: int) -> None:
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


def load_page(document: Any, number: int) -> Any:
    """Returns page ``number`` (from 1); raises UnreadableDocument where its entry is broken."""
    with _readable(f"every page must be readable; page {number} is not"):
        if document.is_pdf:
            page_boxes.mend_crop_box(document, number)
        return document.load_page(number - 1)


def picture_refusal(path: str, number: int, limit_mb: int) -> str:
    """Why the renderer will not draw a page of a picture; empty where it will, and for a PDF."""
    if not _is_picture(path) or not 1 <= number <= picture_files.frame_count(path):
        return ""
    return picture_files.frame(path, number).refusal(number, limit_mb)


def size_in_points(path: str, document: Any, number: int, dpi: int) -> tuple[float, float] | None:
    """The size of a page as shown where it is a picture, rendered at ``dpi``; else MuPDF tells."""
    return None if document.is_pdf else picture_files.frame(path, number).size_pt(dpi)


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
    sizes, text_lines = _visible_text(ShownPage(page, 72)) if work else ([], 0)
    return PageFacts(
        page=number,
        width_pt=round(width, 3),
        height_pt=round(height, 3),
        rotation=int(page.rotation),
        smallest_text_pt=_smallest_text(sizes),
        text_lines=text_lines,
        refusal=_refusal(document, page, number),
    )


def _with_lettering(document: Any, facts: PageFacts, wanted: MeasuredLettering) -> PageFacts:
    if facts.refusal:
        return facts
    page = load_page(document, facts.page)
    height = lettering_height(ShownPage(page, 72), shx_annotations(page), wanted)
    return replace(facts, lettering=height)


def _refusal(document: Any, page: Any, number: int) -> str:
    """Why the renderer will not draw the page; only pages with a large image are interpreted."""
    limit_mb = images.limit_mb(RenderLimits().memory_mb)
    with _readable(f"every page must be readable; page {number} is not"):
        listed = document.get_page_images(number - 1)
    if not images.may_be_refused(listed, limit_mb):
        return ""
    return images.refusal(ShownPage(page, 72).images, number, limit_mb)


def _visible_text(page: ShownPage) -> tuple[list[float], int]:
    """Returns the size in points of every visible letter, and the number of lines with any."""
    by_line = [
        [
            span["size"]
            for span in line["spans"]
            if is_painted(span)
            for glyph in span["chars"]
            if glyph["c"].isalnum()
        ]
        for line in page.lines()
    ]
    return [size for sizes in by_line for size in sizes], sum(map(bool, by_line))


def _smallest_text(sizes: Sequence[float]) -> float | None:
    """Returns the size in points that 1 % of the letters do not exceed: a speck decides nothing."""
    ordered = sorted(sizes)
    return round(ordered[int(len(ordered) * SMALL_TEXT_SHARE)], 2) if ordered else None


def _warnings(document: Any) -> list[str]:
    """Returns warnings for what is not on the pages of a PDF; a picture has nothing like it."""
    if not document.is_pdf:
        return []
    warnings = []
    if document.is_repaired:
        warnings.append("the file is damaged and was repaired; parts of it may be missing")
    files = document.embfile_count()
    if files and _catalog(document, "Collection") != "null":
        warnings.append(
            "the PDF is a portfolio: of it only the cover is read, and none of its files "
            f"({files}); upload the files themselves"
        )
    elif files:
        warnings.append(f"files are embedded in the PDF ({files}); they are not read")
    if _catalog(document, "AcroForm/XFA") != "null" and (
        _catalog(document, "NeedsRendering") == "true" or _is_placeholder(document)
    ):
        warnings.append(
            "the PDF is a dynamic XFA form: what is read is the page that stands in for it; open "
            "it in Acrobat and print it to a PDF"
        )
    return warnings


def _catalog(document: Any, name: str) -> str:
    """An entry of the catalog; "null" where there is none."""
    with _readable("a PDF must have a catalog"):
        return str(document.xref_get_key(document.pdf_catalog(), name)[1])


def _is_placeholder(document: Any) -> bool:
    """Tells if the one page says what Adobe's programs write for viewers that show no XFA."""
    if document.page_count != 1:
        return False
    said = " ".join(load_page(document, 1).get_text().split()).lower()
    return any(words in said for words in PLACEHOLDERS)
