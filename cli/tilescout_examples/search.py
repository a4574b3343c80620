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
    Example,
    Finding,
    LearnedSymbol,
    PageFindings,
    best_of,
    find_symbols,
    learn_symbol,
    with_common_lettering,
    with_reject,
)
from tilescout.rendering.page_strokes import PageStrokes
from tilescout.rendering.render import inspect_document, read_strokes
from tilescout_examples.boxes import BoxOnPage

MAX_PAGES = 10_000
MIN_SEGMENTS = 20
"""A page with fewer strokes is a scan, or empty."""
MAX_WITHHELD_BELOW = 0.35
"""Withheld finds are told down to this much below the least score."""


class NotSearched(TilescoutError):
    """A page that cannot be searched; the message tells why."""


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


def learn(request: SearchRequest) -> list[LearnedSymbol]:
    """Returns a learned symbol per example, with the counter-examples of its label.

    Raises TilescoutError where an example's page or box cannot be used.
    """
    strokes: dict[tuple[Path, int], PageStrokes] = {}
    symbols = []
    for example in request.examples:
        page = _strokes_of(strokes, example)
        symbol = learn_symbol(page, Example(example.box, example.label))
        for reject in request.rejects:
            symbol = with_reject(_strokes_of(strokes, reject), symbol, reject.box)
        symbols.append(symbol)
    return with_common_lettering(symbols)


def example_notes(request: SearchRequest, symbols: Sequence[LearnedSymbol]) -> list[PageNote]:
    """Returns what is poor about each example, by its file and page."""
    return [
        (example.file, example.page, note)
        for example, symbol in zip(request.examples, symbols, strict=True)
        for note in symbol.notes
    ]


def _strokes_of(known: dict[tuple[Path, int], PageStrokes], place: BoxOnPage) -> PageStrokes:
    key = (place.file, place.page)
    if key not in known:
        known[key] = strokes_of(*key)
    return known[key]


def strokes_of(file: Path, page: int) -> PageStrokes:
    """Returns the strokes of a page; raises NotSearched where it has none, as a scan."""
    strokes = read_strokes(file, page)
    if len(strokes.segments) < MIN_SEGMENTS:
        raise NotSearched(
            f"a page is searched by its strokes; page {page} of {file.name} has "
            f"{len(strokes.segments)}, as it is a scan or empty; train a detector for scans"
        )
    return strokes


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
    pages: Sequence[tuple[Path, int]], symbols: Sequence[LearnedSymbol]
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


def search_page(file: Path, page: int, symbols: Sequence[LearnedSymbol]) -> PageFindings | str:
    """Returns the finds of a page, the best per place, or why it was not searched."""
    try:
        strokes = strokes_of(file, page)
    except TilescoutError as reason:
        return str(reason)
    results = [find_symbols(strokes, symbol) for symbol in symbols]
    best = best_of([find for result in results for find in result.findings])
    return PageFindings(
        findings=tuple(best), notes=tuple(note for result in results for note in result.notes)
    )


def divided(
    results: Sequence[PlacedFinding], least: float
) -> tuple[tuple[PlacedFinding, ...], tuple[PlacedFinding, ...]]:
    """Returns finds, and those withheld with a reason, both best first."""
    ordered = sorted(
        results, key=lambda each: (-each.finding.score, each.file, each.page, each.finding.box)
    )
    finds = [each for each in ordered if not each.finding.withheld and each.finding.score >= least]
    withheld = [
        replace(each, finding=replace(each.finding, withheld=_reason(each.finding, least)))
        for each in ordered
        if (each.finding.withheld or each.finding.score < least)
        and each.finding.score >= least - MAX_WITHHELD_BELOW
    ]
    return tuple(finds), tuple(withheld)


def _reason(finding: Finding, least: float) -> str:
    return finding.withheld or f"its score {finding.score:.2f} is below {least:g}"
