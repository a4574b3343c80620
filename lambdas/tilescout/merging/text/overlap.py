"""Aligns two readings of one line: finds a character that both of them show."""

from __future__ import annotations

from tilescout.merging.text.confusions import fold_confusable
from tilescout.merging.text.glyphs import Glyph

FAR = 2.0
"""Characters whose centres are this many characters apart are not the same one."""
SURE = 0.5
"""Smallest strength of agreement (a good character is about 1) to trust text over place."""
ALIKE = 2
"""A match of this many equal characters is trusted wherever they lie: a box that a tile cuts may
begin a character too early."""

LONG = 4
"""A match of this many equal characters is one text even where their places do not agree: letters
differ in width, and each of two cut words is measured from its whole end."""

Cell = tuple[int, int]


def meeting_point(tail: list[Glyph], head: list[Glyph], advance: float) -> Cell | None:
    """Returns the indices in ``tail`` and ``head`` of one character that both show, or None.

    The first choice is the shift at which the end of one and the start of the other agree all
    along, best to the letter. Where one reading has a character more, it is the strongest common
    run (a local alignment without gaps; Smith and Waterman, 1981). Characters at different
    places count less, so repeated ones find their own; a single misread character is forgiven.
    """
    gains = _gains(tail, head, advance)
    same = _best_shift(gains, tail, head) or _best_run(gains)
    matching = [cell for cell in same if gains.get(cell, -1.0) > 0] or same
    return matching[len(matching) // 2] if matching else None


def _gains(tail: list[Glyph], head: list[Glyph], advance: float) -> dict[Cell, float]:
    """Scores pairs of near characters: 1 for equal ones at one place, -1 for different ones."""
    gains = {}
    twins = [(fold_confusable(glyph.char), glyph.centre) for glyph in head]
    for one, glyph in enumerate(tail):
        char, centre = fold_confusable(glyph.char), glyph.centre
        for other, (twin, place) in enumerate(twins):
            off = abs(centre - place) / advance
            if off < FAR:
                gains[one, other] = 1 - 0.4 * off * (1 + off) if char == twin else -1.0
    return gains


def _best_shift(gains: dict[Cell, float], tail: list[Glyph], head: list[Glyph]) -> list[Cell]:
    best: tuple[bool, float, int, list[Cell]] = (False, 0.0, 0, [])
    for shift in sorted({other - one for one, other in gains}):
        first, end = max(0, -shift), min(len(tail), len(head) - shift)
        cells = [(one, one + shift) for one in range(first, end)]
        found = [gains.get(cell, -1.0) for cell in cells]
        mean = sum(found) / len(cells)
        is_long = len(cells) >= LONG and all(
            cell in gains and _are_same(tail[cell[0]], head[cell[1]]) for cell in cells
        )
        if is_long or mean >= SURE or (len(cells) >= ALIKE and min(found) > 0):
            best = max(best, (is_long, mean, len(cells), cells))
    return best[3]


def _are_same(one: Glyph, other: Glyph) -> bool:
    return fold_confusable(one.char) == fold_confusable(other.char)


def _best_run(gains: dict[Cell, float]) -> list[Cell]:
    best, end, length = SURE, (0, 0), 0
    runs: dict[Cell, tuple[float, int]] = {}
    for (one, other), gain in sorted(gains.items()):
        before, count = runs.get((one - 1, other - 1), (0.0, 0))
        total = before + gain
        if total > 0:
            runs[one, other] = total, count + 1
        if total > best:
            best, end, length = total, (one, other), count + 1
    return [(end[0] - back, end[1] - back) for back in reversed(range(length))]
