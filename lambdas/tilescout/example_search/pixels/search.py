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
    tiles_of,
)
from tilescout.example_search.pixels.proposals import MAX_PROPOSALS
from tilescout.example_search.rejects import resembles_reject

STEEPNESS, EVEN_AGREEMENT = 30.0, 0.79


def find_pixels(page: ScannedPage, symbol: PixelSymbol) -> PageFindings:
    """Returns where the learned symbol is on a scanned page, best first."""
    found = joined([places_in_tile(page, symbol, core) for core in tiles_of(page)])
    kept = chosen(found, best_rows(found.boxes, found.scores))
    findings = tuple(_findings(symbol, kept))
    return PageFindings(findings=findings, notes=_notes(symbol, kept.were_cut))


def _findings(symbol: PixelSymbol, places: Places) -> Iterator[Finding]:
    scales = np.exp(places.aligned.scales())
    rejected = _resemble_rejects(symbol, places)
    for row, (box, value) in enumerate(zip(places.boxes, places.scores.tolist(), strict=True)):
        pose = places.aligned.poses[row]
        yield Finding(
            label=symbol.label,
            box=box,
            score=probability(value),
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


def probability(agreement: float) -> float:
    """Returns about how likely a place of this agreement is the symbol, from 0 to 1."""
    return 1 / (1 + math.exp(-STEEPNESS * (agreement - EVEN_AGREEMENT)))


def _notes(symbol: PixelSymbol, were_cut: bool) -> tuple[str, ...]:
    if not were_cut:
        return ()
    return (
        f"the {MAX_PROPOSALS} places of a tile that resemble {symbol.label!r} most were looked at, "
        "and there are more, so finds may be missing; draw the box round more of the symbol",
    )
