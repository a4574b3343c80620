"""The detector's image is scaled to its lettering, and upright rows are found beside flat ones."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tilescout.geometry import Box
from tilescout_local.engines.text_boxes import Lettering, lettering_of


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
    seen = lettering_of(np.asarray(image))
    turned = lettering_of(np.ascontiguousarray(np.rot90(np.asarray(image))))

    assert (len(seen.flat) > 0, len(seen.upright)) == (True, 0)
    assert (len(turned.flat), len(turned.upright) > 0) == (0, True)
