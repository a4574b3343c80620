"""Finds the sample's symbols by normalised cross-correlation with their pictures.

J. P. Lewis, "Fast Normalized Cross-Correlation", 1995, as cv2.matchTemplate does it: at half
resolution for places worth a look, then at full resolution for what is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tilescout_local.engines.found_labels import FoundLabel
from tilescout_local.engines.symbol_templates import (
    HALF,
    LEAST_SCALE,
    MOST_SCALE,
    SIZES,
    Ink,
    Template,
    blurred,
    halved,
    template,
)

STEP = 1.12
FINE_STEPS = (0.92, 0.96, 1.0, 1.04, 1.08)
TURNS = (0, 90, 180, 270)
# Correlation at half resolution that makes a place worth a look.
WORTH_A_LOOK = 0.58
# Ink under a picture, over its own, without which nothing is compared.
LEAST_INK = 0.5
# Correlations of 0 and of 100 % confidence; half-way lies what best divides the sample's tiles.
NOTHING, CERTAIN = 0.75, 1.0
# How many kinds of symbol, in how many turns, are looked for at one place; how far around, in px.
KINDS = 4
REACH = 5


@dataclass(frozen=True, slots=True)
class Match:
    """A correlation with a picture whose top left lies at ``left``, ``top`` px."""

    correlation: float
    picture: Template
    left: float
    top: float

    @property
    def centre(self) -> tuple[float, float]:
        height, width = self.picture.ink.shape
        return self.left + width / 2, self.top + height / 2

    def meets(self, other: Match) -> bool:
        """Whether both are of one place: nearer than half of the smaller's shorter side."""
        (x, y), (u, v) = self.centre, other.centre
        near: float = 0.5 * min(*self.picture.ink.shape, *other.picture.ink.shape)
        return abs(x - u) < near and abs(y - v) < near


class SymbolFinder:
    """Has the pictures of all symbols ready."""

    def __init__(self) -> None:
        scales = [LEAST_SCALE * 1.05]
        while scales[-1] * STEP < MOST_SCALE:
            scales.append(scales[-1] * STEP)
        pictures = [template(label, turn, scale) for label in SIZES for turn in TURNS
                    for scale in scales]  # fmt: skip
        self._coarse = [(each, halved(each.ink)) for each in pictures if not _is_repeated(each)]

    def find(self, grey: NDArray[np.uint8]) -> list[FoundLabel]:
        """Symbols on a grey image of 150 to 200 dpi, the most confident first."""
        ink = blurred(255 - grey.astype(np.float32))
        found = [best for kinds in self._places(ink) if (best := _best(ink, kinds))]
        found.sort(key=lambda match: -match.correlation)
        return [_label(match) for match in _apart(found)]

    def _places(self, ink: Ink) -> list[list[Match]]:
        """Matches worth a look by place: at most one of each kind and turn, the best first."""
        half = halved(ink)
        looks = [look for picture, small in self._coarse for look in _coarse(half, picture, small)]
        looks.sort(key=lambda match: -match.correlation)
        places: list[list[Match]] = []
        for look in looks:
            place = next((each for each in places if each[0].meets(look)), None)
            if place is None:
                places.append([look])
            elif all(each.picture.kind != look.picture.kind for each in place):
                place.append(look)
        return [place[:KINDS] for place in places]


def _is_repeated(picture: Template) -> bool:
    """A gate valve looks the same after half a turn."""
    return picture.label == "gate-valve" and picture.turn >= 180


def _coarse(half: Ink, picture: Template, small: Ink) -> Iterator[Match]:
    if small.shape[0] > half.shape[0] or small.shape[1] > half.shape[1]:
        return
    scores = cv2.matchTemplate(half, small, cv2.TM_CCOEFF_NORMED)
    # Where there is hardly any ink the quotient is of two roundings.
    height, width = scores.shape
    under = cv2.blur(half, small.shape[::-1], anchor=(0, 0))[:height, :width]
    scores[under < LEAST_INK * small.mean()] = 0
    peaks = (scores >= WORTH_A_LOOK) & (scores == cv2.dilate(scores, np.ones((7, 7), np.uint8)))
    for top, left in np.argwhere(peaks):
        yield Match(float(scores[top, left]), picture, left / HALF, top / HALF)


def _best(ink: Ink, kinds: list[Match]) -> Match | None:
    """What fits best at a place, unless that only resembles a symbol."""
    fits = [
        fit
        for kind in kinds
        for near_miss in (False, True)
        for step in FINE_STEPS
        if (fit := _fitted(ink, kind, step, near_miss=near_miss))
    ]
    best = max(fits, key=lambda match: match.correlation, default=None)
    return None if best is None or best.picture.resembles_only else best


def _fitted(ink: Ink, look: Match, step: float, *, near_miss: bool) -> Match | None:
    """The best correlation of a picture of nearly this scale with its centre nearly here."""
    old = look.picture
    picture = template(old.label, old.turn, round(old.scale * step, 3), near_miss=near_miss)
    height, width = picture.ink.shape
    x, y = look.centre
    left, top = max(0, round(x - width / 2) - REACH), max(0, round(y - height / 2) - REACH)
    window = ink[top : top + height + 2 * REACH, left : left + width + 2 * REACH]
    if window.shape[0] < height or window.shape[1] < width:
        return None
    scores = cv2.matchTemplate(window, picture.ink, cv2.TM_CCOEFF_NORMED)
    _, most, _, (right, down) = cv2.minMaxLoc(scores)
    return Match(float(most), picture, left + right, top + down)


def _apart(found: list[Match]) -> list[Match]:
    """Non-max suppression; ``found`` has the best first."""
    kept: list[Match] = []
    for match in found:
        if match.correlation > NOTHING and not any(match.meets(other) for other in kept):
            kept.append(match)
    return kept


def _label(match: Match) -> FoundLabel:
    height, width = match.picture.ink.shape
    margin = match.picture.margin
    confidence = 100 * min(1.0, (match.correlation - NOTHING) / (CERTAIN - NOTHING))
    box = (match.left + margin, match.top + margin, match.left + width - margin,
           match.top + height - margin)  # fmt: skip
    return FoundLabel(match.picture.label, confidence, box)
