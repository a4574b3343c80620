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
from tilescout_examples.pages import pixels_of, strokes_of
from tilescout_examples.symbols import PageSymbols, Symbols, learn_symbols

MAX_PAGES = 10_000
PageNote = tuple[Path, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """The symbols to look for, and the files; ``pages`` is the first and last page, or None."""

    examples: tuple[BoxOnPage, ...]
    rejects: tuple[BoxOnPage, ...] = ()
    files: tuple[Path, ...]
    pages: tuple[int, int] | None = None
    least: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedFinding:
    """A find on a page of a file."""

    file: Path
    page: int
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Finds best first; what scored too low, differs in lettering or resembles a counter-example.

    ``skipped`` has file, page and reason of what was not searched; ``notes`` has file, page and
    what a person should know of an example there or of the search of the page.
    """

    finds: tuple[PlacedFinding, ...]
    withheld: tuple[PlacedFinding, ...]
    skipped: tuple[PageNote, ...]
    notes: tuple[PageNote, ...] = ()
    searched_pages: int


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
    done = 0
    for file, page, outcome in _searched(pages, symbols):
        done += 1
        if isinstance(outcome, str):
            skipped.append((file, page, outcome))
        else:
            notes += [(file, page, note) for note in outcome.notes]
            results += [
                PlacedFinding(file=file, page=page, finding=each) for each in outcome.findings
            ]
        on_page(done, len(pages), _count(results, request.least))
    finds, withheld = divided(results, request.least)
    return SearchResult(
        finds=finds,
        withheld=withheld,
        skipped=tuple(sorted(skipped)),
        notes=tuple(sorted(set(notes))),
        searched_pages=done - sum((file, page) in pages for file, page, _ in skipped),
    )


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
    pages: Sequence[tuple[Path, int]], symbols: Symbols
) -> Iterator[tuple[Path, int, PageFindings | str]]:
    """Yields finds, or the reason why there are none, page by page as they are done."""
    workers = min(len(pages), len(os.sched_getaffinity(0)))
    if workers < 2:
        for file, page in pages:
            yield file, page, search_page(file, page, symbols)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context) as pool:
        waiting = {
            pool.submit(search_page, file, page, symbols): (file, page) for file, page in pages
        }
        try:
            for future in as_completed(waiting):
                yield (*waiting[future], future.result())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def search_page(file: Path, page: int, symbols: PageSymbols) -> PageFindings | str:
    """Returns the finds of a page, the best per place, or why it was not searched."""
    try:
        results = _page_results(file, page, symbols)
    except TilescoutError as reason:
        return str(reason)
    best = best_of([find for result in results for find in result.findings])
    return PageFindings(
        findings=tuple(best), notes=tuple(note for result in results for note in result.notes)
    )


def _page_results(file: Path, page: int, symbols: PageSymbols) -> list[PageFindings]:
    """Returns the finds per example: from strokes, or from pixels where either page is a scan."""
    strokes = strokes_of(file, page)
    if symbols.strokes is not None and strokes is not None:
        return [find_symbols(strokes, symbol) for symbol in symbols.strokes]
    pixels = pixels_of(file, page)
    return [find_pixels(pixels, symbol) for symbol in symbols.pixels()]


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
