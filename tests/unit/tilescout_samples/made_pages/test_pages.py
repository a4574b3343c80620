"""Made pages and their glyphs."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilescout_samples.made_pages import pages, paper
from tilescout_samples.made_pages.glyphs import (
    MIN_ASPECT,
    Pose,
    box_at,
    extent,
    random_glyph,
    sibling,
)


def test_a_page_is_repeated_by_its_seed() -> None:
    one, other = (pages.made_page(random.Random(4)) for _ in range(2))

    assert one.boxes == other.boxes
    assert np.array_equal(paper.drawn(one.sheet, 100), paper.drawn(other.sheet, 100))


def test_each_glyph_of_a_page_has_ink_in_its_box() -> None:
    page = pages.made_page(random.Random(4))
    pixels = paper.drawn(page.sheet, 150)

    assert len(page.boxes) > 10
    for box in pages.boxes_px(page, 150):
        part = pixels[int(box.top) : int(box.bottom) + 1, int(box.left) : int(box.right) + 1]
        assert part.min() < 200


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_a_glyph_and_its_sibling_are_no_lines(seed: int) -> None:
    chance = random.Random(seed)
    glyph = random_glyph(chance)
    box = extent(glyph)

    assert min(box.width, box.height) >= MIN_ASPECT * max(box.width, box.height)
    assert sibling(glyph, chance).strokes


def test_a_glyph_is_as_large_as_its_pose() -> None:
    glyph = random_glyph(random.Random(8))

    box = box_at(glyph, Pose(centre=(50, 60), size=10, degrees=0, width=0.4))

    assert max(box.width, box.height) == pytest.approx(10.4)
    assert box.centre == pytest.approx((50, 60))


def test_a_gap_is_left_for_each_picture_and_filled() -> None:
    page = pages.made_page(random.Random(2), [(8.0, 5.0)])
    pixels = paper.drawn(page.sheet, 150)
    gap = page.gaps[0]
    box = gap.box.scale(150 / 25.4)

    paper.paste(pixels, np.full((48, 48), 255, np.uint8), box, gap.turns)

    inside = pixels[round(box.top) + 2 : round(box.bottom) - 2, round(box.left) + 2 :][:, :20]
    assert inside.max() == 0


def test_some_pages_become_scans() -> None:
    white = np.full((60, 60), 255, np.uint8)

    shown = [paper.aged(white, np.random.default_rng(seed)) for seed in range(12)]

    assert {bool((page == 255).all()) for page in shown} == {True, False}
