"""The layout of a sheet: frame, zones, title block, text blocks, and what is none of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.tilescout.sheet_layout.sheets import BORDER, INNER, DrawnSheet, framed
from tilescout.geometry import Box, iou
from tilescout.sheet_layout.layout import SheetLayout, layout_from_json, layout_to_json
from tilescout.sheet_layout.ruled_lines import read_lines
from tilescout.sheet_layout.sheet_reader import read_sheet
from tilescout.sheet_layout.words import SheetWord


def read(sheet: DrawnSheet) -> SheetLayout:
    return read_sheet(sheet.grey, sheet.words)


def around(x: float, y: float) -> Box:
    return Box(x - 2, y - 2, x + 2, y + 2)


class TestFrame:
    def test_the_inner_of_two_rectangles_is_the_frame(self) -> None:
        frame = read(framed()).frame
        assert frame is not None
        assert iou(frame, INNER) > 0.99

    @pytest.mark.parametrize("grey", [0, 120, 210])
    def test_a_single_line_of_any_colour_is_a_frame(self, grey: int) -> None:
        sheet = DrawnSheet()
        sheet.box(30, 30, 1160, 810, grey)
        sheet.write("a drawing", 400, 400)
        frame = read(sheet).frame
        assert frame is not None
        assert iou(frame, Box(30, 30, 1160, 810)) > 0.99

    def test_a_page_without_lines_has_none(self) -> None:
        sheet = DrawnSheet()
        sheet.write("just a letter", 100, 100)
        layout = read(sheet)
        assert layout == SheetLayout()
        assert layout.region_of(around(5, 5)) == "drawing"

    def test_the_outline_of_a_building_is_none(self) -> None:
        sheet = DrawnSheet()
        sheet.box(120, 90, 1080, 760)
        for place in range(130, 1050, 60):
            sheet.write("1250", place, 60)
            sheet.across(75, place, place + 50)
            sheet.write("3400", place, 790)
        assert read(sheet).frame is None

    @pytest.mark.parametrize(("lines", "is_framed"), [(1, True), (2, True), (3, False)])
    def test_a_nearly_empty_sheet_has_its_frame_in_spite_of_a_plotter_stamp(
        self, lines: int, is_framed: bool
    ) -> None:
        sheet = DrawnSheet()
        sheet.box(60, 60, 1130, 780)
        for line in range(lines):
            sheet.write("SURVEYORS PLOTTED ON MONDAY", 60 + 380 * line, 30, 12)
        for word in sheet.words:
            for x in range(int(word.box.left), int(word.box.right)):
                sheet.down(x, 32, 40)
        assert (read(sheet).frame is not None) == is_framed

    def test_a_trim_line_on_the_edge_of_the_paper_is_none(self) -> None:
        sheet = DrawnSheet()
        sheet.box(1, 1, 1189, 840)
        sheet.write("a drawing", 400, 400)
        assert read(sheet).frame is None

    def test_a_border_that_the_edge_of_the_paper_cuts_is_none_of_the_drawing(self) -> None:
        sheet = DrawnSheet()
        sheet.box(40, 12, 1150, 800)
        for x in (20, 1170):
            sheet.down(x, 0, 820)
        sheet.across(820, 20, 1170)
        frame = read(sheet).frame
        assert frame is not None
        assert iou(frame, Box(40, 12, 1150, 800)) > 0.99

    def test_a_building_with_dimensions_along_two_sides_is_none(self) -> None:
        sheet = DrawnSheet()
        sheet.box(120, 90, 1080, 760)
        sheet.across(60, 120, 1080)
        sheet.down(90, 90, 760)
        for place in range(130, 1050, 30):
            sheet.write("1250", place, 44)
        for place in range(100, 750, 20):
            sheet.write("900", 70, place)
        assert read(sheet).frame is None

    def test_a_table_in_the_middle_is_none(self) -> None:
        sheet = DrawnSheet()
        sheet.box(300, 200, 900, 600)
        assert read(sheet).frame is None

    @settings(max_examples=25)
    @given(
        left=st.integers(10, 100), top=st.integers(10, 80),
        right=st.integers(10, 100), bottom=st.integers(10, 80),
    )  # fmt: skip
    def test_it_is_found_wherever_it_lies(
        self, left: int, top: int, right: int, bottom: int
    ) -> None:
        sheet = DrawnSheet()
        sheet.box(left, top, 1191 - right, 842 - bottom)
        frame = read(sheet).frame
        assert frame is not None
        assert iou(frame, Box(left, top, 1191 - right, 842 - bottom)) > 0.99


class TestSkew:
    @pytest.mark.parametrize("degrees", [-0.7, -0.3, 0.5, 0.9])
    def test_a_sheet_that_lies_askew_has_the_same_zones(self, degrees: float) -> None:
        sheet = framed()
        slope = np.tan(np.radians(degrees))
        turned = np.full_like(sheet.grey, 255)
        rows, columns = np.nonzero(sheet.grey < 128)
        x, y = columns - slope * rows, rows + slope * columns
        inside = (x >= 0) & (x < 1190.4) & (y >= 0) & (y < 841.4)
        turned[np.rint(y[inside]).astype(int), np.rint(x[inside]).astype(int)] = 0
        words = [
            SheetWord(each.text, each.box.shift(-slope * y, slope * x))
            for each in sheet.words
            for x, y in [each.box.centre]
        ]
        layout = read_sheet(turned, words)
        assert layout.slope == pytest.approx(slope, abs=0.002)
        place = 40 + 3.5 * 1110 / 8, 40 + 1.5 * 760 / 6
        askew = place[0] - slope * place[1], place[1] + slope * place[0]
        assert layout.zone_of(around(*askew)) == "E4"

    def test_the_skew_is_found_to_two_hundredths_of_a_degree(self) -> None:
        slope = np.tan(np.radians(0.53))
        turned = np.full((842, 1191), 255, np.uint8)
        for row in range(60, 800, 40):
            columns = np.arange(60, 1130)
            turned[np.rint(row + slope * columns).astype(int).clip(0, 841), columns] = 0
        assert read_lines(turned).slope == pytest.approx(slope, abs=np.radians(0.02))

    def test_a_straight_page_is_left_as_it_is(self) -> None:
        assert read_lines(framed().grey).slope == 0.0


class TestZones:
    def test_letter_and_number_name_a_place(self) -> None:
        layout = read(framed())
        assert layout.zone_of(around(41, 41)) == "F1"
        assert layout.zone_of(around(1149, 799)) == "A8"
        assert layout.zone_of(around(600, 460)) == "C5"

    def test_a_place_outside_of_the_frame_has_none(self) -> None:
        assert read(framed()).zone_of(around(30, 420)) == ""

    def test_a_name_that_was_not_read_is_counted_on(self) -> None:
        sheet = framed()
        sheet.words = [each for each in sheet.words if each.text not in ("3", "D")]
        layout = read(sheet)
        assert layout.zones is not None
        assert layout.zones.columns.names == tuple("12345678")
        assert layout.zones.rows.names == tuple("FEDCBA")

    @pytest.mark.parametrize("lost", [1, 2, 4])
    def test_zones_are_equal_where_ticks_are_lost(self, lost: int) -> None:
        sheet = framed()
        for number in range(lost):
            at = round(INNER.left + (2 + number) * INNER.width / 8)
            sheet.grey[22:39, at] = 255
        layout = read(sheet)
        assert layout.zones is not None
        assert layout.zones.columns.names == tuple("12345678")

    def test_names_that_do_not_follow_each_other_name_nothing(self) -> None:
        sheet = framed()
        sheet.words = [
            SheetWord("7", each.box) if each.text == "2" and each.box.top < 40 else each
            for each in sheet.words
        ]
        assert read(sheet).zones is None

    def test_letters_leave_out_i_and_o_where_the_sheet_does(self) -> None:
        sheet = DrawnSheet()
        for box in (INNER, BORDER):
            sheet.box(int(box.left), int(box.top), int(box.right), int(box.bottom))
        sheet.zones("GHJK", "1234", INNER, BORDER)
        assert read(sheet).zone_of(around(700, 100)) == "J1"

    def test_without_names_there_are_no_zones(self) -> None:
        sheet = framed()
        sheet.words = []
        assert read(sheet).zones is None


class TestTitleBlock:
    def test_its_place_and_fields_are_read(self) -> None:
        layout = read(framed())
        assert layout.region_of(around(1000, 760)) == "title-block"
        assert layout.region_of(around(700, 760)) == "drawing"
        assert dict(layout.fields) == {
            "number": "P-4711-02", "revision": "C", "title": "PUMP HOUSE"
        }  # fmt: skip

    def test_a_value_behind_its_caption_is_read(self) -> None:
        sheet = framed()
        sheet.write("Scale: 1:50", 1006, 710)
        assert read(sheet).fields["scale"] == "1:50"

    def test_a_corner_without_captions_is_none(self) -> None:
        sheet = framed()
        sheet.words = [each for each in sheet.words if len(each.text) < 2]
        layout = read(sheet)
        assert layout.blocks == ()
        assert layout.fields == {}


class TestTextBlocks:
    def test_a_ruled_legend_is_a_region(self) -> None:
        sheet = framed()
        sheet.box(900, 100, 1140, 300)
        sheet.across(120, 900, 1140)
        sheet.write("SYMBOL LEGEND", 950, 106)
        sheet.write("GATE VALVE", 980, 150)
        layout = read(sheet)
        assert layout.region_of(around(990, 250)) == "legend"
        assert layout.region_of(around(990, 320)) == "drawing"

    def test_notes_are_the_lines_below_their_heading(self) -> None:
        sheet = framed()
        sheet.write("GENERAL NOTES:", 900, 200)
        for line in range(4):
            sheet.write("all dimensions in millimetres", 900, 216 + 14 * line)
        layout = read(sheet)
        assert layout.region_of(around(960, 246)) == "notes"
        assert layout.region_of(around(960, 330)) == "drawing"

    def test_symbols_beside_the_text_of_a_legend_belong_to_it(self) -> None:
        sheet = framed()
        sheet.write("LEGEND", 900, 200)
        for line in range(4):
            sheet.box(860, 222 + 30 * line, 880, 238 + 30 * line)
            sheet.write("GATE VALVE", 900, 226 + 30 * line)
        sheet.box(800, 252, 830, 268)
        layout = read(sheet)
        assert layout.region_of(around(870, 260)) == "legend"
        assert layout.region_of(around(815, 260)) == "drawing"

    def test_revisions_are_a_table_of_their_own(self) -> None:
        sheet = framed()
        sheet.box(850, 40, 1150, 100)
        sheet.across(60, 850, 1150)
        sheet.down(900, 40, 100)
        sheet.write("REV", 856, 46)
        sheet.write("DESCRIPTION", 910, 46)
        sheet.write("B", 870, 75)
        assert read(sheet).region_of(around(1000, 80)) == "revision-table"


class TestNumberInTheCorner:
    @staticmethod
    def sheet(text: str, height: float, left: float = 1040, top: float = 780) -> DrawnSheet:
        sheet = DrawnSheet()
        for line in range(12):
            sheet.write("1250 note", 200, 100 + 20 * line)
        sheet.write(text, left, top, height)
        return sheet

    @pytest.mark.parametrize("number", ["E201A", "A101", "M-3", "AF101", "E2.01"])
    def test_the_largest_lettering_of_the_corner_is_the_number(self, number: str) -> None:
        assert read(self.sheet(number, 32)).fields == {"number": number}

    @pytest.mark.parametrize("text", ["PLAN", "2024", "GARAGE", "E201A,"])
    def test_other_large_lettering_is_none(self, text: str) -> None:
        assert read(self.sheet(text, 32)).fields == {}

    def test_lettering_of_the_usual_height_is_none(self) -> None:
        assert read(self.sheet("E201A", 12)).fields == {}

    def test_large_lettering_elsewhere_is_none(self) -> None:
        assert read(self.sheet("E201A", 32, left=500, top=400)).fields == {}

    def test_a_number_with_a_caption_comes_before(self) -> None:
        sheet = framed()
        for line in range(12):
            sheet.write("1250 note", 200, 100 + 20 * line)
        captioned = read(sheet).fields["number"]
        sheet.write("E201A", INNER.right - 120, INNER.bottom - 60, 32)
        assert read(sheet).fields["number"] == captioned


def test_a_layout_is_written_and_read_back() -> None:
    layout = read(framed())
    assert layout_from_json(layout_to_json(layout)) == layout


def test_a_page_that_is_a_pattern_has_no_lines() -> None:
    grey = np.full((2000, 5000), 255, np.uint8)
    grey[::2, :] = 0
    for gap in range(6):
        grey[:, gap::40] = 255
    assert read_lines(grey).across == ()
