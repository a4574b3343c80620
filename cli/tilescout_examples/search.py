"""Searches files for the symbols in examples' boxes, page by page."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from tilescout.errors import TilescoutError
from tilescout.example_search import (
    Finding,
    PageFindings,
    best_of,
    find_pixels,
    find_symbols,
    is_told,
    reason_withheld,
)
from tilescout.rendering.render import inspect_document
from tilescout_examples.boxes import BoxOnPage
from tilescout_examples.drawn_sizes import DrawnSize, drawn_size
from tilescout_examples.pages import pixels_of, strokes_of
from tilescout_examples.symbols import PageSymbols, Symbols, learn_symbols

MAX_PAGES = 10_000
IN_LEGEND = "it lies in the legend"
PageNote = tuple[Path, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """The symbols to look for, and the files; ``pages`` is the first and last page, or None.

    ``legends`` are the parts of pages that examples come from: their size is measured against the
    drawing's, and nothing is counted in them.
    """

    examples: tuple[BoxOnPage, ...]
    rejects: tuple[BoxOnPage, ...] = ()
    files: tuple[Path, ...]
    pages: tuple[int, int] | None = None
    least: float = 0.5
    legends: tuple[BoxOnPage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFinding:
    """A find on a page of a file."""

    file: Path
    page: int
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Finds best first; what scored too low, differs in lettering or resembles a counter-example.

    ``legend_ratio`` is how many times as large as in their legend symbols are drawn, 0 where that
    was not measured. ``skipped`` has file, page and reason of what was not searched; ``notes`` has
    file, page and what a person should know of an example there or of the search of the page.
    """

    finds: tuple[PlacedFinding, ...]
    withheld: tuple[PlacedFinding, ...]
    skipped: tuple[PageNote, ...]
    notes: tuple[PageNote, ...] = ()
    searched_pages: int
    legend_ratio: float = 0.0


def search(
    request: SearchRequest, on_page: Callable[[int, int, int], None] = lambda *_: None
) -> SearchResult:
    """Returns where the examples' symbols are in the files.

    ``on_page`` is called after each page with pages done, pages in all, and finds so far. Raises
    TilescoutError where an example cannot be used.
    """
    symbols = learn(request)
    pages, skipped = _pages(request)
    results: list[PlacedFinding] = []
    notes = example_notes(request, symbols)
    size = _drawn_size(request, symbols, pages)
    if size is not None:
        notes.append((request.legends[0].file, request.legends[0].page, size.told))
    done = 0
    for file, page, outcome in _searched(pages, symbols, size.size if size else 1.0):
        done += 1
        if isinstance(outcome, str):
            skipped.append((file, page, outcome))
        else:
            notes += [(file, page, note) for note in outcome.notes]
            results += [
                PlacedFinding(file=file, page=page, finding=each) for each in outcome.findings
            ]
        on_page(done, len(pages), _count(results, request.least))
    results = [_without_legend(each, request.legends) for each in results]
    finds, withheld = divided(results, request.least)
    return SearchResult(
        finds=finds,
        withheld=withheld,
        skipped=tuple(sorted(skipped)),
        notes=tuple(sorted(set(notes))),
        searched_pages=done - sum((file, page) in pages for file, page, _ in skipped),
        legend_ratio=size.ratio if size else 0.0,
    )


def _drawn_size(
    request: SearchRequest, symbols: Symbols, pages: Sequence[tuple[Path, int]]
) -> DrawnSize | None:
    """Returns the size of the symbols on the first page, None where no legend is searched for."""
    if not (request.legends and pages):
        return None

    def is_counted(finding: Finding) -> bool:
        file, page = pages[0]
        placed = PlacedFinding(file=file, page=page, finding=finding)
        return not _without_legend(placed, request.legends).finding.withheld

    return drawn_size(pages[0], symbols, search_page, is_counted)


def _without_legend(placed: PlacedFinding, legends: Sequence[BoxOnPage]) -> PlacedFinding:
    """Returns the find, withheld where it lies in a legend."""
    centre = placed.finding.box.centre
    for legend in legends:
        is_there = (legend.file, legend.page) == (placed.file, placed.page)
        if is_there and legend.box.holds_point(*centre):
            return replace(placed, finding=replace(placed.finding, withheld=IN_LEGEND))
    return placed


