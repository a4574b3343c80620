"""A scan has no words of its own: what a detector reads later names its zones and title block."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.tilescout.sheet_layout.sheets import DrawnSheet, framed
from tilescout.detections import TextLine, Word
from tilescout.geometry import Box
from tilescout.merging.sheet_regions import layout_with_words
from tilescout.sheet_layout.layout import SheetLayout, layout_from_json, layout_to_json
from tilescout.sheet_layout.rulings import MAX_KEPT
from tilescout.sheet_layout.sheet_reader import read_sheet, read_words


def scan(sheet: DrawnSheet) -> SheetLayout:
    """The layout of the sheet's pixels alone, as a row keeps it."""
    layout = layout_to_json(read_sheet(sheet.grey, ()))
    return layout_from_json(json.loads(json.dumps(layout)))


def test_words_that_come_later_tell_the_same_as_words_at_once() -> None:
    sheet = framed()
    later = read_words(scan(sheet), sheet.words)
    assert replace(later, rulings={}) == read_sheet(sheet.grey, sheet.words)


def test_without_words_a_scan_has_its_frame_alone() -> None:
    layout = scan(framed())
    assert layout.frame is not None
    assert (layout.zones, layout.blocks, layout.fields) == (None, (), {})
    assert read_words(layout, ()) == layout


def test_a_page_with_words_of_its_own_stays_as_it_is() -> None:
    sheet = framed()
    layout = read_sheet(sheet.grey, sheet.words)
    assert layout.rulings == {}
    assert read_words(layout, sheet.words[:3]) is layout


def test_words_may_be_read_twice() -> None:
    sheet = framed()
    once = read_words(scan(sheet), sheet.words)
    assert read_words(once, sheet.words) == once


def test_what_is_kept_of_a_hatched_sheet_stays_small() -> None:
    sheet = framed()
    for y in range(100, 600, 3):
        sheet.across(y, 100, 100 + y)
    layout = scan(sheet)
    assert len(layout.rulings["across"]) <= MAX_KEPT + 20
    assert len(json.dumps(layout.rulings)) < 8_000


@pytest.mark.parametrize("direction", ["right", "up"])
def test_level_lines_of_a_detector_are_words_in_points(direction: str) -> None:
    sheet = framed()
    lines = [line(each.text, each.box.scale(2), direction) for each in sheet.words]
    layout = layout_with_words(scan(sheet), lines, dpi=144)
    assert layout.fields.get("number") == ("P-4711-02" if direction == "right" else None)


def line(text: str, box: Box, direction: str) -> TextLine:
    word = Word(text=text, confidence=99, box=box, line=0)
    return TextLine(
        text=text,
        confidence=99,
        box=box,
        words=(word,),
        tiles=(0,),
        direction=direction,  # type: ignore[arg-type]
    )
