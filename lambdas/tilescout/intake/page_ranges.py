"""Which pages are asked for, and which travel in one message."""

from __future__ import annotations

import re

from tilescout.errors import UnreadableDocument

TILES_PER_MESSAGE = 60
"""Tiles that one invocation renders well within its timeout."""
MOST_PAGES = 25
_ASKED_FOR = re.compile(r"([1-9][0-9]*)(?:-([1-9][0-9]*))?")


def parse_pages(text: str) -> tuple[int, int] | None:
    """First and last page of "3" or "1-4"; None for all pages, which an empty text means.

    Raises UnreadableDocument for anything else.
    """
    if not text:
        return None
    match = _ASKED_FOR.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 0 < first <= last:
        raise UnreadableDocument(
            f"pages asked for must look like 3 or 1-4, received {text!r}; correct them, or leave "
            "them out for all pages"
        )
    return first, last


def page_ranges(first: int, last: int, *, tiles_per_page: int) -> list[tuple[int, int]]:
    """Consecutive ranges over ``first`` to ``last``, both included; a heavy page goes alone."""
    step = min(MOST_PAGES, max(1, TILES_PER_MESSAGE // max(1, tiles_per_page)))
    return [(start, min(last, start + step - 1)) for start in range(first, last + 1, step)]
