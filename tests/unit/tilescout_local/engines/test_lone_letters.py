"""Letters that stand alone are found by their marks, also on wires; parts of words and bars are
not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tilescout.geometry import Box
from tilescout_local.engines.lone_letters import (
    LoneLetters,
    crop_of,
    is_sure,
    lone_letters,
    quad_of,
    without_lines,
)
from tilescout_local.engines.recognition import Reading
from tilescout_local.engines.text_boxes import ink_of

HEIGHTS = [17.0]
"""The height of the capitals of the font, in px."""


def sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (300, 200), "white")
    return image, ImageDraw.Draw(image)


def write(draw: ImageDraw.ImageDraw, text: str, at: tuple[int, int]) -> None:
    draw.text(at, text, fill="black", font=ImageFont.load_default(24))


def pixels(image: Image.Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image))


def found(image: Image.Image) -> list[LoneLetters]:
    return lone_letters(without_lines(ink_of(pixels(image)), HEIGHTS), HEIGHTS)


def test_a_letter_and_a_pair_are_found_with_the_box_of_their_ink() -> None:
    image, draw = sheet()
    write(draw, "A", (40, 40))
    write(draw, "17", (150, 40))
    letter, pair = sorted(found(image), key=lambda each: each.box.left)
    assert (letter.count, letter.is_upright, letter.is_usual) == (1, False, True)
    assert (pair.count, pair.is_upright) == (2, False)
    ink = ink_of(pixels(image)).pixels
    assert letter.box == Box(*cut(ink, slice(0, 100)))


def cut(ink: NDArray[np.uint8], columns: slice) -> tuple[float, float, float, float]:
    """Returns left, top, right and bottom of the ink in some columns from the first."""
    rows, across = np.nonzero(ink[:, columns])
    left, right = float(across.min()), float(across.max() + 1)
    return left, float(rows.min()), right, float(rows.max() + 1)


def test_a_number_that_stands_on_its_wire_is_found_without_the_wire() -> None:
    image, draw = sheet()
    write(draw, "2", (100, 40))
    bottom = int(cut(ink_of(pixels(image)).pixels, slice(0, 300))[3])
    draw.line((0, bottom, 299, bottom), fill="black", width=2)
    free = without_lines(ink_of(pixels(image)), HEIGHTS)
    (letter,) = lone_letters(free, HEIGHTS)
    assert letter.count == 1
    crop = crop_of(pixels(image), free, letter)
    assert crop[-1].min() == 255


def test_a_pair_that_runs_upwards_is_turned_to_run_right() -> None:
    image, draw = sheet()
    write(draw, "A4", (10, 10))
    part = image.crop((0, 0, 60, 60)).rotate(90, expand=True)
    image, _ = sheet()
    image.paste(part, (100, 100))
    (pair,) = found(image)
    assert (pair.count, pair.is_upright) == (2, True)
    crop = crop_of(pixels(image), without_lines(ink_of(pixels(image)), HEIGHTS), pair)
    assert crop.shape[1] > crop.shape[0]


def test_a_word_of_three_letters_is_left_to_the_detector_of_lines() -> None:
    image, draw = sheet()
    write(draw, "GND", (40, 40))
    assert found(image) == []


def test_bars_and_pads_are_no_letters() -> None:
    image, draw = sheet()
    for left in (40, 120, 200):
        draw.rectangle((left, 40, left + 6, 57), fill="black")
    assert found(image) == []


@pytest.mark.parametrize(
    ("text", "confidence", "is_usual", "sure"),
    [
        ("A", 0.995, False, True),
        ("A", 0.98, True, False),
        ("A1", 0.999, True, False),
        ("-", 0.999, True, False),
        ("L", 0.999, False, False),
        ("L", 0.999, True, True),
    ],
)
def test_a_crop_is_a_letter_where_its_reading_is_beyond_doubt(
    text: str, confidence: float, is_usual: bool, sure: bool
) -> None:
    letter = LoneLetters(Box(0, 0, 10, 17), 1, False, is_usual)
    assert is_sure(letter, Reading(text, confidence, (), (), 1.0)) is sure


def test_the_corners_of_a_pair_that_runs_upwards_begin_at_the_bottom_left() -> None:
    pair = LoneLetters(Box(10, 20, 30, 60), 2, True, True)
    assert quad_of(pair) == ((10, 60), (10, 20), (30, 20), (30, 60))
