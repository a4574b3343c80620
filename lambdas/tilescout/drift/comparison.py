"""Compares the documents of some days with those of a baseline, figure by figure.

Detections of one sheet are alike, so that the sheet and not the detection is what is sampled: each
sheet has the same weight, and the tests count as many independent values as the scatter between
the sheets of the baseline allows (the design effect of a sample in clusters, Kish 1965).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from tilescout.drift.histograms import PER_TILE, edges, middle
from tilescout.drift.sheet_figures import SheetFigures

MIN_BASELINE, MIN_RECENT = 30, 5
"""Sheets of the two sides; with less nothing can be said."""
MAX_ERROR = 0.005
"""The chance of a false alarm in one test of all figures: with a test per day less than one in two
quarters."""
MIN_PSI = 0.1
"""The least population stability index that matters to anybody: below it "no change" is usual."""
FULL = 0.1 - 1e-9
"""The index is taken over groups of bins with at least this share of the baseline: tenths."""
Shares = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """One figure in the baseline and now.

    ``before`` and ``after`` are the shares of its bins; ``psi`` is the population stability index
    without what chance alone would make, ``distance`` that of Kolmogorov and Smirnov (0 to 1).
    ``chance`` is the probability of such a change among all figures where nothing has changed.
    """

    name: str
    before: Shares
    after: Shares
    psi: float
    distance: float
    chance: float

    @property
    def has_moved(self) -> bool:
        """True for a change that is neither chance nor too small to matter."""
        return self.chance < MAX_ERROR and self.psi >= MIN_PSI

    @property
    def medians(self) -> tuple[float, float]:
        """The middles of the bins that hold the medians, before and after."""
        return _median(self.name, self.before), _median(self.name, self.after)


def compare(
    baseline: Sequence[SheetFigures], recent: Sequence[SheetFigures]
) -> tuple[FigureChange, ...]:
    """Returns every figure that both sides have, the least likely change first.

    The result is empty where a side has too few sheets. Chances are those of Holm's method over
    all figures (Holm 1979), so that many labels raise no more false alarms than few.
    """
    if len(baseline) < MIN_BASELINE or len(recent) < MIN_RECENT:
        return ()
    names = sorted({name for sheet in (*baseline, *recent) for name in sheet.histograms})
    changes = (_change(name, baseline, recent) for name in names)
    return _corrected([change for change in changes if change])


def cumulative(shares: Iterable[float]) -> Shares:
    """Returns the sums of the shares up to each bin."""
    return tuple(accumulate(shares))


def sheet_shares(sheet: SheetFigures, name: str) -> Shares | None:
    """Returns the shares of a sheet's bins, None where it has none of what is counted.

    A label that a sheet does not show is there, no times per tile.
    """
    absent = {0: sheet.pages} if name.startswith(PER_TILE) else {}
    counts = sheet.histograms.get(name, absent)
    total = sum(counts.values())
    if not total:
        return None
    return tuple(counts.get(bin_number, 0) / total for bin_number in range(len(edges(name)) + 1))


def mean_shares(sheets: Iterable[Shares]) -> Shares:
    """Returns the mean share of each bin, each sheet with the same weight."""
    columns = tuple(zip(*sheets, strict=True))
    return tuple(math.fsum(column) / len(column) for column in columns)


def distance(one: Shares, other: Shares) -> float:
    """Returns the largest difference of the two cumulative shares (Kolmogorov and Smirnov)."""
    pairs = zip(cumulative(one), cumulative(other), strict=True)
    return max(abs(a - b) for a, b in pairs)


def _all_shares(sheets: Sequence[SheetFigures], name: str) -> list[Shares]:
    found = (sheet_shares(sheet, name) for sheet in sheets)
    return [shares for shares in found if shares]


def _change(
    name: str, baseline: Sequence[SheetFigures], recent: Sequence[SheetFigures]
) -> FigureChange | None:
    old, new = _all_shares(baseline, name), _all_shares(recent, name)
    if len(old) < MIN_BASELINE or len(new) < MIN_RECENT:
        return None
    before, after = mean_shares(old), mean_shares(new)
    values = _values_per_sheet(old, before)
    sizes = values * len(old), values * len(new)
    psi, by_psi = _stability(before, after, sizes)
    apart = distance(before, after)
    chance = min(1.0, 2 * min(by_psi, _smirnov(apart, sizes)))
    return FigureChange(
        name=name, before=before, after=after, psi=psi, distance=apart, chance=chance
    )


def _values_per_sheet(sheets: Sequence[Shares], mean: Shares) -> float:
    """Returns how many independent values a sheet is worth, 1 for one value per sheet."""
    expected = cumulative(mean)
    curves = [cumulative(sheet) for sheet in sheets]
    alone = math.fsum(share * (1 - share) for share in expected)
    squares = ((a - b) ** 2 for curve in curves for a, b in zip(curve, expected, strict=True))
    scatter = math.fsum(squares) / (len(sheets) - 1)
    return alone / scatter if scatter > 1e-12 else 1.0


def _smirnov(apart: float, sizes: tuple[float, float]) -> float:
    """Returns the chance of a distance between two samples of one distribution.

    Stephens' form of the limit (1970); values in bins make it err on the safe side.
    """
    root = math.sqrt(sizes[0] * sizes[1] / (sizes[0] + sizes[1]))
    scaled = (root + 0.12 + 0.11 / root) * apart
    if scaled < 0.3:
        return 1.0
    terms = ((-1) ** (n - 1) * math.exp(-2 * (n * scaled) ** 2) for n in range(1, 101))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))


def _stability(before: Shares, after: Shares, sizes: tuple[float, float]) -> tuple[float, float]:
    """Returns the population stability index less its mean under no change, and its chance.

    Over 1/n + 1/m it is distributed as chi-squared with one degree less than bins (Yurdakul and
    Naranjo 2020).
    """
    groups = _equal_groups(before)
    degrees = len(groups) - 1
    old, new = _grouped(before, groups, sizes[0]), _grouped(after, groups, sizes[1])
    index = math.fsum((b - a) * math.log(b / a) for a, b in zip(old, new, strict=True))
    unit = 1 / sizes[0] + 1 / sizes[1]
    return index - degrees * unit, _chi_squared(index / unit, degrees)


def _equal_groups(shares: Shares) -> list[range]:
    """Returns neighbouring bins put together to groups of about equal share of the baseline.

    A bin with as much by itself is a group, and what lies before it is another.
    """
    limits, total = [0], 0.0
    for bin_number, share in enumerate(shares):
        if share >= FULL and limits[-1] < bin_number:
            limits.append(bin_number)
            total = 0.0
        total += share
        if total >= FULL:
            limits.append(bin_number + 1)
            total = 0.0
    limits = [*limits, len(shares)] if limits[-1] < len(shares) else limits
    return [range(first, end) for first, end in pairwise(limits)]


def _grouped(shares: Shares, groups: Sequence[range], size: float) -> list[float]:
    """Returns the share of each group, with half a value more in each so that none is 0."""
    whole = size + len(groups) / 2
    return [(math.fsum(shares[each] for each in group) * size + 0.5) / whole for group in groups]


def _chi_squared(value: float, degrees: int) -> float:
    """Returns the chance of more than ``value``, by Wilson and Hilferty's cube root (1931)."""
    spread = 2 / (9 * degrees)
    normal = ((max(0.0, value) / degrees) ** (1 / 3) - (1 - spread)) / math.sqrt(spread)
    return 0.5 * math.erfc(normal / math.sqrt(2))


def _corrected(changes: Sequence[FigureChange]) -> tuple[FigureChange, ...]:
    """Returns the changes with chances by Holm's method, the least likely first."""
    ordered = sorted(changes, key=lambda change: (change.chance, change.name))
    left = range(len(ordered), 0, -1)
    raised = (min(1.0, change.chance * n) for change, n in zip(ordered, left, strict=True))
    chances = accumulate(raised, max)
    return tuple(
        replace(change, chance=chance) for change, chance in zip(ordered, chances, strict=True)
    )


def _median(name: str, shares: Shares) -> float:
    sums = cumulative(shares)
    return middle(name, next(n for n, total in enumerate(sums) if total >= 0.5 - 1e-9))
