"""Which pages travel in one message."""

from __future__ import annotations

TILES_PER_MESSAGE = 60
"""Tiles that one invocation renders well within its timeout."""
MOST_PAGES = 25


def page_ranges(first: int, last: int, *, tiles_per_page: int) -> list[tuple[int, int]]:
    """Consecutive ranges over ``first`` to ``last``, both included; a heavy page goes alone."""
    step = min(MOST_PAGES, max(1, TILES_PER_MESSAGE // max(1, tiles_per_page)))
    return [(start, min(last, start + step - 1)) for start in range(first, last + 1, step)]
