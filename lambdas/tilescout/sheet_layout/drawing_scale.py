"""The scale of a drawing, as its title block writes it: 1:50, 1:100 @ A1, 1/4" = 1'-0"."""

from __future__ import annotations

import re
from fractions import Fraction

from tilescout.geometry import POINTS_PER_INCH

MM_PER_POINT = 25.4 / POINTS_PER_INCH
A0_LONG_MM = 1189.0
MIN_RATIO, MAX_RATIO = 0.01, 100_000.0
"""Enlarged a hundred times, and a map of a county; what lies outside was misread."""
SAME_SIZE = 0.03
"""A page is of a paper size if its longer side differs by less than this share."""
_NUMBER = r"(\d+(?:\.\d+)?)"
_LENGTH = r"(?:(\d+)\s*[- ]\s*)?(\d+(?:\.\d+)?(?:/\d+)?)"
_RATIO = re.compile(rf"{_NUMBER}\s*[:/]\s*{_NUMBER}(?:\s*(?:@|AT|ON)?\s*\(?A([0-4])\)?)?")
_EQUATION = re.compile(
    rf"{_LENGTH}\s*(\"|''|IN(?:CH)?\.?|MM|CM)\s*=\s*{_LENGTH}\s*('|FT\.?|FEET|FOOT|M|CM|MM)"
    r"(?:\s*-?\s*0\s*(?:\"|''))?"
)
_MM = {
    '"': 25.4, "''": 25.4, "IN": 25.4, "INCH": 25.4, "MM": 1.0, "CM": 10.0,
    "'": 304.8, "FT": 304.8, "FEET": 304.8, "FOOT": 304.8, "M": 1000.0,
}  # fmt: skip


def drawing_scale(text: str, width_pt: float, height_pt: float) -> float:
    """Returns millimetres of the drawn thing per millimetre of the page, 0 where it is not told.

    A scale for a paper of another size (1:50 @ A1, on a page of A3) is that of the page at hand.
    Several scales, "NTS" or "as noted" tell none.
    """
    told = text.strip().upper().replace("\u2019", "'").replace("\u201d", '"').replace("\u2033", '"')
    ratio = _by_ratio(told, max(width_pt, height_pt)) or _by_equation(told)
    return ratio if MIN_RATIO <= ratio <= MAX_RATIO else 0.0


def _by_ratio(text: str, longer_pt: float) -> float:
    found = _RATIO.fullmatch(text)
    if found is None or not float(found[1]):
        return 0.0
    ratio = float(found[2]) / float(found[1])
    return ratio * _reduction(found[3], longer_pt) if found[3] else ratio


def _reduction(paper: str, longer_pt: float) -> float:
    """Returns by how much a page is smaller than the paper that the scale is meant for."""
    reduction = A0_LONG_MM / 2 ** (int(paper) / 2) / (longer_pt * MM_PER_POINT)
    return 1.0 if abs(reduction - 1) < SAME_SIZE else reduction


def _by_equation(text: str) -> float:
    found = _EQUATION.fullmatch(text)
    if found is None:
        return 0.0
    drawn = _length(found[1], found[2]) * _MM[found[3].rstrip(".")]
    real = _length(found[4], found[5]) * _MM[found[6].rstrip(".")]
    return real / drawn if drawn else 0.0


def _length(whole: str | None, rest: str) -> float:
    """Returns a number such as 3, 1/4 or 1-1/2."""
    if rest.endswith("/0"):
        return 0.0
    return int(whole or 0) + float(Fraction(rest))
