"""Many requests at a time, their results in order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

WORKERS = 16
READ_AHEAD = 4 * WORKERS
"""Results held at a time, for they may come faster than they are used."""


def in_order(work: Callable[[T], R], items: Sequence[T]) -> Generator[R, None, None]:
    """What ``work`` makes of each item, by threads; it may raise what ``work`` raises.

    ``work`` must not use conditions of boto3's resources: all threads share their counter.
    """
    with ThreadPoolExecutor(WORKERS) as workers:
        for start in range(0, len(items), READ_AHEAD):
            yield from workers.map(work, items[start : start + READ_AHEAD])
