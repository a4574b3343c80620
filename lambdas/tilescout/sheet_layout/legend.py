"""The symbols of a legend with their names, from its pixels and words.

What is neither a rule of the legend's table nor a word is a symbol, and belongs to the line of
text beside it. Boxes are in points of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tilescout.geometry import Box, union
from tilescout.sheet_layout.ruled_lines import Flags, Grey, RuledLine, RuledPage, inked, level_lines
from tilescout.sheet_layout.text_blocks import HEADINGS
from tilescout.sheet_layout.words import SheetWord, phrases

RULE = 0.3
"""A line of this share of the legend's side is a rule of its table."""
MIN_RULE_PT = 36
RULE_PX = 3
CELL_PT = 2.0
"""Ink that lies nearer to each other than this is one symbol."""
MIN_SIDE_PT, MIN_LONG_SIDE_PT = 2.0, 5.0
MAX_SIDE = 0.4
"""The longest side of a symbol, in shares of the legend's shorter side."""
MAX_ASPECT = 6.0
"""A mark that is longer shows a kind of line, which cannot be searched for."""
MAX_GAP = 16.0
"""The way from a symbol to its name, in heights of the name's letters."""
MAX_SHIFT = 1.5
"""The way that a name lies above or under its symbol's middle, in heights of its letters."""
MAX_LEADING = 0.9
TOUCH = 1.0
"""The way from a symbol to a short word that is part of it, in heights of its letters."""
MAX_LETTERING = 5
"""Words with more characters are never part of a symbol."""
BESIDE = 10.0
"""The room for symbols beside the text of a legend, in heights of its letters."""
MAX_NAME = 60
SPILL = 0.2
"""Letters may reach beyond their word's box by so much, in its heights."""


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A symbol of a legend: its name, and its box in points of the page."""

    name: str
    box: Box


@dataclass(frozen=True, slots=True)
class Legend:
    """The entries of a legend from the top, and how many lines of text have no symbol."""

    entries: tuple[LegendEntry, ...]
    without_symbol: int = 0


def read_legend(grey: Grey, pixel: float, block: Box, words: Sequence[SheetWord]) -> Legend:
    """Returns the symbols of the legend in a block of a page.

    ``grey`` is the page, rows x columns of ``pixel`` points each; ``block`` and ``words`` are in
    points. Names stand to the right of their symbols or, if more of them do, to the left.
    """
    area = _with_symbols(block, words).scale(1 / pixel).rounded()
    left, top, right, bottom = (max(0, side) for side in area)
    part = inked(grey[top:bottom, left:right])
    inside = Box(left, top, right, bottom).scale(pixel)
    moved = [
        SheetWord(each.text, each.box.shift(-inside.left, -inside.top))
        for each in words
        if inside.holds_point(*each.box.centre)
    ]
    read = _read(part, pixel, moved)
    entries = tuple(
        LegendEntry(each.name, each.box.shift(inside.left, inside.top)) for each in read.entries
    )
    return replace(read, entries=entries)


def _with_symbols(block: Box, words: Sequence[SheetWord]) -> Box:
    """Returns the block with room for symbols beside its text."""
    heights = [each.box.height for each in words if block.holds_point(*each.box.centre)]
    room = BESIDE * float(np.median(heights)) if heights else 0.0
    return block.grow(room, 0)


def _read(ink: Flags, pixel: float, words: Sequence[SheetWord]) -> Legend:
    """Returns the legend that fills a picture; ``words`` are in points from its corner."""
    ink, upright = _without_rules(ink, pixel)
    lines = phrases(words, RuledPage(ink=ink, across=(), down=upright))
    marks = _marks(_without_words(ink, pixel, words), pixel)
    names, marks = _without_lettering(lines, marks)
    width = ink.shape[1] * pixel
    turned = [SheetWord(each.text, _mirrored(each.box, width)) for each in names]
    on_right = _paired(marks, names)
    on_left = _paired([_mirrored(mark, width) for mark in marks], turned)
    if len(on_left.entries) <= len(on_right.entries):
        return on_right
    entries = [LegendEntry(each.name, _mirrored(each.box, width)) for each in on_left.entries]
    return Legend(tuple(entries), on_left.without_symbol)


def _mirrored(box: Box, width: float) -> Box:
    return Box(width - box.right, box.top, width - box.left, box.bottom)


def _without_rules(ink: Flags, pixel: float) -> tuple[Flags, tuple[RuledLine, ...]]:
    """Returns the ink without the rules of a table, and the upright ones in points."""
    height, width = ink.shape
    across = _rules(level_lines(ink), width, pixel)
    down = _rules(level_lines(ink.T), height, pixel)
    bare = ink.copy()
    for line in across:
        _erase(bare, line)
    for line in down:
        _erase(bare.T, line)
    points = (RuledLine(each.at * pixel, each.start * pixel, each.end * pixel) for each in down)
    return bare, tuple(points)


def _rules(lines: Iterable[RuledLine], side: int, pixel: float) -> list[RuledLine]:
    least = max(RULE * side, MIN_RULE_PT / pixel)
    return [line for line in lines if line.length >= least]


def _erase(ink: Flags, line: RuledLine) -> None:
    at = round(line.at)
    ink[max(0, at - RULE_PX) : at + RULE_PX, round(line.start) : round(line.end)] = False


def _without_words(ink: Flags, pixel: float, words: Sequence[SheetWord]) -> Flags:
    bare = ink.copy()
    for word in words:
        room = SPILL * word.box.height
        grown = word.box.grow(room, room).scale(1 / pixel)
        left, top, right, bottom = (max(0, at) for at in grown.rounded())
        bare[top:bottom, left:right] = False
    return bare


def _marks(ink: Flags, pixel: float) -> list[Box]:
    """Returns the boxes in points of what is drawn, each of ink that lies near to each other."""
    cell = max(1, round(CELL_PT / pixel))
    height, width = (-(-side // cell) * cell for side in ink.shape)
    whole = np.zeros((height, width), bool)
    whole[: ink.shape[0], : ink.shape[1]] = ink
    cells: Flags = np.asarray(
        whole.reshape(height // cell, cell, width // cell, cell).any(axis=(1, 3))
    )
    boxes = (_inked_box(whole, cell, group) for group in _groups(cells))
    return [box.scale(pixel) for box in boxes if _is_symbol_sized(box.scale(pixel), ink, pixel)]


def _is_symbol_sized(box: Box, ink: Flags, pixel: float) -> bool:
    longer, shorter = max(box.width, box.height), min(box.width, box.height)
    most = max(MAX_SIDE * min(ink.shape) * pixel, MIN_RULE_PT)
    is_line = longer > MAX_ASPECT * shorter
    return MIN_LONG_SIDE_PT <= longer <= most and shorter >= MIN_SIDE_PT and not is_line


def _groups(cells: Flags) -> list[list[tuple[int, int]]]:
    """Returns the inked cells in groups that touch, corners included."""
    left = {(int(row), int(column)) for row, column in np.argwhere(cells)}
    groups = []
    while left:
        group = [left.pop()]
        for row, column in group:
            near = {(row + y, column + x) for y in (-1, 0, 1) for x in (-1, 0, 1)} & left
            left -= near
            group += near
        groups.append(group)
    return groups


def _inked_box(ink: Flags, cell: int, group: Sequence[tuple[int, int]]) -> Box:
    """Returns the box in pixels of the ink in a group of cells."""
    rows, columns = [row for row, _ in group], [column for _, column in group]
    top, left = min(rows) * cell, min(columns) * cell
    part = ink[top : (max(rows) + 1) * cell, left : (max(columns) + 1) * cell]
    y, x = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return Box(left + x[0], top + y[0], left + x[-1] + 1, top + y[-1] + 1)


def _without_lettering(
    lines: Sequence[SheetWord], marks: Sequence[Box]
) -> tuple[list[SheetWord], list[Box]]:
    """Returns the lines that may be names, and the marks with the lettering in them."""
    grown = list(marks)
    names = []
    for line in lines:
        # A short word that touches a symbol is part of it where its name stands on the row.
        room = TOUCH * line.box.height if _has_longer(line, lines) else 0.0
        reach = line.box.grow(room, 0)
        holders = [n for n, mark in enumerate(grown) if _holds(mark, line.box, reach)]
        if holders and len(line.text) <= MAX_LETTERING:
            grown[holders[0]] = grown[holders[0]].union(line.box)
        elif re.search(r"[^\W\d_]{2}", line.text) and not _is_heading(line.text):
            names.append(line)
    return names, grown


def _has_longer(line: SheetWord, lines: Sequence[SheetWord]) -> bool:
    """Tells if a longer line stands on the row of a line."""
    return any(
        len(each.text) > MAX_LETTERING
        and abs(each.box.centre[1] - line.box.centre[1]) <= MAX_SHIFT * line.box.height
        for each in lines
    )


def _holds(mark: Box, line: Box, reach: Box) -> bool:
    overlap = mark.intersection(reach)
    touches = reach.width > line.width and overlap.width > 0 and overlap.height > 0
    return touches or mark.holds_point(*line.centre)


def _is_heading(text: str) -> bool:
    return re.fullmatch(HEADINGS["legend"], text.strip().upper()) is not None


def _paired(marks: Sequence[Box], names: Sequence[SheetWord]) -> Legend:
    """Returns the marks by the names to their right."""
    ordered = sorted(names, key=lambda name: (name.box.top, name.box.left))
    held: dict[int, list[Box]] = {}
    for mark in marks:
        if (number := _name_of(mark, ordered)) is not None:
            held.setdefault(number, []).append(mark)
    owner = _owners(ordered, held)
    entries = [
        LegendEntry(_text(ordered, owner, number), union(boxes)) for number, boxes in held.items()
    ]
    entries.sort(key=lambda each: (each.box.top, each.box.left))
    return Legend(tuple(entries), len(ordered) - len(owner))


def _name_of(mark: Box, names: Sequence[SheetWord]) -> int | None:
    """Returns the number of the name beside a mark: of the nearest column, the one on its row."""
    beside = [n for n, name in enumerate(names) if _is_beside(mark, name.box)]
    if not beside:
        return None
    nearest = min(names[n].box.left for n in beside)
    column = [n for n in beside if names[n].box.left - nearest <= 2 * names[n].box.height]
    return min(column, key=lambda n: abs(names[n].box.centre[1] - mark.centre[1]))


def _is_beside(mark: Box, name: Box) -> bool:
    gap = name.left - mark.right
    shift = abs(name.centre[1] - mark.centre[1])
    return -1 <= gap <= MAX_GAP * name.height and shift <= MAX_SHIFT * name.height


def _owners(names: Sequence[SheetWord], held: dict[int, list[Box]]) -> dict[int, int]:
    """Returns the names with a mark and the further lines of each, by the name that they go on."""
    owner = {number: number for number in held}
    for step in (1, -1):
        for number in sorted(range(len(names)), key=lambda n: step * n):
            near = (
                owner[other]
                for other in owner
                if number not in owner and _goes_on(names[other].box, names[number].box, step)
            )
            if (found := next(near, None)) is not None:
                owner[number] = found
    return owner


def _goes_on(one: Box, other: Box, step: int) -> bool:
    """Tells if the other line follows right under the one (above it where ``step`` is -1)."""
    gap = other.top - one.bottom if step == 1 else one.top - other.bottom
    same_start = abs(one.left - other.left) <= one.height
    return same_start and -0.5 * one.height <= gap <= MAX_LEADING * one.height


def _text(names: Sequence[SheetWord], owner: dict[int, int], number: int) -> str:
    lines = sorted((names[n] for n in owner if owner[n] == number), key=lambda name: name.box.top)
    return " ".join(line.text for line in lines)[:MAX_NAME].strip()
