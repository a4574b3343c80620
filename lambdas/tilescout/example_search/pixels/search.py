"""Finds a learned symbol on any scanned page."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tilescout.example_search.findings import REJECTED, Finding, PageFindings, best_rows
from tilescout.example_search.pixels.places import (
    PixelSymbol,
    Places,
    ScannedPage,
    appearances,
    chosen,
    joined,
    places_in_tile,
    sized,
    tiles_of,
)
from tilescout.example_search.pixels.proposals import MAX_PROPOSALS
from tilescout.example_search.pixels.scoring import Size
from tilescout.example_search.rejects import resembles_reject

MIN_SIZED, SURE_SCORE = 3, 0.8
"""So many places of at least this score tell the size that the symbol has on a page."""
SAME_SIZE = 0.05
"""Difference of two sizes' logarithms up to which they are one size."""
OWN_SIZE_SHARE = 1 / 3
"""Places of the learned size, as a share of those of the commonest, from which it stays."""
STEEPNESS, EVEN_AGREEMENT = 30.0, 0.735
MEAN_USUAL, USUAL_SHARE = 0.87, 0.3
"""The usual agreement of copies, and the share to which the curve follows that of a symbol."""


def find_pixels(page: ScannedPage, symbol: PixelSymbol) -> PageFindings:
    """Returns where the learned symbol is on a scanned page, best first."""
    found = joined([places_in_tile(page, symbol, core) for core in tiles_of(page)])
    found = sized(found, _usual_size(found, symbol))
    kept = chosen(found, best_rows(found.boxes, found.scores))
    findings = tuple(_findings(symbol, kept))
    return PageFindings(findings=findings, notes=_notes(symbol, kept.were_cut))


def _usual_size(places: Places, symbol: PixelSymbol) -> Size:
    """Returns the size that copies have on this page, as sheets differ in it.

    It is the learned one, unless few are of that size and many are surely copies of another: some
    drawings use one shape in two sizes for two symbols.
    """
    sizes = places.aligned.scales()[_sure_rows(places, symbol)]
    if len(sizes) < MIN_SIZED:
        return symbol.size
    near = [int((np.abs(sizes - size) <= SAME_SIZE).sum()) for size in (symbol.size.middle, *sizes)]
    commonest = int(np.argmax(near))
    if near[0] >= OWN_SIZE_SHARE * near[commonest]:
        return symbol.size
    alike = sizes[np.abs(sizes - sizes[commonest - 1]) <= SAME_SIZE]
    return replace(symbol.size, middle=float(np.median(alike)))


def _sure_rows(places: Places, symbol: PixelSymbol) -> list[int]:
    return [
        row
        for row, value in enumerate(places.scores.tolist())
        if probability(value, symbol.usual) >= SURE_SCORE
    ]


def _findings(symbol: PixelSymbol, places: Places) -> Iterator[Finding]:
    scales = np.exp(places.aligned.scales())
    rejected = _resemble_rejects(symbol, places)
    for row, (box, value) in enumerate(zip(places.boxes, places.scores.tolist(), strict=True)):
        pose = places.aligned.poses[row]
        yield Finding(
            label=symbol.label,
            box=box,
            score=probability(value, symbol.usual),
            turn=90 * pose.turn,
            mirrored=pose.mirrored,
            scale=float(scales[row]),
            withheld=REJECTED if rejected[row] else "",
        )


def _resemble_rejects(symbol: PixelSymbol, places: Places) -> list[bool]:
    withheld = np.zeros(len(places.boxes), bool)
    if len(withheld) and symbol.rejects:
        pictures = appearances(places.aligned.pictures)
        scored = places.scores.tolist()
        for reject in symbol.rejects:
            withheld |= resembles_reject(pictures, scored, symbol.appearance, reject)
    return withheld.tolist()


def probability(agreement: float, usual: float) -> float:
    """Returns about how likely a place of this agreement is the symbol, from 0 to 1.

    ``usual`` is the agreement of the symbol's copies. The logistic curve is fitted to the scans of
    `benchmarks/find_by_example.py --scans`, which shows how true it is.
    """
    even = EVEN_AGREEMENT + USUAL_SHARE * (usual - MEAN_USUAL)
    return 1 / (1 + math.exp(-STEEPNESS * (agreement - even)))


def _notes(symbol: PixelSymbol, were_cut: bool) -> tuple[str, ...]:
    if not were_cut:
        return ()
    return (
        f"the {MAX_PROPOSALS} places of a tile that resemble {symbol.label!r} most were looked at, "
        "and there are more, so finds may be missing; draw the box round more of the symbol",
    )
