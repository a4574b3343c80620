"""Examples that a person draws, and what a search gives for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.errors import TilescoutError
from tilescout.geometry import Box, iou

MAX_OVERLAP = 0.3
"""IoU above which of two finds only the better one stays."""
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

    ``turn`` is in degrees clockwise against the example, after ``mirrored``.
    """

    label: str
    box: Box
    score: float
    turn: int
    mirrored: bool
    scale: float
    withheld: str = ""
    """The reason why a find that scores well is not given as one, or ''."""


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

    One whose lettering differs gives way to any other at its place.
    """
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda each: (_differs(each), -each.score, each.box)):
        if all(iou(finding.box, other.box) <= MAX_OVERLAP for other in kept):
            kept.append(finding)
    return sorted(kept, key=lambda each: (-each.score, each.box))


def _differs(finding: Finding) -> bool:
    return finding.withheld not in ("", REJECTED)
