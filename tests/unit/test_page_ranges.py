from hypothesis import given
from hypothesis import strategies as st

from tilescout.page_ranges import MOST_PAGES, page_ranges


def test_a_heavy_page_goes_alone() -> None:
    assert page_ranges(1, 3, tiles_per_page=400) == [(1, 1), (2, 2), (3, 3)]


def test_light_pages_travel_together() -> None:
    assert page_ranges(1, 30, tiles_per_page=1) == [(1, 25), (26, 30)]


@given(st.integers(1, 200), st.integers(0, 300), st.integers(0, 500))
def test_every_page_is_in_exactly_one_range(first: int, more: int, tiles: int) -> None:
    ranges = page_ranges(first, first + more, tiles_per_page=tiles)
    pages = [page for start, end in ranges for page in range(start, end + 1)]
    assert pages == list(range(first, first + more + 1))
    assert all(end - start < MOST_PAGES for start, end in ranges)
