"""Made figures of sheets for the tests of drift."""

from __future__ import annotations

import random

from tilescout.drift.histograms import CONFIDENCE, PER_TILE, histogram
from tilescout.drift.sheet_figures import SheetFigures

DAY = 24 * 3600


def sheet(
    number: int,
    confidences: list[float],
    valves_per_tile: float | None = 1.0,
    key: str = "",
    version: str = "v1",
) -> SheetFigures:
    """Figures of one page that was accepted on the day ``number`` / 10."""
    rates = (
        {}
        if valves_per_tile is None
        else {f"{PER_TILE}valve": histogram(f"{PER_TILE}valve", [valves_per_tile])}
    )
    return SheetFigures(
        document_id=f"{number:032x}",
        profile="symbols",
        key=key or f"incoming/symbols/{number}.pdf",
        version=version,
        at=number * DAY // 10,
        pages=1,
        histograms={CONFIDENCE: histogram(CONFIDENCE, confidences), **rates},
    )


def drawn(count: int, mean: float, seed: int, first: int = 0) -> list[SheetFigures]:
    """Sheets of 30 detections whose confidences scatter by 8 within, and by 3 between sheets."""
    chance = random.Random(seed)
    made = []
    for number in range(first, first + count):
        middle = chance.gauss(mean, 3)
        confidences = [min(99.9, max(0.0, chance.gauss(middle, 8))) for _ in range(30)]
        made.append(sheet(number, confidences, chance.choice((0.5, 1.0, 2.0))))
    return made
