"""Rows of marks at an angle are found outside of the lines that were read."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tilescout_local.engines.text_boxes import Ink
from tilescout_local.engines.text_reading import Quad
from tilescout_local.engines.turned_lettering import turned_rows

FONT = ImageFont.load_default(22)


def ink(image: Image.Image) -> Ink:
    return Ink((np.asarray(image.convert("L")) < 128).astype(np.uint8), 255)


def turned(degrees: int, text: str = "PUMP P-1042") -> Ink:
    """The text, turned anticlockwise around the middle of 400 x 400 px."""
    image = Image.new("L", (400, 400), 255)
    ImageDraw.Draw(image).text((200, 200), text, fill=0, font=FONT, anchor="mm")
    return ink(image.rotate(degrees, fillcolor=255, resample=Image.Resampling.BICUBIC))


@pytest.mark.parametrize(("turn", "told"), [(30, -30), (-30, 30), (47, -45), (60, -60), (-75, 75)])
def test_a_row_is_found_with_the_angle_by_which_it_is_turned_clockwise(
    turn: int, told: int
) -> None:
    found = turned_rows(turned(turn), [])

    assert told in [degrees for degrees, _ in found]
    middles = [corners.mean(axis=0) for degrees, corners in found if degrees == told]
    assert any(abs(x - 200) < 40 and abs(y - 200) < 40 for x, y in middles)


def test_a_row_that_a_line_covers_is_not_found() -> None:
    line: Quad = ((0.0, 0.0), (400.0, 0.0), (400.0, 400.0), (0.0, 400.0))
    assert turned_rows(turned(30), [line]) == []


def test_level_lettering_is_not_found() -> None:
    assert turned_rows(turned(0), []) == []


def test_hatching_is_not_found() -> None:
    image = Image.new("L", (400, 400), 255)
    for left in range(20, 380, 14):
        ImageDraw.Draw(image).line((left, 220, left + 20, 200), fill=0, width=2)
    assert turned_rows(ink(image), []) == []


def test_an_empty_image_has_no_rows() -> None:
    assert turned_rows(ink(Image.new("L", (100, 100), 255)), []) == []
