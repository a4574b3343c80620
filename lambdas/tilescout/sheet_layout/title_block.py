"""The title block of a sheet: the ruled corner or strip that names the drawing, and its fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tilescout.geometry import Box
from tilescout.sheet_layout.ruled_lines import RuledLine, RuledPage
from tilescout.sheet_layout.words import SheetWord, phrases

MAX_AREA = 0.4
"""The area of a title block, in shares of what holds it."""
MIN_SIDE_PT = 18
MIN_CAPTIONS = 2
MAX_INSET = 0.04
"""A block may keep so much off the frame, in shares of the frame's side."""
ONE_LINE_PT = 3
LARGE_COSTS = 10
"""The captions that a block must hold more if it were as large as the sheet."""
MAX_LINES, MAX_RIGHTS, MAX_RANKED = 60, 8, 200
MIN_RULED = 0.7
END = r"\s*[:#.]?\s*"
FIELDS = {
    "number": r"(?:DWG|DRAWING|DOCUMENT|DOC|DRG|SHEET)\.?\s*(?:NO|NUMBER|NR|ID)",
    "revision": r"REV(?:ISION)?",
    "sheet": r"(?:SHEET|PAGE|ID)",
    "title": r"(?:DRAWING\s+|SHEET\s+)?TITLE",
    "scale": r"SCALE",
    "date": r"(?:ISSUED?\s+|PLOT\s+)?DATE",
}
NUMERIC = ("sheet", "scale", "date")
"""Fields whose values have a digit, and at most ``MAX_NUMERIC`` characters."""
MAX_NUMERIC = 30
CAPTION = re.compile(
    r"(?:DRAWN|DESIGN(?:ED)?|CHECKED|CHECK|APPROVED|APPROVAL|SIZE|PROJECT|UNITS?|TOLERANCES?|"
    r"PROJECTION|MATERIAL|FILE|COMPANY|CLIENT|ENGINEER|" + "|".join(FIELDS.values()) + r")\b",
    re.IGNORECASE,
)
CORNER = 0.15
"""The lower right corner, where a sheet may have its number in large, in shares of its sides."""
MIN_LARGE = 3.0
"""The height of such a number, in median heights of the sheet's words."""
MIN_WORDS_TO_COMPARE = 10
LARGE_NUMBER = re.compile(r"[A-Z]{1,3}-?\d{1,4}(?:\.\d{1,2})?[A-Z]?")
COLUMN_HEAD = re.compile(r"DESCRIPTIONS?|CHANGES?|ECN|ECO", re.IGNORECASE)
"""The head of a column of a table of revisions, which is no field's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleBlock:
    """The box of a title block in points, its fields by name, and how sure it is, 0 to 1."""

    box: Box
    fields: dict[str, str]
    confidence: float


def find_title_block(page: RuledPage, sheet: Box, words: Sequence[SheetWord]) -> TitleBlock | None:
    """Returns the title block within the sheet's frame (the page where it has none), or None.

    It is the smallest ruled corner or strip that holds most of the captions of a title block.
    """
    lines = phrases(words, page)
    captions = [line for line in lines if CAPTION.match(line.text.strip())]
    corner = _best_corner(page, sheet, captions)
    if corner is None:
        return None
    box = Box(corner.left, corner.top, sheet.right, sheet.bottom)
    inside = [each for each in lines if box.holds_point(*each.box.centre)]
    kinds = {match.group().upper() for each in inside if (match := CAPTION.match(each.text))}
    return TitleBlock(
        box=box, fields=read_fields(page, box, inside), confidence=min(1.0, len(kinds) / 5)
    )


def number_in_corner(sheet: Box, words: Sequence[SheetWord]) -> str:
    """Returns the drawing number that stands in the corner without a caption; empty without one.

    By the US National CAD Standard it is the largest lettering in the lower right corner, such as
    A101 or E-201.
    """
    if len(words) < MIN_WORDS_TO_COMPARE:
        return ""
    usual = median(map(_letter_height, words))
    left, top = sheet.right - CORNER * sheet.width, sheet.bottom - CORNER * sheet.height
    corner = Box(left, top, sheet.right, sheet.bottom)
    inside = [word for word in words if corner.holds_point(*word.box.centre)]
    largest = max(inside, key=_letter_height, default=None)
    if largest is None or _letter_height(largest) < MIN_LARGE * usual:
        return ""
    return largest.text if LARGE_NUMBER.fullmatch(largest.text) else ""


def _letter_height(word: SheetWord) -> float:
    return min(word.box.width, word.box.height)


def _best_corner(page: RuledPage, sheet: Box, captions: Sequence[SheetWord]) -> Box | None:
    """Returns the ruled corner with the most captions; large ones need some more of them."""
    centres = [each.box.centre for each in captions]
    ranked = []
    for box in _corners(page, sheet):
        held = sum(box.holds_point(*centre) for centre in centres)
        if held >= MIN_CAPTIONS:
            ranked.append((held - LARGE_COSTS * box.area / sheet.area, box))
    ranked.sort(key=lambda each: -each[0])
    near_bottom = MAX_INSET * sheet.height
    for _, box in ranked[:MAX_RANKED]:
        if _is_ruled(page.across, box.top, box.left, box.right) and _is_ruled(
            page.down, box.left, box.top, sheet.bottom - near_bottom
        ):
            return box
    return None


def _corners(page: RuledPage, sheet: Box) -> Iterator[Box]:
    """Yields the corners between lines at the lower right, and strips along right and bottom."""
    near_right, near_bottom = MAX_INSET * sheet.width, MAX_INSET * sheet.height
    rights = {line.at for line in page.down if sheet.right - near_right <= line.at}
    lefts = {line.at for line in page.down if abs(line.end - sheet.bottom) <= near_bottom}
    tops = {line.at for line in page.across if line.end >= sheet.right - near_right}
    for top in (sheet.top, *sorted(tops)[-MAX_LINES:]):
        for left in (sheet.left, *sorted(lefts)[-MAX_LINES:]):
            for right in (*sorted(rights)[-MAX_RIGHTS:], sheet.right):
                box = Box(left, top, right, sheet.bottom)
                small = min(right - left, sheet.bottom - top) < MIN_SIDE_PT
                if not small and box.area <= MAX_AREA * sheet.area:
                    yield box


def _is_ruled(lines: Sequence[RuledLine], at: float, start: float, end: float) -> bool:
    """Tells if lines at a place cover most of the way from start to end."""
    covered = sum(
        max(0.0, min(line.end, end) - max(line.start, start))
        for line in lines
        if abs(line.at - at) <= ONE_LINE_PT
    )
    return covered >= MIN_RULED * (end - start)


def read_fields(page: RuledPage, box: Box, lines: Sequence[SheetWord]) -> dict[str, str]:
    """Returns the fields that are captioned in the block.

    A value stands behind its caption, else in the rest of the caption's cell, else in the cell
    below.
    """
    fields: dict[str, str] = {}
    for name, caption in FIELDS.items():
        for line in lines:
            found = re.match(rf"{caption}{END}", line.text, re.IGNORECASE)
            if found is None or (found.end() < len(line.text) and not _is_end(line.text, found)):
                continue
            value = line.text[found.end() :].strip() or _in_cell(page, box, line, lines)
            if value and (name not in NUMERIC or _is_numeric(value)):
                fields.setdefault(name, value)
                break
    return fields


def _is_numeric(value: str) -> bool:
    return len(value) <= MAX_NUMERIC and re.search(r"\d", value) is not None


def _is_end(text: str, found: re.Match[str]) -> bool:
    """Tells if the caption ends there: by a sign or a space, and not within a word."""
    return not text[found.end() - 1].isalnum()


def _in_cell(page: RuledPage, block: Box, caption: SheetWord, lines: Sequence[SheetWord]) -> str:
    cell = _cell(page, block, caption.box, lines)
    below = Box(cell.left, cell.bottom + 2, cell.right, cell.bottom + 4)
    return _rest(cell, caption, lines) or _rest(_cell(page, block, below, lines), caption, lines)


def _rest(cell: Box, caption: SheetWord, lines: Sequence[SheetWord]) -> str:
    """Returns what stands in a cell beside its captions, from the top."""
    inside = [
        each
        for each in lines
        if each is not caption
        and cell.holds_point(*each.box.centre)
        and not CAPTION.match(each.text)
        and not COLUMN_HEAD.fullmatch(each.text.strip())
    ]
    ordered = sorted(inside, key=lambda each: (round(each.box.top), each.box.left))
    return " ".join(each.text for each in ordered).strip()


def _cell(page: RuledPage, block: Box, box: Box, lines: Sequence[SheetWord]) -> Box:
    """Returns the ruled cell around a box within the block."""
    x, y = box.centre
    rows = [
        line.at
        for line in page.across
        if line.start - 2 <= x <= line.end + 2 and not _is_lettering(line, lines)
    ]
    columns = [
        line.at
        for line in page.down
        if line.start - 2 <= y <= line.end + 2 and not _is_stem(line, lines)
    ]
    return Box(
        max([at for at in columns if block.left <= at <= x], default=block.left),
        max([at for at in rows if block.top <= at <= y], default=block.top),
        min([at for at in columns if x < at <= block.right], default=block.right),
        min([at for at in rows if y < at <= block.bottom], default=block.bottom),
    )


def _is_lettering(line: RuledLine, words: Sequence[SheetWord]) -> bool:
    """Tells if the strokes of letters beside each other were taken for a line."""
    return any(
        word.box.top < line.at < word.box.bottom
        and line.start >= word.box.left - 3
        and line.end <= word.box.right + 3
        for word in words
    )


def _is_stem(line: RuledLine, words: Sequence[SheetWord]) -> bool:
    """Tells if stems of letters, below each other, were taken for a line."""
    covered = sum(
        max(0.0, min(line.end, word.box.bottom) - max(line.start, word.box.top))
        for word in words
        if word.box.left < line.at < word.box.right
    )
    return covered > line.length / 2
