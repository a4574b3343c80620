from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.errors import UnreadableDocument
from tilescout.intake.page_ranges import MAX_PAGES, page_ranges, parse_pages


@pytest.mark.parametrize(
    ("text", "pages"), [("", None), ("3", (3, 3)), ("1-4", (1, 4)), ("12-12", (12, 12))]
)
def test_pages_asked_for_are_one_a_range_or_all(text: str, pages: tuple[int, int] | None) -> None:
    assert parse_pages(text) == pages


@pytest.mark.parametrize("text", ["0", "3-1", "1-", "-2", "a", "1,2", " 3", "٣"])
def test_pages_that_are_no_range_are_the_upload_s_fault(text: str) -> None:
    with pytest.raises(UnreadableDocument, match="must look like 3 or 1-4"):
        parse_pages(text)


def test_a_heavy_page_goes_alone() -> None:
    assert page_ranges(1, 3, tiles_per_page=400) == [(1, 1), (2, 2), (3, 3)]


def test_light_pages_travel_together() -> None:
    assert page_ranges(1, 30, tiles_per_page=1) == [(1, 25), (26, 30)]


@given(st.integers(1, 200), st.integers(0, 300), st.integers(0, 500))
def test_every_page_is_in_exactly_one_range(first: int, more: int, tiles: int) -> None:
    ranges = page_ranges(first, first + more, tiles_per_page=tiles)
    pages = [page for start, end in ranges for page in range(start, end + 1)]
    assert pages == list(range(first, first + more + 1))
    assert all(end - start < MAX_PAGES for start, end in ranges)
