"""Examples that a person draws, and what a search gives for them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilescout.errors import TilescoutError
from tilescout.geometry import Box, iou
from tilescout.rendering.page_strokes import Floats

MAX_OVERLAP = 0.3
"""IoU above which of two finds only the better one stays."""
MAX_LESS = 0.2
"""A symbol with more strokes stays before one that scores higher by no more than this."""
REJECTED = "looks like a counter-example"
MAX_WITHHELD_BELOW = 0.35
"""Withheld finds are told down to this much below the least score."""


class PoorExample(TilescoutError):
    """An example's box that nothing can be searched with."""


@dataclass(frozen=True, slots=True)
class Example:
    """A symbol that a person drew a box round, in points of the page as it is shown."""

    box: Box
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A place that looks like the symbol; ``score`` is about the chance that it is one.

    ``turn`` is in degrees clockwise against the example, after ``mirrored``. ``drawn`` is the
    length in points of the symbol's strokes that are there; 0 on scans.
    """

    label: str
    box: Box
    score: float
    turn: int
    mirrored: bool
    scale: float
    withheld: str = ""
    """The reason why a find that scores well is not given as one, or ''."""
    drawn: float = 0.0


def reason_withheld(finding: Finding, least: float) -> str:
    """Returns why a find is not given as one where ``least`` is the least score; '' if it is."""
    if finding.withheld or finding.score >= least:
        return finding.withheld
    return f"its score {finding.score:.2f} is below {least:g}"


def is_told(finding: Finding, least: float) -> bool:
    """Returns whether a find, given or withheld, resembles the symbol enough to be told of."""
    return finding.score >= least - MAX_WITHHELD_BELOW


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFindings:
    """Finds of one page, best first, withheld ones among them; and what else is to be known."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()


def best_of(findings: Sequence[Finding]) -> list[Finding]:
    """Returns the findings of several examples of a page, the best one per place, best first.

    One whose lettering differs gives way to any other at its place. Where symbols of several
    labels score alike, the one with the most strokes stays: a gate valve is part of what a control
    valve is drawn as.
    """
    kept: list[Finding] = []
    by_place = sorted(findings, key=_x)
    for finding in sorted(findings, key=lambda each: (_differs(each), -each.score, each.box)):
        fullest = _fullest(finding, by_place)
        if _is_free(finding, kept):
            kept.append(fullest if _is_free(fullest, kept) else finding)
    return sorted(kept, key=lambda each: (-each.score, each.box))


def _is_free(finding: Finding, kept: Sequence[Finding]) -> bool:
    return all(iou(finding.box, other.box) <= MAX_OVERLAP for other in kept)


def _x(finding: Finding) -> float:
    return finding.box.centre[0]


def _fullest(finding: Finding, by_place: Sequence[Finding]) -> Finding:
    """Returns the find with the most strokes of those of other labels that score alike here.

    ``by_place`` are all finds from the left.
    """
    x, reach = _x(finding), 2 * finding.box.width
    near = by_place[
        bisect_left(by_place, x - reach, key=_x) : bisect_right(by_place, x + reach, key=_x)
    ]
    rivals = [each for each in near if _rivals(finding, each)]
    return max((finding, *rivals), key=lambda each: each.drawn)


def _rivals(finding: Finding, other: Finding) -> bool:
    return (
        other.label != finding.label
        and other.withheld == finding.withheld
        and other.score >= finding.score - MAX_LESS
        and iou(other.box, finding.box) > MAX_OVERLAP
    )


def _differs(finding: Finding) -> bool:
    return finding.withheld not in ("", REJECTED)


def best_rows(boxes: Sequence[Box], values: Floats) -> list[int]:
    """Returns the rows of the boxes that no better one overlaps, best first."""
    sides = np.array([(box.left, box.top, box.right, box.bottom) for box in boxes]).reshape(-1, 4)
    free = np.ones(len(boxes), bool)
    kept = []
    for row in np.argsort(-values, kind="stable").tolist():
        if free[row]:
            kept.append(row)
            free &= _overlaps(sides, sides[row]) <= MAX_OVERLAP
    return kept


def _overlaps(sides: Floats, one: Floats) -> Floats:
    low, high = np.maximum(sides[:, :2], one[:2]), np.minimum(sides[:, 2:], one[2:])
    common = np.clip(high - low, 0, None).prod(1)
    areas = (sides[:, 2:] - sides[:, :2]).prod(1) + (one[2:] - one[:2]).prod()
    overlaps: Floats = common / np.maximum(areas - common, 1e-12)
    return overlaps
