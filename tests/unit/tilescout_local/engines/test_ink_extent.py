"""Boxes of the local OCR are brought in to the ink of their letters."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tilescout_local.engines.ink_extent import WHOLE, Extent, ink_extent, inked_part, letters_extent
from tilescout_local.engines.text_reading import part_across


def paper(height: int, width: int) -> NDArray[np.uint8]:
    return np.full((height, width, 3), 255, np.uint8)


def test_blank_margins_are_left_out() -> None:
    crop = paper(40, 100)
    crop[10:30, 20:90] = 0

    assert ink_extent(crop) == Extent(0.2, 0.25, 0.9, 0.75, ((0.2, 0.9),))


def test_a_rule_parted_from_the_letters_is_left_out() -> None:
    crop = paper(40, 100)
    crop[12:28, 20:80] = 0
    crop[38:40, :] = 0

    assert ink_extent(crop) == Extent(0.2, 0.3, 0.8, 0.7, ((0.2, 0.8),))


def test_a_rule_that_crosses_the_line_is_left_out() -> None:
    crop = paper(40, 100)
    crop[12:28, 20:80] = 0
    crop[:, 90:92] = 0

    assert ink_extent(crop) == Extent(0.2, 0.3, 0.8, 0.7, ((0.2, 0.8),))


def test_a_rule_that_the_letters_touch_is_left_out() -> None:
    crop = paper(40, 100)
    crop[12:28, 20:80] = 0
    crop[28:30, :] = 0

    assert ink_extent(crop) == Extent(0.2, 0.3, 0.8, 0.7, ((0.2, 0.8),))


def test_a_circle_around_a_number_is_left_out() -> None:
    crop = paper(40, 40)
    cv2.circle(crop, (20, 20), 24, (0, 0, 0), 2)
    crop[12:28, 16:24] = 0

    assert ink_extent(crop) == Extent(0.4, 0.3, 0.6, 0.7, ((0.4, 0.6),))


def test_letters_that_fill_their_crop_are_its_text() -> None:
    crop = paper(20, 40)
    for left in range(0, 40, 8):
        crop[:, left : left + 3] = 0
        crop[10, left : left + 5] = 0

    assert ink_extent(crop).top == 0.0
    assert ink_extent(crop).bottom == 1.0


def test_letters_are_told_by_the_blank_columns_between_them() -> None:
    crop = paper(40, 100)
    crop[10:30, 20:40] = 0
    crop[10:30, 50:80] = 0

    assert ink_extent(crop).letters == ((0.2, 0.4), (0.5, 0.8))


def test_the_dot_of_an_i_belongs_to_its_line() -> None:
    crop = paper(50, 20)
    crop[5:9, 8:12] = 0
    crop[13:45, 8:12] = 0

    assert ink_extent(crop).top == pytest.approx(0.1)


def test_white_letters_on_black_count_as_ink() -> None:
    crop = np.zeros((40, 100, 3), np.uint8)
    crop[10:30, 20:90:4] = 255

    assert ink_extent(crop).top == pytest.approx(0.25)


def test_a_crop_without_ink_is_left_whole() -> None:
    assert ink_extent(paper(10, 10)) == WHOLE


def test_a_quad_is_cut_across_its_own_height() -> None:
    upwards = ((0.0, 100.0), (0.0, 0.0), (20.0, 0.0), (20.0, 100.0))

    assert part_across(upwards, 0.25, 0.75) == (
        (5.0, 100.0),
        (5.0, 0.0),
        (15.0, 0.0),
        (15.0, 100.0),
    )


def test_the_inked_part_keeps_a_margin_of_paper() -> None:
    image = paper(1000, 2000)
    image[500:520, 900:980] = 0

    found = inked_part(image)

    assert found is not None
    left, top, part = found
    assert (left, top, part.shape) == (836, 436, (147, 207, 3))


def test_a_blank_image_has_no_inked_part() -> None:
    assert inked_part(paper(100, 100)) is None


def test_letters_that_touch_a_line_across_the_crop_keep_their_height() -> None:
    crop = paper(40, 120)
    for left in range(20, 100, 16):
        crop[8:32, left : left + 8] = 0
    crop[30:32, :] = 0
    crop[36, 40:60] = 0

    extent = ink_extent(crop)

    assert (extent.top, extent.bottom) == (
        pytest.approx(0.2, abs=0.01),
        pytest.approx(0.8, abs=0.13),
    )


def letters_on_paper(tops: tuple[int, int] = (20, 40)) -> NDArray[np.uint8]:
    """Four letters in a crop of 60 x 120 px; the line's box begins 10 px inside."""
    crop = paper(60, 120)
    for left in range(30, 90, 16):
        crop[tops[0] : tops[1], left : left + 8] = 0
    return crop


def test_letters_that_the_box_cuts_reach_out_of_it() -> None:
    extent = letters_extent(letters_on_paper((22, 54)), 10, (0.25, 0.7))

    assert (extent.top, extent.bottom) == (pytest.approx(0.3), pytest.approx(1.1))
    assert (extent.left, extent.right) == (pytest.approx(0.2), pytest.approx(0.76))


def test_a_frame_around_the_letters_is_left_out() -> None:
    crop = letters_on_paper()
    cv2.rectangle(crop, (15, 13), (100, 47), (0, 0, 0), 2)

    extent = letters_extent(crop, 10, (0.25, 0.7))

    assert (extent.left, extent.top, extent.right, extent.bottom) == (
        pytest.approx(0.2), pytest.approx(0.25), pytest.approx(0.76), pytest.approx(0.75),
    )  # fmt: skip


def test_a_neighbour_that_leaves_the_crop_is_left_out() -> None:
    crop = letters_on_paper()
    crop[42:60, 40:60] = 0

    assert letters_extent(crop, 10, (0.25, 0.7)).bottom == pytest.approx(0.75)


def test_letters_that_touch_a_line_are_measured_with_all_ink_of_the_box() -> None:
    crop = letters_on_paper()
    crop[38:40, :90] = 0

    extent = letters_extent(crop, 10, (0.25, 0.7))

    assert extent.left <= 0.2
    assert extent.right == pytest.approx(0.8)


def test_where_a_letter_touches_a_line_the_others_tell_how_high_the_letters_are() -> None:
    crop = letters_on_paper()
    crop[:, 82:85] = 0

    extent = letters_extent(crop, 10, (0.25, 0.7))

    assert (extent.top, extent.bottom) == (pytest.approx(0.25), pytest.approx(0.75))
    assert extent.right >= 0.7
