"""Blocks of text that are no drawing: legend, notes and the table of revisions."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tilescout.geometry import Box
from tilescout.sheet_layout.ruled_lines import RuledLine, RuledPage
from tilescout.sheet_layout.words import SheetWord, phrases

HEADINGS = {
    "legend": r"[A-Z&/ ]{0,40}LEGENDS?(?: [A-Z&/ ]{1,30})?:?|SYMBOLS?(?: LIST)?:?",
    "notes": r"(?:[A-Z&/ ]{1,30} )?NOTES?:?",
    "revision-table": r"REVISIONS?(?: HISTORY| TABLE| BLOCK)?:?|REV\.?",
}
BESIDE_REV = re.compile(r"ECN|ECO|DESCRIPTION|CHANGE|DATE", re.IGNORECASE)
MAX_AREA = {"legend": 0.35, "notes": 0.35, "revision-table": 0.1}
"""The area of a block, in shares of the sheet's."""
MAX_GAP = {"legend": 5.0, "notes": 3.0, "revision-table": 3.0}
"""The paper between two lines of a block, in heights of a line; symbols stand beside a legend's."""
MAX_RULE = 4
"""The way from a heading to the rule above or below it, in heights of the heading."""
ONE_LINE_PT = 3


def find_text_blocks(
    page: RuledPage, sheet: Box, words: Sequence[SheetWord]
) -> tuple[tuple[str, Box], ...]:
    """Returns names and boxes in points of the blocks whose headings are found.

    A block is the ruled box around its heading, else the lines of text below it.
    """
    lines = phrases(words, page)
    blocks: list[tuple[str, Box]] = []
    for line in lines:
        name = _name(line, lines)
        if name and not any(box.holds_point(*line.box.centre) for _, box in blocks):
            box = _ruled_box(page, name, line.box, sheet) or _unruled_box(page, name, line, lines)
            if box.area <= MAX_AREA[name] * sheet.area:
                blocks.append((name, box))
    return tuple(blocks)


def _name(line: SheetWord, lines: Sequence[SheetWord]) -> str:
    """Returns the name of the block that a phrase heads; REV alone needs more beside it."""
    text = line.text.strip().upper()
    for name, heading in HEADINGS.items():
        if re.fullmatch(heading, text):
            if not text.startswith("REV") or len(text) > len("REV."):
                return name
            beside = [
                each
                for each in lines
                if abs(each.box.centre[1] - line.box.centre[1]) <= line.box.height
                and BESIDE_REV.search(each.text)
            ]
            return name if beside else ""
    return ""


def _ruled_box(page: RuledPage, name: str, heading: Box, sheet: Box) -> Box | None:
    """Returns the box that a line along the heading and lines at its ends rule.

    Of several it is the smallest around the heading, else the smallest below it; the largest for a
    table, whose cells are ruled as well.
    """
    x, y = heading.centre
    along = [
        line
        for line in page.across
        if line.start - 2 <= x <= line.end + 2 and abs(y - line.at) <= MAX_RULE * heading.height
    ]
    boxes = [box for line in along if (box := _box_on(page, line, heading))]
    fitting = [box for box in boxes if box.area <= MAX_AREA[name] * sheet.area]
    if name == "revision-table":
        return max(fitting, key=lambda box: box.area, default=None)
    # A box that begins at the heading hangs below it, and may be one of letters.
    return min(fitting, key=lambda box: (box.top >= heading.top, box.area), default=None)


def _box_on(page: RuledPage, rule: RuledLine, heading: Box) -> Box | None:
    sides = [
        max(crossing, key=lambda line: line.end)
        for at in (rule.start, rule.end)
        if (crossing := _crossing(page.down, at, rule.at))
    ]
    if len(sides) < 2:
        return None
    top = min(rule.at, max(side.start for side in sides), heading.top)
    bottom = min(side.end for side in sides)
    return Box(rule.start, top, rule.end, bottom) if bottom > heading.bottom else None


def _crossing(lines: Sequence[RuledLine], at: float, y: float) -> list[RuledLine]:
    """Returns the lines down that pass through a point."""
    return [
        line
        for line in lines
        if abs(line.at - at) <= ONE_LINE_PT
        and line.start - ONE_LINE_PT <= y <= line.end + ONE_LINE_PT
    ]


def _unruled_box(page: RuledPage, name: str, heading: SheetWord, lines: Sequence[SheetWord]) -> Box:
    """Returns the box of the heading and the lines below it, with the symbols beside a legend's."""
    box = _lines_below(heading, lines, MAX_GAP[name])
    if name != "legend":
        return box
    top, bottom = max(0, round(box.top)), round(box.bottom)
    inked = np.flatnonzero(page.ink[top:bottom].any(axis=0))
    right = _inked_up_to(inked, box.right, heading.box.height)
    left = -_inked_up_to(-inked[::-1], -box.left, heading.box.height)
    return Box(left, box.top, right, box.bottom)


def _inked_up_to(inked: npt.NDArray[np.intp], start: float, height: float) -> float:
    """Returns the place up to which a column of symbols goes on that begins beside ``start``.

    ``inked`` are places in order. The column begins within four heights, has no gap of a height,
    and ends within ten: further ink is drawing.
    """
    end, gap = start, 4 * height
    for place in inked[inked > start].tolist():
        if place - end > gap or place - start > 10 * height:
            break
        end, gap = place + 1.0, height
    return end


def _lines_below(heading: SheetWord, lines: Sequence[SheetWord], max_gap: float) -> Box:
    """Returns the box of the heading and of the lines of text that follow it in its column."""
    box = heading.box
    below = sorted(lines, key=lambda each: each.box.top)
    for each in below:
        gap = each.box.top - box.bottom
        same_column = each.box.left < box.right and each.box.right > box.left
        if (
            each is not heading
            and same_column
            and gap + each.box.height >= 0
            and gap <= max_gap * max(each.box.height, heading.box.height)
        ):
            box = box.union(each.box)
    return box
