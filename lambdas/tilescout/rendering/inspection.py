"""Inspects a document: its pages, their sizes, text and lettering. Runs in the child only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tilescout.errors import UnreadableDocument
from tilescout.geometry import POINTS_PER_INCH
from tilescout.rendering import images, picture_files
from tilescout.rendering.layer_words import is_painted
from tilescout.rendering.lettering_height import lettering_height
from tilescout.rendering.port import DocumentFile, OpenDocument, ShownPage, SourcePage
from tilescout.rendering.process import RenderLimits, WorkLimits
from tilescout.rendering.requests import (
    DocumentFacts,
    LetteringHeight,
    MeasuredLettering,
    PageFacts,
    PageMeasure,
)

# PDF's own limit is 14,400 units a side; UserUnit multiplies it. 200,000 pt are 70 metres.
MAX_SIDE_PT = 200_000.0
MIN_SIDE_PT = 1.0
# Measuring text means interpreting the page: the first pages tell enough of a set's text sizes.
MAX_MEASURED_PAGES = 25
MAX_MEASURED_DRAWINGS = 10
"""Measuring lettering means drawing the page, and strokes are all that it draws."""
SMALL_TEXT_SHARE = 0.01


def inspect(
    file: DocumentFile,
    max_pages: int,
    pages: tuple[int, int] | None,
    work: WorkLimits,
    picture_dpi: int,
    measure: PageMeasure = "none",
) -> DocumentFacts:
    """Returns the facts of the pages ``pages`` (first, last; all where None).

    The ``measure`` is taken of the first ``MAX_MEASURED_DRAWINGS`` of them; pictures are not
    decoded for it.

    Raises UnreadableDocument, and RenderLimitExceeded where a page asks for more than ``work``.
    """
    if picture_files.picture_kind(file.path) is not None:
        return _picture_facts(file.path, max_pages, pages, picture_dpi)
    document = file.open()
    count = document.page_count
    _check_page_count(count, max_pages)
    numbers = _numbers(pages, count)
    facts = [
        _page_facts(document, number, work if position < MAX_MEASURED_PAGES else None)
        for position, number in enumerate(numbers)
    ]
    if measure != "none":
        for at, page in enumerate(facts[:MAX_MEASURED_DRAWINGS]):
            facts[at] = _measured(document, page, measure)
    warnings = tuple(document.warnings(numbers))
    return DocumentFacts(pages=tuple(facts), page_count=count, warnings=warnings)


def _picture_facts(
    path: str, max_pages: int, pages: tuple[int, int] | None, picture_dpi: int
) -> DocumentFacts:
    """Returns the facts of a picture by its header alone: nothing is decoded."""
    count = picture_files.frame_count(path)
    _check_page_count(count, max_pages)
    frames = {number: picture_files.frame(path, number) for number in _numbers(pages, count)}
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
                is_vector=False,
            )
            for number, frame in frames.items()
        ),
        page_count=count,
        warnings=tuple(picture_files.warnings(frames, picture_dpi)),
    )


def _numbers(pages: tuple[int, int] | None, count: int) -> range:
    first, last = pages or (1, count)
    return range(max(1, first), min(last, count) + 1)


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


def _page_facts(document: OpenDocument, number: int, work: WorkLimits | None) -> PageFacts:
    """The page's facts; its text is measured only where ``work`` limits that."""
    page = document.page(number, POINTS_PER_INCH)
    width, height = page.size_pt
    # The comparison is false for NaN too.
    if not all(MIN_SIDE_PT <= side <= MAX_SIDE_PT for side in (width, height)):
        raise UnreadableDocument(
            f"a page side must be {MIN_SIDE_PT:g} to {MAX_SIDE_PT:g} pt; page {number} "
            f"is {width:g} x {height:g} pt; correct its MediaBox, CropBox or UserUnit"
        )
    if work:
        page.require_affordable(work)
    sizes, text_lines = _visible_text(page.shown(72)) if work else ([], 0)
    return PageFacts(
        page=number,
        width_pt=round(width, 3),
        height_pt=round(height, 3),
        rotation=page.rotation,
        smallest_text_pt=_smallest_text(sizes),
        text_lines=text_lines,
        refusal=_refusal(page, number),
    )


def _measured(document: OpenDocument, facts: PageFacts, measure: PageMeasure) -> PageFacts:
    if facts.refusal:
        return facts
    page = document.page(facts.page, POINTS_PER_INCH)
    if measure == "strokes":
        return replace(facts, is_vector=not page.strokes().is_scan)
    return _with_lettering(page, facts, measure)


def _with_lettering(page: SourcePage, facts: PageFacts, wanted: MeasuredLettering) -> PageFacts:
    height = lettering_height(page.shown(72), page.annotations(), wanted)
    return replace(facts, lettering=height)


def _refusal(page: SourcePage, number: int) -> str:
    """Returns why the page will not be drawn; only pages with a large image are interpreted."""
    limit_mb = images.limit_mb(RenderLimits().memory_mb)
    if not page.may_draw_image_over(limit_mb):
        return ""
    return images.refusal(page.shown(72).images, number, limit_mb)


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
