"""Measures where the ink of a line lies within its crop, as the text detector's boxes are larger
than the letters."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

CONTRAST = 50
# Rows of one line of text may be this share of the crop's height apart, as with dots and accents.
GAP_RATIO = 0.12
# A row or column that is inked over this share is a rule, as letters have paper around them.
RULE_RATIO = 0.9
# If less than this share of the ink would remain, the text itself fills or crosses the crop.
MIN_REMAINING_RATIO = 0.2
# A line's letters are at least so high in their crop; a lower band is what a crossing line left.
MIN_BAND_RATIO = 0.35


@dataclass(frozen=True, slots=True)
class Extent:
    """The extent of a line of text, upright, in ratios (0-1) of the crop's width and height.

    ``letters`` are the stretches of inked columns within it, from left to right.
    """

    left: float
    top: float
    right: float
    bottom: float
    letters: tuple[tuple[float, float], ...] = ()


WHOLE = Extent(0.0, 0.0, 1.0, 1.0)


def ink_extent(crop: NDArray[np.uint8]) -> Extent:
    """Returns the extent of the heaviest band of ink in ``crop`` (rows, columns, BGR).

    A rule along or across the text is left out, and so is a frame where blank rows separate it from
    the letters. Letters that touch a line across the crop stay where little else is left of the
    text's height.
    """
    grey = crop.mean(axis=2)
    paper = float(np.percentile(grey, 90))
    every = np.abs(grey - paper) > CONTRAST
    ink = _without_rules(every)
    band = _band(ink)
    if band is not None and band[1] - band[0] < MIN_BAND_RATIO * len(ink):
        ink = every
        band = _band(ink)
    if band is None:
        return WHOLE
    height, width = ink.shape
    top, bottom = band
    columns = np.flatnonzero(ink[top:bottom].any(axis=0))
    runs = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    return Extent(
        float(columns[0]) / width,
        top / height,
        float(columns[-1] + 1) / width,
        bottom / height,
        tuple((float(run[0]) / width, float(run[-1] + 1) / width) for run in runs),
    )


def _band(ink: NDArray[np.bool_]) -> tuple[int, int] | None:
    return _heaviest_run(ink.sum(axis=1), max(1, round(GAP_RATIO * len(ink))))


def _without_rules(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns ``ink`` (rows, columns) without rules and without frames and neighbours that cross
    it.

    A rule fills a row or column. A frame or a neighbour touches two sides of the crop. Text does
    not touch the sides, so nothing is removed where little else would be left.
    """
    rules = (ink.mean(axis=1) >= RULE_RATIO)[:, None] | (ink.mean(axis=0) >= RULE_RATIO)[None, :]
    ink = _unless_nearly_empty(ink & ~rules, ink)
    count, labels = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    sides = np.zeros(count, np.int64)
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        sides[np.unique(side)] += 1
    return _unless_nearly_empty(ink & (sides < 2)[labels], ink)


def _unless_nearly_empty(remaining: NDArray[np.bool_], ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Returns ``remaining``, or all of ``ink`` if most of it was removed."""
    return remaining if remaining.sum() >= MIN_REMAINING_RATIO * ink.sum() else ink


def _heaviest_run(weights: NDArray[np.int64], gap: int) -> tuple[int, int] | None:
    """Returns the first and one past the last index of the heaviest run; it may hold gaps of
    ``gap`` zeros."""
    inked = np.flatnonzero(weights)
    if not len(inked):
        return None
    runs = np.split(inked, np.flatnonzero(np.diff(inked) > gap) + 1)
    heaviest = max(runs, key=lambda run: int(weights[run].sum()))
    return int(heaviest[0]), int(heaviest[-1]) + 1


MARGIN = 64
"""Pixels of paper that are kept around the ink, more than the detector's own reach."""


def inked_part(image: NDArray[np.uint8]) -> tuple[int, int, NDArray[np.uint8]] | None:
    """Returns the left, the top and the part of ``image`` that holds all its ink, or None without
    ink.

    The detector of PP-OCRv6 does not see one small word alone on a large white tile.
    """
    grey = image.min(axis=2).astype(np.int16)
    ink = np.abs(grey - int(np.median(grey))) > CONTRAST
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    top, left = max(0, int(rows[0]) - MARGIN), max(0, int(columns[0]) - MARGIN)
    part = image[top : int(rows[-1]) + MARGIN, left : int(columns[-1]) + MARGIN]
    return left, top, np.ascontiguousarray(part)
