"""Where the ink of a line lies within its crop: the detector's boxes stand off the letters."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

CONTRAST = 50
# Rows that belong to one line of text may be this share of the crop's height apart: dots, accents.
GAP_RATIO = 0.12
# A row or column inked over this share of the crop is a rule: letters have paper around them.
RULE_RATIO = 0.9
# Where less of the ink than this would be left, what fills or crosses the crop is the text.
LEAST_LEFT_RATIO = 0.2


@dataclass(frozen=True, slots=True)
class Extent:
    """Ratios 0-1 of a crop's width and height, of a line of text the right way up.

    ``letters`` are the stretches of inked columns within it, from left to right.
    """

    left: float
    top: float
    right: float
    bottom: float
    letters: tuple[tuple[float, float], ...] = ()


WHOLE = Extent(0.0, 0.0, 1.0, 1.0)


def ink_extent(crop: NDArray[np.uint8]) -> Extent:
    """The rows of the heaviest band of ink in ``crop`` (rows, columns, BGR), and its columns.

    A rule along or across the text is left out, and a frame where blank rows part it from the
    letters.
    """
    grey = crop.mean(axis=2)
    paper = float(np.percentile(grey, 90))
    ink = _without_rules(np.abs(grey - paper) > CONTRAST)
    height, width = ink.shape
    band = _heaviest_run(ink.sum(axis=1), max(1, round(GAP_RATIO * height)))
    if band is None:
        return WHOLE
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


def _without_rules(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``ink`` (rows, columns) less rules, and less the frames and neighbours that run through it.

    A rule fills a row or column. What runs through touches two sides of the crop. Text itself
    keeps off them, so where little else is left nothing of that kind is taken out.
    """
    rules = (ink.mean(axis=1) >= RULE_RATIO)[:, None] | (ink.mean(axis=0) >= RULE_RATIO)[None, :]
    ink = _unless_most(ink & ~rules, ink)
    count, labels = cv2.connectedComponents(ink.astype(np.uint8), connectivity=8)
    sides = np.zeros(count, np.int64)
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        sides[np.unique(side)] += 1
    return _unless_most(ink & (sides < 2)[labels], ink)


def _unless_most(left: NDArray[np.bool_], ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is left of ``ink``, or all of it where most was taken out."""
    return left if left.sum() >= LEAST_LEFT_RATIO * ink.sum() else ink


def _heaviest_run(weights: NDArray[np.int64], gap: int) -> tuple[int, int] | None:
    """First and one past the last index of the run of most weight; gaps of zeros may be ``gap``."""
    inked = np.flatnonzero(weights)
    if not len(inked):
        return None
    runs = np.split(inked, np.flatnonzero(np.diff(inked) > gap) + 1)
    heaviest = max(runs, key=lambda run: int(weights[run].sum()))
    return int(heaviest[0]), int(heaviest[-1]) + 1


MARGIN = 64
"""Pixels of paper left around the ink: more than the detector's own reach."""


def inked_part(image: NDArray[np.uint8]) -> tuple[int, int, NDArray[np.uint8]] | None:
    """Left, top and the part of ``image`` that holds all its ink; None where there is none.

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
