"""Finds every symbol on a page that looks like an example, from the page's strokes.

One box round a symbol is enough. The strokes inside the box are the template (`template`). Places
where the template may lie are proposed on a map of stroke directions (`placements`), fitted and
measured against the strokes that are there (`fitting`), and scored against each other (`scoring`).
What the best matches have in common replaces the template for a second look (`consensus`), and
counter-examples take away what differs from the example as they do (`rejects`). Symbols of the same
strokes are told apart by the letters inside of them (`lettering`).

Units are points of the page as it is shown, with the origin at the top left.
"""

from __future__ import annotations

from tilescout.example_search.findings import (
    Example,
    Finding,
    PageFindings,
    PoorExample,
    best_of,
    is_told,
    reason_withheld,
)
from tilescout.example_search.learning import learn_symbol, with_common_lettering, with_reject
from tilescout.example_search.pixels.learning import learn_pixels, with_pixel_reject
from tilescout.example_search.pixels.places import PixelSymbol, ScannedPage
from tilescout.example_search.pixels.search import find_pixels
from tilescout.example_search.search import LearnedSymbol, find_symbols
from tilescout.rendering.page_strokes import PageStrokes, Style

__all__ = [
    "Example",
    "Finding",
    "LearnedSymbol",
    "PageFindings",
    "PageStrokes",
    "PixelSymbol",
    "PoorExample",
    "ScannedPage",
    "Style",
    "best_of",
    "find_pixels",
    "find_symbols",
    "is_told",
    "learn_pixels",
    "learn_symbol",
    "reason_withheld",
    "with_common_lettering",
    "with_pixel_reject",
    "with_reject",
]
