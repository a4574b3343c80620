"""Draws what surrounds every drawing: border, zones, title block and notes."""

from __future__ import annotations

from tilescout.geometry import Box
from tilescout_samples.sheet import MIN_CAPITALS_MM, Sheet

MARGIN = 10.0
ZONE = 5.0
ROW = 7.0
TITLE_ROWS = (
    ("CLIENT", "NORTHWATER PROCESS LTD", 3.5),
    ("PROJECT", "PUMPING STATION 4, REFIT", 3.5),
    ("TITLE", "", 5.0),
    ("DRAWN", "A. MILLER   CHECKED  B. SATO", 2.5),
    ("SCALE", "1:50   SIZE", 2.5),
)
NOTES = (
    "NOTES",
    "1. ALL DIMENSIONS ARE IN MILLIMETRES.",
    "2. DO NOT SCALE FROM THIS DRAWING.",
    "3. READ TOGETHER WITH THE SCHEDULES.",
    "4. SUPPORTS ARE NOT SHOWN FOR CLARITY.",
    "5. VALVES ARE SHOWN IN NORMAL POSITION.",
)


def draw_border(sheet: Sheet, title: str, paper: str) -> Box:
    """Draws border, zone letters, title block and notes; returns the field that remains to draw
    in."""
    outer = Box(MARGIN, MARGIN, sheet.width - MARGIN, sheet.height - MARGIN)
    inner = outer.grow(-ZONE, -ZONE)
    sheet.rectangle(outer)
    sheet.rectangle(inner, width=0.7)
    _zones(sheet, outer, inner)
    strip_width = 120.0 if sheet.width > 500 else 80.0
    strip = Box(inner.right - strip_width, inner.top, inner.right, inner.bottom)
    sheet.wall((strip.left, strip.top), (strip.left, strip.bottom), 0.5)
    _title_block(sheet, strip, title, paper)
    _notes(sheet, strip)
    return Box(inner.left, inner.top, strip.left, inner.bottom)


def _zones(sheet: Sheet, outer: Box, inner: Box) -> None:
    columns = max(2, round(inner.width / 100))
    for column in range(columns):
        x = inner.left + inner.width * (column + 0.5) / columns
        for y in (outer.top, inner.bottom):
            sheet.text((x - 0.9, y + 1.2), str(column + 1), 2.5)
    rows = max(2, round(inner.height / 100))
    for row in range(rows):
        y = inner.top + inner.height * (row + 0.5) / rows
        for x in (outer.left, inner.right):
            sheet.text((x + 1.5, y - 1.2), "ABCDEFGH"[row], 2.5)


def _title_block(sheet: Sheet, strip: Box, title: str, paper: str) -> None:
    top = strip.bottom - 2 * ROW * len(TITLE_ROWS)
    for row, (name, content, height) in enumerate(TITLE_ROWS):
        y = top + 2 * ROW * row
        sheet.line((strip.left, y), (strip.right, y), width=0.35)
        sheet.text((strip.left + 2, y + 1.5), name, MIN_CAPITALS_MM)
        shown = {"TITLE": title, "SCALE": f"{content} {paper}"}.get(name, content)
        fitting = min(height, 0.9 * strip.width / sheet.text_size(shown, 1.0)[0])
        sheet.text((strip.left + 4, y + 6), shown, fitting)
    sheet.take(Box(strip.left, top, strip.right, strip.bottom))


def _notes(sheet: Sheet, strip: Box) -> None:
    for number, note in enumerate(NOTES):
        height = 3.5 if number == 0 else MIN_CAPITALS_MM
        sheet.text((strip.left + 4, strip.top + 6 + 6 * number), note, height)
