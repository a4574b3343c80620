"""A symbol beside a tag is no letter of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tilescout_local.engines.end_symbols import without_end_symbols, without_ticks
from tilescout_local.engines.recognition import Reading

AROUND = 10
LETTERS = (20, 50, 80)
"""The left ends of letters of 18 x 20 px, in a crop of 60 x 180 px."""


def letters() -> NDArray[np.uint8]:
    crop = np.full((60, 180, 3), 255, np.uint8)
    for left in LETTERS:
        cv2.rectangle(crop, (left, 20), (left + 17, 39), (0, 0, 0), 2)
    return crop


def read(text: str, *middles: float) -> Reading:
    """A reading with a letter at each of these columns of px."""
    columns = tuple(round(middle - AROUND - 0.5) for middle in middles)
    return Reading(text, 0.9, columns, (0.9,) * len(middles), 160.0)


def told(crop: NDArray[np.uint8], reading: Reading) -> str:
    return without_end_symbols(reading, crop, AROUND).text


def test_a_circle_with_a_wire_after_the_letters_is_left_out() -> None:
    crop = letters()
    cv2.circle(crop, (130, 30), 14, (0, 0, 0), 3)
    crop[28:32, 144:] = 0

    assert told(crop, read("U-2 0", 29, 59, 89, 130)) == "U-2"


def test_a_circle_on_a_wall_is_left_out() -> None:
    crop = letters()
    cv2.circle(crop, (130, 30), 14, (0, 0, 0), 3)
    crop[28:32, 144:160] = 0
    crop[:, 158:162] = 0

    assert told(crop, read("U-20", 29, 59, 89, 130)) == "U-2"


def test_a_circle_before_the_letters_is_left_out() -> None:
    crop = letters()[:, ::-1].copy()
    cv2.circle(crop, (40, 30), 16, (0, 0, 0), 3)

    assert told(crop, read("DSO1", 40, 91, 121, 151)) == "SO1"


@pytest.mark.parametrize("end", ["letter", "wall", "wire"])
def test_a_letter_at_the_end_stays(end: str) -> None:
    crop = letters()
    cv2.rectangle(crop, (110, 20), (127, 39), (0, 0, 0), 2)
    if end == "wall":
        crop[:, 126:129] = 0
    if end == "wire":
        crop[29:31, 126:] = 0

    assert told(crop, read("V100", 29, 59, 89, 118)) == "V100"


def test_two_letters_do_not_tell_how_large_letters_are() -> None:
    crop = letters()
    crop[:, 70:] = 255
    cv2.circle(crop, (60, 30), 16, (0, 0, 0), 3)

    assert told(crop, read("A0", 29, 60)) == "A0"


def axis(gap: int) -> NDArray[np.uint8]:
    """Three letters with a dash after them, and an axis ``gap`` px behind the dash."""
    crop = letters()
    crop[28:31, 104:128] = 0
    crop[:, 128 + gap : 131 + gap] = 0
    return crop


@pytest.mark.parametrize(("gap", "expected"), [(0, "160"), (6, "160-")])
def test_a_dash_that_touches_an_axis_is_a_tick(gap: int, expected: str) -> None:
    assert without_ticks(read("160-", 29, 59, 89, 116), axis(gap), AROUND).text == expected


def test_a_dash_before_a_number_that_touches_an_axis_is_a_tick() -> None:
    crop = axis(0)[:, ::-1].copy()
    assert without_ticks(read("-160", 64, 91, 121, 151), crop, AROUND).text == "160"


def test_a_dash_between_letters_stays_where_it_touches_a_line() -> None:
    assert without_ticks(read("1-60", 29, 59, 89, 116), axis(0), AROUND).text == "1-60"
