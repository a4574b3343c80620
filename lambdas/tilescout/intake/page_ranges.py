"""The pages that an upload asks for, and the ranges of pages per message."""

from __future__ import annotations

import re

from tilescout.errors import UnreadableDocument

TILES_PER_MESSAGE = 60
"""The tiles that one invocation renders well within its timeout."""
MAX_PAGES = 25
_ASKED_FOR = re.compile(r"([1-9][0-9]*)(?:-([1-9][0-9]*))?")


def parse_pages(text: str) -> tuple[int, int] | None:
    """Returns first and last page of "3" or "1-4", or None for all pages if the text is empty.

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
    """Returns consecutive ranges over ``first`` to ``last``, both included.

    A range has about 60 tiles and at most 25 pages; a page of many tiles is alone in its range.
    """
    step = min(MAX_PAGES, max(1, TILES_PER_MESSAGE // max(1, tiles_per_page)))
    return [(start, min(last, start + step - 1)) for start in range(first, last + 1, step)]
