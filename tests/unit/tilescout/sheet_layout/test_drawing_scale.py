"""The scale of a drawing as title blocks write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.geometry import Box
from tilescout.sheet_layout.drawing_scale import drawing_scale
from tilescout.sheet_layout.layout import SheetLayout

A1 = (2384.0, 1684.0)
A3 = (1191.0, 842.0)


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("1:50", 50),
        (" 1 : 100 ", 100),
        ("1/20", 20),
        ("4:1", 0.25),
        ("1:2.5", 2.5),
        ('1/4" = 1\'-0"', 48),
        ("1/8\u2033=1\u2019-0\u2033", 96),
        ("1\" = 20'", 240),
        ('1-1/2" = 1\'-0"', 8),
        ("1 IN = 40 FT", 480),
        ("1 cm = 1 m", 100),
    ],
)
def test_a_ratio_or_an_equation_is_read(text: str, ratio: float) -> None:
    assert drawing_scale(text, *A1) == pytest.approx(ratio)


@pytest.mark.parametrize(
    "text",
    ["", "NTS", "AS NOTED", "1:50, 1:100", "1:50 / 1:100", "1:0", "0:1", "SEE PLAN", "1/0\" = 1'"],
)
def test_what_tells_no_single_scale_is_none(text: str) -> None:
    assert drawing_scale(text, *A1) == 0.0


@pytest.mark.parametrize(("page", "ratio"), [(A1, 50), (A3, 100)])
def test_a_scale_for_a_paper_is_that_of_the_page_at_hand(
    page: tuple[float, float], ratio: float
) -> None:
    assert drawing_scale("1:50 @ A1", *page) == pytest.approx(ratio, rel=0.002)


@given(st.text(max_size=20))
def test_any_text_gives_a_ratio_within_bounds_or_none(text: str) -> None:
    ratio = drawing_scale(text, *A1)
    assert ratio == 0 or 0.01 <= ratio <= 100_000


def test_a_box_has_a_size_where_the_scale_is_known() -> None:
    box = Box(0, 0, 72, 36)
    assert SheetLayout(scale=50).place_of(box)["size_mm"] == [1270.0, 635.0]
    assert "size_mm" not in SheetLayout().place_of(box)
