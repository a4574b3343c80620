"""Blocks of text that are no drawing: legend, notes and the table of revisions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tilescout.geometry import Box
from tilescout.sheet_layout.ruled_lines import RuledLine, RuledPage
from tilescout.sheet_layout.words import SheetWord, phrases

HEADINGS = {
    "legend": r"(?:[A-Z ]+ )?LEGEND(?:S)?:?|SYMBOLS?(?: LIST| LEGEND)?:?",
    "notes": r"(?:GENERAL |KEYED |SHEET |DRAWING )?NOTES?:?",
    "revision-table": r"REVISIONS?(?: HISTORY| TABLE| BLOCK)?:?|REV\.?",
}
BESIDE_REV = re.compile(r"ECN|ECO|DESCRIPTION|CHANGE|DATE", re.IGNORECASE)
MAX_AREA = 0.35
"""The area of a block, in shares of the sheet's."""
MAX_GAP = 3.0
"""The paper between two lines of a block, in heights of a line."""
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
            box = _ruled_box(page, line.box) or _lines_below(line, lines)
            if box.area <= MAX_AREA * sheet.area:
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


def _ruled_box(page: RuledPage, heading: Box) -> Box | None:
    """Returns the box that a line above the heading and lines from its ends downwards rule."""
    x, y = heading.centre
    above = [
        line for line in page.across
        if line.start - 2 <= x <= line.end + 2 and 0 <= y - line.at <= 4 * heading.height
    ]  # fmt: skip
    for top in sorted(above, key=lambda line: -line.length):
        left = _side(page.down, top.start, top.at)
        right = _side(page.down, top.end, top.at)
        if left and right:
            return Box(left.at, top.at, right.at, min(left.end, right.end))
    return None


def _side(lines: Sequence[RuledLine], at: float, top: float) -> RuledLine | None:
    """Returns the longest line down from a corner."""
    down = [
        line for line in lines
        if abs(line.at - at) <= ONE_LINE_PT and line.start <= top + ONE_LINE_PT < line.end
    ]  # fmt: skip
    return max(down, key=lambda line: line.end, default=None)


def _lines_below(heading: SheetWord, lines: Sequence[SheetWord]) -> Box:
    """Returns the box of the heading and of the lines of text that follow it in its column."""
    box = heading.box
    below = sorted(lines, key=lambda each: each.box.top)
    for each in below:
        gap = each.box.top - box.bottom
        same_column = each.box.left < box.right and each.box.right > box.left
        if each is not heading and same_column and 0 <= gap + each.box.height and gap <= (
            MAX_GAP * max(each.box.height, heading.box.height)
        ):
            box = box.union(each.box)
    return box
