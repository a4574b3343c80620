"""Pictures of boxes, and laying references on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.detectors.references.likeness import Fitter, normed, pictures, turned, views


def paper(side: int = 120) -> np.ndarray:
    return np.full((side, side), 255, np.uint8)


def drawn(left: int, top: int, width: int, height: int) -> np.ndarray:
    """A frame with a bar in its left half and a blot in its lower right corner."""
    page = paper()
    page[top : top + height, left : left + width] = 0
    page[top + 2 : top + height - 2, left + 2 : left + width - 2] = 255
    page[top : top + height, left + width // 4 : left + width // 4 + 3] = 0
    page[top + 3 * height // 4 : top + height, left + 3 * width // 4 : left + width] = 0
    return page


def test_a_picture_has_the_mean_ink_of_its_cells() -> None:
    page = paper(8)
    page[0:2, 0:4] = 0

    shown = pictures(page, np.array([[0.0, 0.0, 4.0, 4.0]]), 2)[0]

    assert shown.tolist() == [[255, 255], [0, 0]]


def test_half_a_pixel_counts_half() -> None:
    page = paper(4)
    page[:, 1] = 0

    shown = pictures(page, np.array([[0.0, 0.0, 1.5, 1.0]]), 1)[0]

    assert shown[0, 0] == pytest.approx(255 / 3)


def test_what_is_off_the_page_is_paper() -> None:
    page = np.zeros((4, 4), np.uint8)

    shown = pictures(page, np.array([[-4.0, 0.0, 4.0, 4.0]]), 2)[0]

    assert shown.tolist() == [[0, 255], [0, 255]]


@given(st.integers(-30, 150), st.integers(-30, 150), st.integers(1, 60), st.integers(1, 60))
def test_a_box_anywhere_has_a_picture_of_no_more_than_all_ink(
    left: int, top: int, width: int, height: int
) -> None:
    ends = np.array([[left, left + width]], dtype=np.float64)
    rows = np.array([[top, top + height]], dtype=np.float64)

    shown = views(np.zeros((120, 120), np.uint8), ends, rows, 8)

    assert shown.shape == (1, 1, 8, 8)
    assert shown.min() >= 0
    assert shown.max() <= 255.001


def test_a_blank_picture_is_like_nothing() -> None:
    blank, other = (
        normed(np.zeros((1, 4, 4), np.float32)),
        normed(np.eye(4, dtype=np.float32)[None]),
    )

    assert float((blank @ other.T)[0, 0]) == 0


def test_four_quarter_turns_are_none() -> None:
    ink = np.arange(16, dtype=np.float32).reshape(1, 4, 4)

    assert np.array_equal(turned(turned(ink, 1), 3), ink)
    assert turned(ink, 1)[0, 0].tolist() == [12, 8, 4, 0]


def test_a_reference_is_laid_on_a_loose_box() -> None:
    page = drawn(40, 30, 40, 32)
    upright = pictures(page, np.array([[40.0, 30.0, 80.0, 62.0]]), 48)

    [fit] = Fitter(upright).fits(page, np.array([36.0, 28.0, 84.0, 60.0]), 1)

    assert fit.turns == 0
    assert fit.correlation > 0.9
    assert fit.box.tolist() == pytest.approx([40, 30, 80, 62], abs=2.5)


def test_a_turned_symbol_is_told_with_its_turn() -> None:
    page = drawn(40, 30, 40, 32)
    upright = pictures(page, np.array([[40.0, 30.0, 80.0, 62.0]]), 48)
    on_its_side = np.ascontiguousarray(np.rot90(page, -1))

    [fit] = Fitter(upright).fits(on_its_side, np.array([58.0, 40.0, 90.0, 80.0]), 1)

    assert fit.turns == 1
    assert fit.correlation > 0.95
