"""Scale bars: what they tell of the scale, and what only looks like one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tilescout.sheet_layout.sheets import DrawnSheet, framed
from tilescout.sheet_layout.layout import SheetLayout
from tilescout.sheet_layout.ruled_lines import read_lines
from tilescout.sheet_layout.scale_bar import KnownScale, bar_scales, known_scale
from tilescout.sheet_layout.sheet_reader import read_sheet, read_words

LEFT, TOP = 200, 600


def draw_bar(
    sheet: DrawnSheet, numbers: Sequence[str], points: float, *, unit: str = "", top: int = TOP
) -> None:
    """Draws a bar with a tick and a number at each value, as many points per unit."""
    values = [float(text.strip("'m")) for text in numbers]
    ends = [LEFT + round(points * value) for value in values]
    sheet.across(top, ends[0], ends[-1])
    for x, text in zip(ends, numbers, strict=True):
        sheet.down(x, top - 4, top + 4)
        width = 0.6 * 8 * len(text)
        sheet.write(text, x - width / 2, top + 10)
    if unit:
        sheet.write(unit, ends[-1] + 16, top + 10)


def scale_of(sheet: DrawnSheet) -> SheetLayout:
    return read_sheet(sheet.grey, sheet.words)


@pytest.mark.parametrize(
    ("numbers", "points", "unit", "scale"),
    [
        (("0", "5", "10"), 72 / 25.4 * 10, "m", 100),
        (("0", "5", "10"), 72 / 25.4 * 20, "METRES", 50),
        (("0", "1", "2", "3"), 72 / 25.4 * 304.8 / 10, "FT", 10),
        (("0'", "4'", "8'", "16'"), 9, "", 96),
        (("0", "10m"), 72 / 25.4 * 10, "", 100),
        (("0", "100", "200", "300"), 72 / 25.4 / 2, "mm", 2),
    ],
)
def test_a_bar_with_numbers_and_a_unit_tells_the_scale(
    numbers: tuple[str, ...], points: float, unit: str, scale: float
) -> None:
    sheet = DrawnSheet()
    draw_bar(sheet, numbers, points, unit=unit)
    layout = scale_of(sheet)
    assert (layout.scale, layout.scale_source) == (scale, "scale-bar")


@settings(max_examples=30, deadline=None)
@given(points=st.floats(9, 60), step=st.integers(1, 3))
def test_the_scale_is_read_to_one_and_a_half_per_cent(points: float, step: int) -> None:
    sheet = DrawnSheet()
    draw_bar(sheet, ("0", f"{step * 4}", f"{step * 8}"), points / step, unit="m")
    told = 1000 / (points / step * 25.4 / 72)
    assert scale_of(sheet).scale == pytest.approx(told, rel=0.025)


def test_blocks_of_ink_without_an_outline_are_a_bar() -> None:
    sheet = framed()
    sheet.grey[590:600, 200:300] = 0
    sheet.grey[600:610, 300:400] = 0
    for x, text in ((200, "0"), (300, "10"), (400, "20")):
        sheet.write(text, x - 2.4 * len(text), 618)
    sheet.write("FEET", 280, 632)
    assert scale_of(sheet).scale == pytest.approx(304.8 / (10 * 25.4 / 72), rel=0.015)


def test_a_bar_that_goes_on_to_the_left_of_zero_counts_from_zero() -> None:
    sheet = DrawnSheet()
    draw_bar(sheet, ("0", "10", "20"), 10, unit="m")
    sheet.across(TOP, LEFT - 100, LEFT)
    sheet.down(LEFT - 100, TOP - 4, TOP + 4)
    sheet.write("10", LEFT - 104, TOP + 10)
    assert scale_of(sheet).scale == pytest.approx(1000 / (10 * 25.4 / 72), rel=0.03)


def test_numbers_without_a_unit_tell_nothing() -> None:
    sheet = DrawnSheet()
    draw_bar(sheet, ("0", "5", "10"), 20)
    assert scale_of(sheet).scale == 0


def test_numbers_without_a_bar_tell_nothing() -> None:
    sheet = DrawnSheet()
    for x, text in ((200, "0"), (300, "5"), (400, "10")):
        sheet.write(text, x, 600)
    sheet.write("m", 430, 600)
    assert scale_of(sheet).scale == 0


def test_numbers_in_uneven_steps_tell_nothing() -> None:
    sheet = DrawnSheet()
    draw_bar(sheet, ("0", "10m"), 20)
    sheet.write("7", LEFT + 60, TOP + 10)
    sheet.words = [word for word in sheet.words if word.text != "10m"]
    sheet.write("10", LEFT + 195, TOP + 10)
    sheet.write("m", LEFT + 230, TOP + 10)
    assert scale_of(sheet).scale == 0


def test_the_axis_of_a_graph_is_no_bar() -> None:
    sheet = DrawnSheet()
    draw_bar(sheet, ("0", "5", "10"), 20, unit="m")
    sheet.down(LEFT, TOP - 150, TOP)
    assert scale_of(sheet).scale == 0


def test_two_bars_of_different_scales_give_no_size_and_it_is_told() -> None:
    sheet = DrawnSheet()
    draw_bar(sheet, ("0", "5", "10"), 72 / 25.4 * 10, unit="m")
    draw_bar(sheet, ("0", "5", "10"), 72 / 25.4 * 20, unit="m", top=300)
    layout = scale_of(sheet)
    assert layout.scale == 0
    assert layout.scale_note == "scale bars tell 1:50 and 1:100, so that no size is told"


def test_a_bar_is_believed_before_a_ratio_and_it_is_told() -> None:
    sheet = framed()
    sheet.write("Scale: 1:50", 1006, 710)
    draw_bar(sheet, ("0", "5", "10"), 72 / 25.4 * 10, unit="m")
    layout = scale_of(sheet)
    assert (layout.scale, layout.scale_source) == (100, "scale-bar")
    assert layout.scale_note == (
        "the title block tells 1:50 and the scale bar 1:100, which is used"
    )


@pytest.mark.parametrize(
    ("written", "told", "bars", "known"),
    [
        ("1:50", 50, (), KnownScale(50, "title-block")),
        ("1:50", 50, (50.4,), KnownScale(50, "title-block")),
        ("", 0, (50.0,), KnownScale(50, "scale-bar")),
        ("AS NOTED", 0, (50.0,), KnownScale(50, "scale-bar")),
        ("", 0, (), KnownScale()),
    ],
)
def test_what_is_known_of_a_scale(
    written: str, told: float, bars: tuple[float, ...], known: KnownScale
) -> None:
    assert known_scale(written, told, bars) == known


@pytest.mark.parametrize("written", ["NTS", "N.T.S.", "NONE", "VARIES", "1:50, 1:100"])
def test_a_bar_is_not_used_where_the_title_block_tells_no_single_scale(written: str) -> None:
    known = known_scale(written, 0, (50.0,))
    assert known.scale == 0
    assert written in known.note


def test_a_bar_of_a_scan_is_read_by_the_words_of_the_detector() -> None:
    sheet = framed()
    draw_bar(sheet, ("0", "5", "10"), 72 / 25.4 * 10, unit="m")
    before = read_sheet(sheet.grey, ())
    assert before.scale == 0
    assert read_words(before, sheet.words).scale == 100


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["0", "1", "2", "3m", "10", "0'", "m", "FT"]), max_size=12))
def test_any_numbers_anywhere_are_read_without_failing(texts: list[str]) -> None:
    sheet = DrawnSheet(width=300, height=200)
    for number, text in enumerate(texts):
        sheet.write(text, 20 + 70 * (number % 4), 20 + 40 * (number // 4))
    assert bar_scales(read_lines(sheet.grey), sheet.words) == ()