def _count(results: Sequence[PlacedFinding], least: float) -> int:
    return sum(not each.finding.withheld and each.finding.score >= least for each in results)


def learn(request: SearchRequest) -> Symbols:
    """Returns a learned symbol per example, with the counter-examples.

    Raises TilescoutError where an example's page or box cannot be used.
    """
    return learn_symbols(request.examples, request.rejects)


def example_notes(request: SearchRequest, symbols: Symbols) -> list[PageNote]:
    """Returns what is poor about each example, by its file and page."""
    return [
        (example.file, example.page, note)
        for at, example in enumerate(request.examples)
        for note in symbols.notes(at)
    ]


def _pages(
    request: SearchRequest,
) -> tuple[list[tuple[Path, int]], list[tuple[Path, int, str]]]:
    """Returns the pages to search, and the files that cannot be read with the reason."""
    pages, skipped = [], []
    for file in request.files:
        try:
            count = inspect_document(file, max_pages=MAX_PAGES).page_count
        except TilescoutError as reason:
            skipped.append((file, 1, str(reason)))
            continue
        first, last = request.pages or (1, count)
        pages += [(file, page) for page in range(first, min(last, count) + 1)]
    return pages, skipped


def _searched(
    pages: Sequence[tuple[Path, int]], symbols: Symbols, size: float
) -> Iterator[tuple[Path, int, PageFindings | str]]:
    """Yields finds, or the reason why there are none, page by page as they are done."""
    workers = min(len(pages), len(os.sched_getaffinity(0)))
    if workers < 2:
        for file, page in pages:
            yield file, page, search_page(file, page, symbols, size)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        waiting = {
            pool.submit(search_page, file, page, symbols, size): (file, page)
            for file, page in pages
        }
        try:
            for future in as_completed(waiting):
                yield (*waiting[future], future.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def search_page(
    file: Path, page: int, symbols: PageSymbols, size: float = 1.0
) -> PageFindings | str:
    """Returns the finds of a page, the best per place, or why it was not searched.

    Symbols are looked for in ``size`` times the size of their examples.
    """
    try:
        results = _page_results(file, page, symbols, size)
    except TilescoutError as reason:
        return str(reason)
    best = best_of([find for result in results for find in result.findings])
    return PageFindings(
        findings=tuple(best), notes=tuple(note for result in results for note in result.notes)
    )


def _page_results(file: Path, page: int, symbols: PageSymbols, size: float) -> list[PageFindings]:
    """Returns the finds per example: from strokes, or from pixels where either page is a scan.

    The page is brought to the size of the examples, and what is found back to the page's.
    """
    strokes = strokes_of(file, page)
    if symbols.strokes is not None and strokes is not None:
        shown = strokes.resized(1 / size)
        found = [find_symbols(shown, symbol) for symbol in symbols.strokes]
    else:
        pixels = pixels_of(file, page)
        pixels = replace(pixels, pixel=pixels.pixel / size)
        found = [find_pixels(pixels, symbol) for symbol in symbols.pixels()]
    return [replace(each, findings=_resized(each.findings, size)) for each in found]


def _resized(findings: Sequence[Finding], size: float) -> tuple[Finding, ...]:
    return tuple(
        replace(each, box=each.box.scale(size), scale=each.scale * size) for each in findings
    )


def divided(
    results: Sequence[PlacedFinding], least: float
) -> tuple[tuple[PlacedFinding, ...], tuple[PlacedFinding, ...]]:
    """Returns finds, and those withheld with a reason, both best first."""
    ordered = sorted(
        results, key=lambda each: (-each.finding.score, each.file, each.page, each.finding.box)
    )
    reasons = [reason_withheld(each.finding, least) for each in ordered]
    finds = [each for each, reason in zip(ordered, reasons, strict=True) if not reason]
    withheld = [
        replace(each, finding=replace(each.finding, withheld=reason))
        for each, reason in zip(ordered, reasons, strict=True)
        if reason and is_told(each.finding, least)
    ]
    return tuple(finds), tuple(withheld)
