"""The sheets that differ most from a baseline, and those that are worth annotating next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tilescout.drift.comparison import Shares, distance, mean_shares, sheet_shares
from tilescout.drift.histograms import CONFIDENCE, middle
from tilescout.drift.sheet_figures import SheetFigures

SURE = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedSheet:
    """A sheet, how far its figures lie from the baseline (0 to 1), and how unsure it is (0 to 1).

    ``figure`` is the one that differs most.
    """

    sheet: SheetFigures
    difference: float
    figure: str
    doubt: float


def rank_by_difference(
    baseline: Sequence[SheetFigures], sheets: Sequence[SheetFigures]
) -> list[RankedSheet]:
    """Returns the sheets, that with the largest mean distance to the baseline first."""
    usual = _usual(baseline)
    ranked = [_ranked(sheet, usual) for sheet in sheets]
    return sorted(ranked, key=lambda each: (-each.difference, each.sheet.key))


def annotate_next(ranked: Sequence[RankedSheet], count: int) -> list[RankedSheet]:
    """Returns up to ``count`` sheets that are most different and least sure, unlike each other.

    Each next one has the largest product of its worth and its distance to the nearest of those
    that were chosen before, so that ten sheets of one scanner do not fill the list (the farthest
    point first, Gonzalez 1985). An object key is taken once.
    """
    left = list({each.sheet.key: each for each in reversed(ranked)}.values())[::-1]
    chosen: list[RankedSheet] = []
    while left and len(chosen) < count:
        best = max(left, key=lambda each: _worth(each) * _novelty(each, chosen))
        chosen.append(best)
        left.remove(best)
    return chosen


def _worth(each: RankedSheet) -> float:
    return each.difference + each.doubt


def _novelty(each: RankedSheet, chosen: Sequence[RankedSheet]) -> float:
    return min((_apart(each.sheet, other.sheet) for other in chosen), default=1.0)


def _apart(one: SheetFigures, other: SheetFigures) -> float:
    shared = one.histograms.keys() | other.histograms.keys()
    pairs = [(sheet_shares(one, name), sheet_shares(other, name)) for name in shared]
    apart = [distance(a, b) for a, b in pairs if a and b]
    return math.fsum(apart) / len(apart) if apart else 1.0


def _usual(baseline: Sequence[SheetFigures]) -> Mapping[str, Shares]:
    names = {name for sheet in baseline for name in sheet.histograms}
    found = {name: [sheet_shares(sheet, name) for sheet in baseline] for name in names}
    return {name: mean_shares([each for each in shares if each]) for name, shares in found.items()}


def _ranked(sheet: SheetFigures, usual: Mapping[str, Shares]) -> RankedSheet:
    apart = {
        name: distance(shares, usual[name])
        for name in usual
        if (shares := sheet_shares(sheet, name))
    }
    most = max(sorted(apart), key=lambda name: apart[name], default="")
    mean = math.fsum(apart.values()) / len(apart) if apart else 0.0
    return RankedSheet(sheet=sheet, difference=mean, figure=most, doubt=_doubt(sheet))


def _doubt(sheet: SheetFigures) -> float:
    """Returns how far the mean confidence is from certainty, 0.5 where nothing was found."""
    shares = sheet_shares(sheet, CONFIDENCE)
    if not shares:
        return 0.5
    mean = math.fsum(share * middle(CONFIDENCE, n) for n, share in enumerate(shares))
    return 1 - mean / SURE
