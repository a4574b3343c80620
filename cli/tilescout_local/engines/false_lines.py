"""Tells lines of ink that are no lettering: circles, pins, hatching, solid marks."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np
from numpy.typing import NDArray

from tilescout_local.engines.ink_extent import CONTRAST

MIN_CONFIDENCE = 0.6
ROUND_LETTERS = set("O0QDC°o")
MAX_ROUND_LETTERS = 4
MIN_ROUND_CONFIDENCE = 0.8
CIRCLE_RATIO = 0.85
"""Width over height of the largest mark: zeros have .59 to .76, circles about 1."""
PIN_LETTERS = set("I1l|i!/\\-_=.:,'TLHEmM8FJ[](){}o0O")
MIN_PIN_LETTERS = 4
PIN_SHARE = 0.6
MIN_PIN_CONFIDENCE = 0.9
SOLID = 0.85
"""The share of its box that a mark fills from which it is no letter."""


def is_lettering(text: str, confidence: float, crop: NDArray[np.uint8]) -> bool:
    """Tells if the reading of a crop (rows, columns, BGR) is one of letters.

    The thresholds were fitted on six pages: they drop 83 % of what is false and 1.2 % of what is
    true. ``confidence`` is 0 to 1.
    """
    letters = text.replace(" ", "")
    if not letters or confidence < MIN_CONFIDENCE:
        return False
    if set(letters) <= ROUND_LETTERS and len(letters) <= MAX_ROUND_LETTERS:
        return confidence >= MIN_ROUND_CONFIDENCE and _largest_ratio(crop) < CIRCLE_RATIO
    if len(letters) >= MIN_PIN_LETTERS and confidence < MIN_PIN_CONFIDENCE:
        letter, count = Counter(letters).most_common(1)[0]
        if letter in PIN_LETTERS and count >= PIN_SHARE * len(letters):
            return False
    return len(letters) > 1 or letters in "-_.|I1l" or not _is_solid(crop)


def _marks(crop: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Returns left, top, width, height and px of the marks, the largest first."""
    grey = crop.mean(axis=2)
    ink = np.abs(grey - float(np.percentile(grey, 90))) > CONTRAST
    stats = cv2.connectedComponentsWithStats(ink.astype(np.uint8))[2][1:]
    return np.asarray(stats[np.argsort(-stats[:, 2] * stats[:, 3])], np.int32)


def _largest_ratio(crop: NDArray[np.uint8]) -> float:
    marks = _marks(crop)
    return float(marks[0, 2] / marks[0, 3]) if len(marks) else 1.0


def _is_solid(crop: NDArray[np.uint8]) -> bool:
    marks = _marks(crop)
    return bool(len(marks) and marks[0, 4] >= SOLID * marks[0, 2] * marks[0, 3])
