"""Finds a learned symbol on any scanned page."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tilescout.example_search.findings import REJECTED, Finding, PageFindings
from tilescout.example_search.pixels.places import (
    PixelSymbol,
    Places,
    ScannedPage,
    appearances,
    best_rows,
    chosen,
    joined,
    places_in_tile,
    sized,
    tiles_of,
)
from tilescout.example_search.pixels.proposals import MAX_PROPOSALS
from tilescout.example_search.rejects import resembles_reject

MIN_SIZED, MAX_SIZED = 3, 40
"""So many good places of a page tell the size that the symbol has on it."""
GOOD_SCORE, SURE_SCORE = 0.5, 0.8
STEEPNESS, EVEN_AGREEMENT = 30.0, 0.785
MEAN_USUAL, USUAL_SHARE = 0.87, 0.8
"""The usual agreement of copies, and the share to which the curve follows that of a symbol."""


def find_pixels(page: ScannedPage, symbol: PixelSymbol) -> PageFindings:
    """Returns where the learned symbol is on a scanned page, best first."""
    found = joined([places_in_tile(page, symbol, core) for core in tiles_of(page)])
    found = sized(found, _usual_size(found, symbol))
    kept = chosen(found, best_rows(found.boxes, found.scores))
    findings = tuple(_findings(symbol, kept))
    return PageFindings(findings=findings, notes=_notes(symbol, kept.were_cut))


def _usual_size(places: Places, symbol: PixelSymbol) -> float:
    """Returns the logarithm of the size that copies have on this page, as sheets differ in it.

    It is the learned one, unless few are of that size and some are surely copies of another.
    """
    learned = sized(places, symbol.log_scale)
    if len(_rows_from(learned, symbol, GOOD_SCORE)) >= MIN_SIZED:
        return symbol.log_scale
    sure = _rows_from(places, symbol, SURE_SCORE)
    sizes = places.aligned.scales()[sure]
    return float(np.median(sizes)) if len(sure) >= MIN_SIZED else symbol.log_scale


def _rows_from(places: Places, symbol: PixelSymbol, least: float) -> list[int]:
    return [
        row
        for row in np.argsort(-places.scores)[:MAX_SIZED].tolist()
        if probability(float(places.scores[row]), symbol.usual) >= least
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
