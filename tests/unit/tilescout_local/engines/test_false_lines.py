"""Circles, pins, hatching and solid marks are no lettering."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tilescout_local.engines.false_lines import is_lettering


def paper() -> NDArray[np.uint8]:
    return np.full((40, 40, 3), 255, np.uint8)


def ring(width: int) -> NDArray[np.uint8]:
    crop = paper()
    cv2.ellipse(crop, (20, 20), (width // 2, 14), 0, 0, 360, (0, 0, 0), 2)
    return crop


def test_a_circle_is_no_zero() -> None:
    assert not is_lettering("O", 0.95, ring(28))
    assert is_lettering("0", 0.95, ring(18))


def test_a_row_of_pins_is_no_word() -> None:
    assert not is_lettering("IIIIII", 0.8, paper())
    assert is_lettering("FLUID", 0.8, paper())


def test_what_was_hardly_recognised_is_no_lettering() -> None:
    assert not is_lettering("VALVE", 0.55, paper())


def test_a_solid_mark_is_no_letter() -> None:
    crop = paper()
    crop[10:30, 10:30] = 0

    assert not is_lettering("D", 0.9, crop)
    assert not is_lettering("F", 0.9, crop)
