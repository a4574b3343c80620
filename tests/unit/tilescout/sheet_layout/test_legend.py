"""The symbols of a legend and their names, read from its pixels and words."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tilescout.sheet_layout.sheets import DrawnSheet
from tilescout.geometry import Box, iou
from tilescout.sheet_layout.legend import Legend, read_legend

BLOCK = Box(600, 100, 820, 300)


def read(sheet: DrawnSheet) -> Legend:
    return read_legend(sheet.grey, 1.0, BLOCK, sheet.words)


def table() -> DrawnSheet:
    """A ruled legend with room for five rows of 40 points."""
    sheet = DrawnSheet()
    sheet.box(600, 100, 820, 300)
    sheet.down(680, 100, 300)
    for y in range(140, 300, 40):
        sheet.across(y, 600, 820)
    return sheet


def test_a_symbol_has_the_name_beside_it() -> None:
    sheet = table()
    sheet.box(620, 110, 640, 130)
    sheet.write("GATE VALVE", 690, 116)
    (entry,) = read(sheet).entries
    assert entry.name == "GATE VALVE"
    assert iou(entry.box, Box(620, 110, 641, 131)) > 0.9


def test_names_may_stand_to_the_left() -> None:
    sheet = DrawnSheet()
    sheet.write("GATE VALVE", 610, 116)
    sheet.write("PUMP STATION", 610, 156)
    sheet.box(720, 110, 740, 130)
    sheet.box(720, 150, 745, 170)
    assert [entry.name for entry in read(sheet).entries] == ["GATE VALVE", "PUMP STATION"]


def test_a_name_may_have_two_lines() -> None:
    sheet = table()
    sheet.box(620, 110, 640, 130)
    sheet.write("WALL", 690, 111)
    sheet.write("PROTECTION", 690, 122)
    assert [entry.name for entry in read(sheet).entries] == ["WALL PROTECTION"]


def test_a_short_word_in_a_symbol_is_part_of_it() -> None:
    sheet = table()
    sheet.box(612, 108, 648, 132)
    sheet.write("AF10", 620, 116)
    sheet.write("KEYNOTE", 690, 116)
    (entry,) = read(sheet).entries
    assert entry.name == "KEYNOTE"
    assert iou(entry.box, Box(612, 108, 649, 133)) > 0.9


def test_a_line_of_text_without_a_symbol_is_counted() -> None:
    sheet = table()
    sheet.box(620, 110, 640, 130)
    sheet.write("GATE VALVE", 690, 116)
    sheet.write("ACOUSTIC TILE", 690, 156)
    read_one = read(sheet)
    assert (len(read_one.entries), read_one.without_symbol) == (1, 1)


def test_a_kind_of_line_is_no_symbol() -> None:
    sheet = table()
    sheet.across(120, 610, 670)
    sheet.across(123, 610, 670)
    sheet.write("COLD WATER", 690, 116)
    assert read(sheet).entries == ()


@settings(max_examples=20, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(12, 30), st.integers(12, 30)), min_size=1, max_size=5))
def test_each_row_has_its_own_symbol_whatever_its_size(rows: list[tuple[int, int]]) -> None:
    sheet = table()
    for number, (width, height) in enumerate(rows):
        y = 120 + 40 * number
        sheet.box(640 - width // 2, y - height // 2, 640 + width // 2, y + height // 2)
        sheet.write(f"SYMBOL {chr(65 + number) * 6}", 690, y - 4)
    names = [f"SYMBOL {chr(65 + number) * 6}" for number in range(len(rows))]
    assert [entry.name for entry in read(sheet).entries] == names
