"""Scale bars: a level bar with numbers under or over it, such as 0 5 10 m, tells the scale.

A bar is true of the page at hand however it was reduced, which a scale in words is not.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tilescout.geometry import Box
from tilescout.sheet_layout.drawing_scale import MAX_RATIO, MIN_RATIO, MM_PER_POINT
from tilescout.sheet_layout.ruled_lines import Flags, RuledPage
from tilescout.sheet_layout.words import SheetWord

MIN_NUMBERS = 3
MIN_LENGTH = 4.0
"""The length of a bar, in heights of its numbers."""
MAX_OFF = 0.03
"""The numbers may lie off even steps by this share of the bar, or by half of their height."""
REACH = 4.0
"""The way from the numbers to the bar and to its unit, in heights of the numbers."""
MIN_INKED = 0.95
MAX_EXTENSION = 0.6
"""A bar may go on to the left of its zero by this share of the rest."""
SAME_SCALE = 0.03
"""Two scales are the same if they differ by less than this share."""
USUAL_SCALES: tuple[float, ...] = (
    *(base * 10**power for power in range(-1, 5) for base in (1, 2, 2.5, 5)),
    12, 16, 24, 32, 48, 64, 96, 120, 128, 192, 240, 360, 384, 480, 600, 720, 960, 1200,
)  # fmt: skip
"""The scales that drawings are drawn to, metric and in feet (1/8" = 1'-0" is 96)."""
MAX_READING_ERROR = 0.01
"""The error, as a share, with which a bar is read in a picture of 72 dpi."""
_UNITS_MM = {
    "MM": 1.0, "CM": 10.0, "M": 1000.0, "KM": 1_000_000.0, "METER": 1000.0, "METERS": 1000.0,
    "METRE": 1000.0, "METRES": 1000.0, "'": 304.8, "FT": 304.8, "FEET": 304.8, "FOOT": 304.8,
    '"': 25.4, "IN": 25.4, "INCHES": 25.4,
}  # fmt: skip
_NUMBER = re.compile(
    r"(\d{1,5}(?:\.\d{1,3})?)\s*('|\"|FT|FEET|MM|CM|KM|M|METERS|METRES|IN)?\.?"
    r"(?:\s*-?\s*0\s*\")?"
)
_NO_SINGLE_SCALE = re.compile(r"\bN\.?T\.?S\b|\bNONE\b|NOT TO SCALE|\bVAR|[:=/].*[:=/]")


@dataclass(frozen=True, slots=True)
class BarNumber:
    """A number that may stand at a bar; ``unit`` is millimetres, 0 where the word tells none."""

    value: float
    unit: float
    box: Box

    @property
    def x(self) -> float:
        return self.box.centre[0]


@dataclass(frozen=True, slots=True)
class KnownScale:
    """The scale of a sheet, 0 where unknown; ``source`` is "title-block", "scale-bar" or none.

    ``note`` tells where the two contradict each other.
    """

    scale: float = 0.0
    source: str = ""
    note: str = ""


def known_scale(written: str, told: float, bars: Sequence[float]) -> KnownScale:
    """Returns the scale by the title block's field (``written``, which tells ``told`` or 0) and
    by the bars of the sheet.

    A bar is believed before a ratio, as it is reduced with the print; several that differ belong
    to several views, and none is taken.
    """
    if len(bars) > 1:
        ratios = " and ".join(map(ratio, bars))
        return KnownScale(note=f"scale bars tell {ratios}, so that no size is told")
    if not bars or (told and same_scale(told, bars[0])):
        return KnownScale(told, "title-block" if told else "")
    (bar,) = bars
    if told:
        note = f"the title block tells {ratio(told)} and the scale bar {ratio(bar)}, which is used"
        return KnownScale(bar, "scale-bar", note)
    if _NO_SINGLE_SCALE.search(written.upper()):
        note = f"the title block tells the scale {written!r}, so that the scale bar's is not used"
        return KnownScale(note=note)
    return KnownScale(bar, "scale-bar")


def ratio(scale: float) -> str:
    """Returns a scale as people write it, 1:50 or 4:1."""
    return f"1:{scale:.4g}" if scale >= 1 else f"{1 / scale:.4g}:1"


def bar_scales(page: RuledPage, words: Sequence[SheetWord]) -> tuple[float, ...]:
    """Returns the scales that the bars of a page tell, each once: millimetres of the drawn thing
    per millimetre of the page."""
    numbers = [number for word in words if (number := _number(word)) is not None]
    found: list[float] = []
    for run in _runs(numbers):
        scale = _scale(page, run, words)
        if MIN_RATIO <= scale <= MAX_RATIO and not any(same_scale(scale, each) for each in found):
            found.append(scale)
    return tuple(found)


def same_scale(one: float, other: float) -> bool:
    """Tells if two scales differ by no more than a bar can be read."""
    return abs(one / other - 1) < SAME_SCALE


def _number(word: SheetWord) -> BarNumber | None:
    text = word.text.strip().upper().replace("\u2019", "'").replace("\u2032", "'")
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    return BarNumber(float(match[1]), _UNITS_MM.get(match[2] or "", 0.0), word.box)


def _runs(numbers: Sequence[BarNumber]) -> Iterator[list[BarNumber]]:
    """Yields numbers that grow from a zero to the right by the way between them."""
    ordered = sorted(numbers, key=_height)
    for zero in ordered:
        if zero.value == 0:
            run = [zero, *_growing(zero, ordered)]
            while len(run) >= MIN_NUMBERS and not _is_even(run):
                run.pop()
            if len(run) >= MIN_NUMBERS or (len(run) == MIN_NUMBERS - 1 and run[-1].unit):
                yield run


def _growing(zero: BarNumber, numbers: Sequence[BarNumber]) -> list[BarNumber]:
    """Returns the numbers to the right of a zero on its row, until one does not grow.

    ``numbers`` are in order from the top.
    """
    y, height = _height(zero), zero.box.height
    first = bisect_left(numbers, y - height, key=_height)
    last = bisect_right(numbers, y + height, key=_height)
    row = [
        each for each in numbers[first:last] if each.x > zero.x and _is_beside(zero.box, each.box)
    ]
    growing: list[BarNumber] = []
    value = 0.0
    for each in sorted(row, key=lambda number: number.x):
        if each.value <= value:
            break
        growing.append(each)
        value = each.value
    return growing


def _height(number: BarNumber) -> float:
    return number.box.centre[1]


def _is_beside(one: Box, other: Box) -> bool:
    height = max(one.height, other.height)
    return (
        abs(one.centre[1] - other.centre[1]) <= height / 2
        and min(one.height, other.height) >= 0.6 * height
    )


def _is_even(run: Sequence[BarNumber]) -> bool:
    """Tells if the places of the numbers grow as the numbers do."""
    first, last = run[0], run[-1]
    step = (last.x - first.x) / last.value
    off = max(abs(first.x + step * each.value - each.x) for each in run)
    return off <= max(MAX_OFF * (last.x - first.x), first.box.height / 2)


def _scale(page: RuledPage, run: Sequence[BarNumber], words: Sequence[SheetWord]) -> float:
    """Returns what a run of numbers tells, 0 where there is no bar or no unit of length."""
    unit = _unit(run, words)
    ends = _bar(page, run) if unit else None
    if ends is None or ends[1] - ends[0] < MIN_LENGTH * run[0].box.height:
        return 0.0
    return _usual(run[-1].value * unit / ((ends[1] - ends[0]) * MM_PER_POINT))


def _usual(scale: float) -> float:
    """Returns the usual scale that a bar was drawn to, or the scale itself where it is near
    none, as on a reduced print."""
    nearest = min(USUAL_SCALES, key=lambda usual: abs(usual / scale - 1))
    return float(nearest) if abs(nearest / scale - 1) <= MAX_READING_ERROR else scale


def _unit(run: Sequence[BarNumber], words: Sequence[SheetWord]) -> float:
    """Returns the unit of the numbers, else the one that a word near them names."""
    own = [number.unit for number in run if number.unit]
    if own:
        return own[-1]
    first, last = run[0].box, run[-1].box
    reach = REACH * first.height
    near = Box(first.left - reach, first.top - reach, last.right + reach, last.bottom + reach)
    units = (
        _UNITS_MM.get(word.text.strip("().:,").upper(), 0.0)
        for word in words
        if near.holds_point(*word.box.centre)
    )
    return next((unit for unit in units if unit), 0.0)


def _bar(page: RuledPage, run: Sequence[BarNumber]) -> tuple[float, float] | None:
    """Returns where the bar of the numbers begins at zero, and ends; None where there is none.

    The axis of a graph, on whose zero the other axis stands, is none.
    """
    start, end = run[0].x, run[-1].x
    row, height = run[0].box.centre[1], run[0].box.height
    near = max(height, 0.06 * (end - start))
    for line in page.across:
        is_near = 0 < abs(line.at - row) <= REACH * height
        begins = start - MAX_EXTENSION * (end - start) - near <= line.start <= start + near
        if is_near and begins and abs(line.end - end) <= near:
            if _has_axis(page, start, line.at, end - start):
                return None
            # A line of pixels reaches to the outer sides of the ticks at its ends.
            return (line.start if abs(line.start - start) <= near else start), line.end - 1
    return (start, end) if _is_inked(page, run) else None


def _has_axis(page: RuledPage, x: float, y: float, length: float) -> bool:
    """Tells if a line that is long for a tick stands on the zero."""
    return any(
        abs(line.at - x) <= 4 and line.length > 0.4 * length and line.start - 4 <= y <= line.end + 4
        for line in page.down
    )


def _is_inked(page: RuledPage, run: Sequence[BarNumber]) -> bool:
    """Tells if blocks of ink, one beside the other, lie over or under the numbers, and end."""
    box, start, end = run[0].box, round(run[0].x), round(run[-1].x)
    reach = round(REACH * box.height)
    top, bottom = round(box.top), round(box.bottom)
    bands = ((max(0, top - reach), top - 1), (bottom + 1, bottom + reach))
    return any(_is_block(page.ink[first:last], start, end) for first, last in bands)


def _is_block(band: Flags, start: int, end: int) -> bool:
    """Tells if a band (rows x columns of ink) is inked from start to end, and not beyond."""
    beyond = round(0.1 * (end - start))
    inked: Flags = np.asarray(band.any(axis=0))
    after = inked[end + beyond // 2 : end + 2 * beyond]
    whole = inked[start:end]
    return bool(len(whole) and whole.mean() >= MIN_INKED and not after.any())
