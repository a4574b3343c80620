"""The detector's image is scaled to its lettering, and upright rows are found beside flat ones."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tilescout.geometry import Box
from tilescout_local.engines.text_boxes import Corners, Lettering, ink_of, lettering_of, straight


@pytest.mark.parametrize(("height", "scale"), [(8, 1.0), (12, 1.0), (16, 0.75), (40, 0.7)], ids=str)
def test_large_lettering_is_scaled_to_what_the_detector_reads(height: int, scale: float) -> None:
    row = Box(0, 0, 5 * height, height)

    assert Lettering((row,), ()).scale() == pytest.approx(scale)


def test_small_lettering_beside_large_keeps_its_height() -> None:
    large, small = Box(0, 0, 160, 16), Box(0, 50, 40, 59)

    assert Lettering((large, small, small, small), ()).scale() == 1.0


def test_an_image_without_lettering_keeps_its_scale() -> None:
    assert Lettering((), ()).scale() == 1.0


def test_rows_that_run_upwards_are_told_apart() -> None:
    image = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(image).text((20, 20), "FLAT 123", fill="black", font=ImageFont.load_default(24))
    seen = lettering_of(ink_of(np.asarray(image)))
    turned = lettering_of(ink_of(np.ascontiguousarray(np.rot90(np.asarray(image)))))

    assert (len(seen.flat) > 0, len(seen.upright)) == (True, 0)
    assert (len(turned.flat), len(turned.upright) > 0) == (0, True)


def tilted(width: float, height: float, degrees: float) -> Corners:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) @ turn
    return np.asarray(corners, np.float32)


def test_a_short_word_that_is_tilted_by_chance_stands_straight() -> None:
    box = straight(tilted(40, 20, 5))

    assert (np.ptp(box[:, 0]), np.ptp(box[:, 1])) == pytest.approx((41.6, 23.4), abs=0.1)
    assert box[0][1] == box[1][1]


@pytest.mark.parametrize(("width", "degrees"), [(400, 3), (40, 30), (40, 45)])
def test_a_line_that_runs_aslant_keeps_its_angle(width: float, degrees: float) -> None:
    corners = tilted(width, 20, degrees)

    assert np.array_equal(straight(corners), corners)
