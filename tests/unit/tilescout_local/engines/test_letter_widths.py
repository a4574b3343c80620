"""An O is told from a 0, and an I from a 1, by the width of its ink."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tilescout_local.engines.ink_extent import Extent
from tilescout_local.engines.letter_widths import (
    MeasuredLine,
    WidthsOfImage,
    measured,
    with_letters_by_width,
)
from tilescout_local.engines.recognition import Reading

HEIGHT, WIDTH = 30, 200


def read(text: str, widths: list[float]) -> str:
    """What becomes of a line of letters of these widths (px), 5 px apart, 30 px high."""
    lefts = [sum(widths[:at]) + 5 * at for at in range(len(widths))]
    letters = tuple(
        (left / WIDTH, (left + width) / WIDTH) for left, width in zip(lefts, widths, strict=True)
    )
    count = len(text.replace(" ", ""))
    reading = Reading(text, 0.99, tuple(range(count)), (0.99,) * count, float(count))
    ink = Extent(0.0, 0.0, 1.0, 1.0, letters)
    return with_letters_by_width(reading, ink, (HEIGHT, WIDTH)).text


@pytest.mark.parametrize(
    ("text", "widths", "expected"),
    [
        ("1022", [4, 28, 19, 19], "IO22"),  # IO22 in Arial
        ("1022", [11, 19, 19, 19], "1022"),
        ("102 7", [4, 28, 19, 19], "IO2 7"),
        ("PU0L 5", [20, 20, 27, 16, 19], "PUOL 5"),
        ("C100", [20, 15, 18, 18], "C100"),  # no digit tells the width
        ("1503", [4, 19, 19, 19], "1503"),  # a 1 that is a mere stroke
        ("2080", [16, 22, 16, 22], "2080"),  # 22 px of 30 px high are no O
    ],
)
def test_letters_are_told_by_their_width(text: str, widths: list[float], expected: str) -> None:
    assert read(text, widths) == expected


def test_letters_that_touch_are_left_as_they_were_read() -> None:
    assert read("1022", [4, 28, 43]) == "1022"


STROKE_FONT = {"0": 10.0, "O": 11.5, "1": 9.0, "I": 4.5, "/": 13.0, "C": 10.1}
"""The widths of letters; those of digits and of other letters are 10."""


def line(read: str, drawn: str = "", size: float = 1.0) -> MeasuredLine:
    """A line read as such; ``drawn`` are the letters that it shows."""
    letters = (drawn or read).replace(" ", "")
    widths = tuple(size * STROKE_FONT.get(letter, 10.0) for letter in letters)
    count = len(letters)
    reading = Reading(read, 0.99, tuple(range(count)), (0.99,) * count, float(count))
    return MeasuredLine(reading, widths)


NUMBERS = ["2305", "4807", "200213", "6054", "1913", "11216", "7/5/9/4/3/8"]
SHEET = [*map(line, [*NUMBERS, *5 * ["D2E3M4P5H6"], "COLD", "HOT", "MODES"])]


@pytest.mark.parametrize(
    ("read", "drawn"),
    [
        ("MODEO", "MODE0"),
        ("PHYADO", "PHYAD0"),
        ("DWO2R", "DW02R"),
        ("GPI033", "GPIO33"),
        ("1/04", "I/O4"),
        ("5 0HM", "5 OHM"),
        ("GPIO16", "GPIO16"),
        ("MODE0", "MODE0"),
    ],
)
def test_the_letters_of_an_image_tell_an_o_from_a_0(read: str, drawn: str) -> None:
    assert WidthsOfImage(SHEET).corrected(line(read, drawn, size=1.3)).text == drawn


def test_a_0_before_a_digit_stays_however_wide_it_is() -> None:
    assert WidthsOfImage(SHEET).corrected(line("C0603", "CO603")).text == "C0603"


def test_nothing_is_told_where_no_sure_o_says_how_wide_it_is() -> None:
    widths = WidthsOfImage([each for each in SHEET if "O" not in each.reading.text])
    assert widths.corrected(line("MODEO", "MODE0")).text == "MODEO"


def test_nothing_is_told_of_a_line_whose_letters_do_not_agree() -> None:
    blurred = line("7654MODEO", "7654MODE0")
    mixed = MeasuredLine(blurred.reading, (8.0, 13.0, 8.0, 13.0, 8.0, 11.5, 13.0, 8.0, 10.0))
    assert WidthsOfImage(SHEET).corrected(mixed).text == "7654MODEO"


def test_widths_are_measured_to_a_part_of_a_pixel() -> None:
    crop = np.full((40, 100, 3), 255, np.uint8)
    cv2.rectangle(crop, (20, 10), (29, 29), (0, 0, 0), 2)
    crop[9:31, 31] = 128
    cv2.rectangle(crop, (50, 10), (69, 29), (0, 0, 0), 2)
    ink = Extent(0.0, 0.0, 1.0, 1.0)
    reading = Reading("O0", 0.9, (15, 50), (0.9, 0.9), 80.0)

    first, second = measured(reading, ink, crop, 10).widths

    assert first == pytest.approx(12.5, abs=0.6)
    assert second == pytest.approx(22.0, abs=0.6)
