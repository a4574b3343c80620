"""The dpi of a page whose lettering decides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.intake.page_dpi import page_dpi, small_lettering
from tilescout.profiles import Profile
from tilescout.rendering.requests import LetteringHeight, PageFacts
from tilescout.tiling.grid import TileGrid
from tilescout.tiling.page_geometry import page_pixels

A4_PT = (842.0, 595.0)
A0_PT = (3370.394, 2383.937)


def profile(**changes: Any) -> Profile:
    settings: dict[str, Any] = {"name": "text", "detector": "textract", "dpi": 200, "max_dpi": 400,
                                "tile_size": 2048, "overlap": 256}  # fmt: skip
    return Profile(**(settings | changes))


def page(
    typical_pt: float,
    small_pt: float,
    size: tuple[float, float] = A4_PT,
    letters: int = 500,
) -> PageFacts:
    height = LetteringHeight(letters=letters, typical_pt=typical_pt, small_pt=small_pt)
    return PageFacts(page=3, width_pt=size[0], height_pt=size[1], rotation=0,
                     smallest_text_pt=None, lettering=height)  # fmt: skip


@pytest.mark.parametrize(
    ("typical_pt", "small_pt", "dpi"),
    [
        (4.32, 3.24, 200),  # 12 px and 9 px at 200 dpi
        (4.2, 3.24, 200),  # 11.7 px: within what is measured
        (3.6, 3.0, 250),  # 12 px at 240 dpi
        (6.0, 2.0, 350),  # 9 px at 324 dpi
        (2.16, 1.7, 400),
        (0.5, 0.5, 400),
    ],
)
def test_lettering_gets_the_first_step_that_makes_it_legible(
    typical_pt: float, small_pt: float, dpi: int
) -> None:
    assert page_dpi(page(typical_pt, small_pt), profile()) == dpi


def test_a_fixed_dpi_stays_what_it_is() -> None:
    assert page_dpi(page(1.0, 1.0), profile(max_dpi=0)) == 200


def test_a_page_without_lettering_has_the_usual_dpi() -> None:
    assert page_dpi(page(0.0, 0.0, letters=0), profile()) == 200


def test_a_page_that_was_not_measured_has_the_usual_dpi_and_tells_so() -> None:
    unmeasured = PageFacts(page=3, width_pt=842, height_pt=595, rotation=0, smallest_text_pt=None)
    assert page_dpi(unmeasured, profile()) == 200
    assert small_lettering(unmeasured, 200, profile()) == (
        "the lettering of page 3 could not be measured in time; the page is rendered at 200 dpi",
    )


def test_tiles_bound_the_dpi() -> None:
    small_letters = page(1.0, 1.0, A0_PT)
    assert page_dpi(small_letters, profile()) == 400
    assert page_dpi(small_letters, profile(max_tiles_per_page=60)) == 300
    assert page_dpi(small_letters, profile(max_tiles_per_page=1)) == 200


def test_what_stays_too_small_is_told_with_the_bounds() -> None:
    assert small_lettering(page(2.0, 1.44), 400, profile()) == (
        "a tenth of the lettering of page 3 is under 8.0 px high at 400 dpi and may be missed "
        "below 9 px; max_dpi 400 and max_tiles_per_page 100 of profile text allow no more",
    )
    assert small_lettering(page(2.0, 1.62), 400, profile()) == ()


@given(
    typical=st.floats(0.3, 30),
    share=st.floats(0.3, 1),
    size=st.tuples(st.floats(10, 4000), st.floats(10, 4000)),
    max_dpi=st.integers(201, 600),
    max_tiles=st.integers(1, 200),
)
def test_no_page_costs_more_than_the_profile_allows_and_small_letters_are_told(
    typical: float, share: float, size: tuple[float, float], max_dpi: int, max_tiles: int
) -> None:
    chosen = profile(max_dpi=max_dpi, max_tiles_per_page=max_tiles)
    facts = page(typical, typical * share, size)
    dpi = page_dpi(facts, chosen)
    tiles = TileGrid(2048, 256).count(*page_pixels(*size, dpi))
    assert 200 <= dpi <= max_dpi
    assert dpi == 200 or tiles <= max_tiles
    assert small_lettering(facts, dpi, chosen) or typical * share * dpi / 72 >= 8.5
