"""Many requests at the same time, with their results in order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

WORKERS = 16
READ_AHEAD = 4 * WORKERS
"""At most so many results are held, as they may come faster than they are used."""


def in_order(work: Callable[[T], R], items: Sequence[T]) -> Generator[R, None, None]:
    """Yields ``work(item)`` of all items in their order, computed by threads.

    Raises what ``work`` raises. ``work`` must not use condition objects of boto3, as all threads
    share the counter of their placeholders.
    """
    with ThreadPoolExecutor(WORKERS) as workers:
        for start in range(0, len(items), READ_AHEAD):
            yield from workers.map(work, items[start : start + READ_AHEAD])
