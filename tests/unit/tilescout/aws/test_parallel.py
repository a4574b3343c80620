from __future__ import annotations

from threading import Barrier

import pytest

from tilescout.aws.parallel import READ_AHEAD, WORKERS, in_order


def test_results_come_in_the_order_of_the_items() -> None:
    assert list(in_order(lambda n: n * n, range(200))) == [n * n for n in range(200)]


def test_as_many_items_are_worked_on_at_once_as_there_are_workers() -> None:
    together = Barrier(WORKERS, timeout=10)
    assert len(list(in_order(lambda _: together.wait(), range(WORKERS)))) == WORKERS


def test_no_more_results_are_held_than_the_read_ahead() -> None:
    begun: list[int] = []
    results = in_order(begun.append, range(10_000))
    next(results)
    results.close()
    assert len(begun) <= READ_AHEAD


def test_an_error_of_the_work_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda n: 1 // n, range(3)))
