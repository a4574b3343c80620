"""Histograms with fixed bins: those of any pages or documents can be added."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping

Histogram = Mapping[int, int]
"""Counts by the number of their bin; a bin without a count is left out."""
Histograms = Mapping[str, Histogram]
"""Histograms by the name of what they count."""

CONFIDENCE = "confidence"
SYMBOL_SIZE = "symbol size, pt"
TEXT_HEIGHT = "text height, pt"
TILE_IMAGE = "tile image, kB"
SKEW = "skew, degrees"
SCAN_DPI = "scanned at, dpi"
"""0 for a page that is no scan."""
TILES_WITH_INK = "tiles with ink"
TILES_WITHOUT_FINDS = "tiles without detections"
REJECTED = "rejected in review"
"""The last three are shares, from 0 to 1, one of each page or document."""
PER_TILE = "per tile: "
"""The names of detections per tile begin with this, and end with a label."""

_SHARES = (1e-9, *(n / 20 for n in range(1, 20)), 1 - 1e-9)
_LENGTHS = tuple(2 * 2 ** (n / 4) for n in range(33))
_DEGREES = tuple((n - 19.5) / 10 for n in range(40))
_RESOLUTIONS = (1e-9, *(33 * 2 ** (n / 4) for n in range(22)))
"""No limit is near a resolution that scanners have: 75, 96, 100, 150, 200, 240, 300, 400, 600."""
_RATES = (1e-9, *(2 ** (n / 2) for n in range(-12, 13)))
_EDGES: Mapping[str, tuple[float, ...]] = {
    CONFIDENCE: tuple(float(each) for each in range(5, 100, 5)),
    SYMBOL_SIZE: _LENGTHS,
    TEXT_HEIGHT: _LENGTHS,
    TILE_IMAGE: _LENGTHS,
    SKEW: _DEGREES,
    SCAN_DPI: _RESOLUTIONS,
    TILES_WITH_INK: _SHARES,
    TILES_WITHOUT_FINDS: _SHARES,
    REJECTED: _SHARES,
}


def edges(name: str) -> tuple[float, ...]:
    """Returns the ascending limits between the bins of a histogram; a limit is in the upper bin."""
    return _EDGES.get(name, _RATES)


def histogram(name: str, values: Iterable[float]) -> Histogram:
    """Returns how many of the values lie in each bin."""
    limits = edges(name)
    return dict(Counter(bisect_right(limits, value) for value in values))


def middle(name: str, bin_number: int) -> float:
    """Returns a value that stands for a bin: its middle, or the limit of one without an end."""
    limits = edges(name)
    low = limits[max(0, bin_number - 1)]
    high = limits[min(bin_number, len(limits) - 1)]
    return (low + high) / 2


def added(parts: Iterable[Histograms]) -> Histograms:
    """Returns the sums of the histograms, name by name."""
    sums: dict[str, Counter[int]] = {}
    for part in parts:
        for name, counts in part.items():
            sums.setdefault(name, Counter()).update(counts)
    return {name: dict(sorted(counts.items())) for name, counts in sorted(sums.items())}


def to_json(histograms: Histograms) -> str:
    """Returns the histograms as compact JSON, some hundred bytes for a page."""
    return json.dumps(histograms, separators=(",", ":"), ensure_ascii=False)


def from_json(text: str) -> Histograms:
    """Returns the histograms that `to_json` wrote."""
    parsed = json.loads(text)
    return {
        name: {int(each): count for each, count in counts.items()}
        for name, counts in parsed.items()
    }
