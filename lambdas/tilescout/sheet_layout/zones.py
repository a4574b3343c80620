"""The zone grid of a sheet: the letters and numbers along its frame that name places, as C7."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tilescout.sheet_layout.frames import Frame
from tilescout.sheet_layout.layout import ZoneAxis, ZoneGrid
from tilescout.sheet_layout.ruled_lines import RuledPage
from tilescout.sheet_layout.words import SheetWord

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""The letters of zones; ISO 5457 and ASME Y14.1 leave out I and O."""
ALL_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BAND_SHARE = 0.05
"""The band outside of a frame without a border, in shares of the page's longer side."""
MAX_TICK_PX = 5
TICK_COVERED = 0.75
MIN_NAMED = 2
MIN_ZONES = 2
MAX_OFF_MIDDLE = 0.15
"""The way of a name from the middle of its zone, in shares of the zone."""


def find_zones(page: RuledPage, frame: Frame, words: Sequence[SheetWord]) -> ZoneGrid | None:
    """Returns the zone grid, or None where the names along the frame cannot be read on both axes.

    Names are never guessed: which corner they begin at differs between the standards.
    """
    short = [word for word in words if re.fullmatch(r"[A-Z]{1,2}|[0-9]{1,2}", word.text)]
    columns = _axis(page.ink, frame, short)
    turned = [SheetWord(each.text, each.box.transposed()) for each in short]
    rows = _axis(page.ink.T, frame.transposed(), turned)
    if columns is None or rows is None or columns.names[0].isalpha() == rows.names[0].isalpha():
        return None
    return ZoneGrid(columns=columns, rows=rows)


def _axis(ink: np.ndarray, frame: Frame, words: Sequence[SheetWord]) -> ZoneAxis | None:
    """Returns the zones from left to right, by the band above the frame or the one below it."""
    for top, bottom in frame_bands(ink, frame):
        named = [word for word in words if top - 2 <= word.box.centre[1] <= bottom + 2]
        ticked = _edges(ink[round(top) : round(bottom)], frame, named)
        axes = [
            ZoneAxis(names=names, edges=edges)
            for edges in (ticked, _even_edges(frame, named))
            if (names := _names(edges, named)) is not None
        ]
        if axes:
            return max(axes, key=lambda axis: _agreeing(axis, named))
    return None


def _agreeing(axis: ZoneAxis, named: Sequence[SheetWord]) -> int:
    """Returns how many words stand in the zone of their name."""
    return sum(axis.name_at(word.box.centre[0]) == word.text for word in named)


def frame_bands(ink: np.ndarray, frame: Frame) -> list[tuple[float, float]]:
    """Returns the bands above and below that may hold names: within the border, then outside."""
    reach = BAND_SHARE * max(ink.shape)
    inner, border = frame.inner, frame.border
    bands = [
        (border.top, inner.top),
        (inner.bottom, border.bottom),
        (max(0.0, border.top - reach), border.top),
        (border.bottom, min(float(len(ink)), border.bottom + reach)),
    ]
    return [(top, bottom) for top, bottom in bands if bottom - top > MAX_TICK_PX]


def _edges(band: np.ndarray, frame: Frame, named: Sequence[SheetWord]) -> tuple[float, ...]:
    """Returns the zones' edges: the ticks across the band, else halfway between the names."""
    left, right = frame.inner.left, frame.inner.right
    between = [
        tick
        for tick in ticks(band, frame)
        if not any(word.box.left - 3 <= tick <= word.box.right + 3 for word in named)
    ]
    if len(between) + 1 >= MIN_ZONES:
        return (left, *between, right)
    places = sorted({round(word.box.centre[0]) for word in named})
    middles = [(one + other) / 2 for one, other in pairwise(places)]
    return (left, *middles, right)


def _even_edges(frame: Frame, named: Sequence[SheetWord]) -> tuple[float, ...]:
    """Returns the edges of equal zones in whose middles the names stand, for scans on which ticks
    are lost; none where the names lie otherwise."""
    left, width = frame.inner.left, frame.inner.width
    places = sorted(word.box.centre[0] - left for word in named)
    steps = [other - one for one, other in pairwise(places) if other - one > MAX_TICK_PX]
    if not steps:
        return ()
    zones = round(width / float(np.median(steps)))
    step = width / max(1, zones)
    if any(abs(place / step % 1 - 0.5) > MAX_OFF_MIDDLE for place in places):
        return ()
    return tuple(left + step * number for number in range(zones + 1))


def ticks(band: np.ndarray, frame: Frame) -> list[float]:
    """Returns the places of thin lines across a band (rows x columns of ink) along a frame."""
    first = round(frame.inner.left) + MAX_TICK_PX + 2
    last = round(frame.inner.right) - MAX_TICK_PX - 2
    inked = band[2:-2, first:last].mean(axis=0) if band.shape[0] > 4 else np.zeros(0)
    steps = np.diff(np.concatenate(([0], (inked >= TICK_COVERED).astype(np.int8), [0])))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    return [
        float(first + (start + end) / 2)
        for start, end in zip(starts, ends, strict=True)
        if end - start <= MAX_TICK_PX
    ]


def _names(edges: Sequence[float], named: Sequence[SheetWord]) -> tuple[str, ...] | None:
    """Returns a name for each zone, where the names that were read follow each other.

    One that was not read is counted on from the others.
    """
    zones = len(edges) - 1
    read: dict[int, str] = {}
    for word in named:
        number = int(np.searchsorted(edges, word.box.centre[0], side="right")) - 1
        if 0 <= number < zones and word.text not in read.values():
            read.setdefault(number, word.text)
    if zones < MIN_ZONES or len(read) < max(MIN_NAMED, (zones + 1) // 2):
        return None
    for series in _series(read):
        for step in (1, -1):
            if (names := _counted(series, step, read, zones)) is not None:
                return names
    return None


def _series(read: dict[int, str]) -> list[Sequence[str]]:
    if all(text.isdigit() for text in read.values()):
        return [[str(number) for number in range(100)]]
    return [LETTERS, ALL_LETTERS]


def _counted(
    series: Sequence[str], step: int, read: dict[int, str], zones: int
) -> tuple[str, ...] | None:
    if not all(text in series for text in read.values()):
        return None
    begins = {list(series).index(text) - step * number for number, text in read.items()}
    if len(begins) != 1:
        return None
    places = [begins.copy().pop() + step * number for number in range(zones)]
    if min(places) < 0 or max(places) >= len(series):
        return None
    return tuple(series[place] for place in places)
