"""Rows written in batches: how fast, and what becomes of those that a table does not take."""

from __future__ import annotations

from typing import Any

import pytest

from tilescout.aws import batch_writes
from tilescout.errors import RowsNotWritten


class Time:
    """A clock that only waiting turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Table:
    """A table that leaves the last ``left`` rows of its first ``slow`` batches unprocessed."""

    name = "detections"

    def __init__(self, slow: int = 0, left: int = 5) -> None:
        self.meta = self
        self.client = self
        self.slow, self.left = slow, left
        self.taken: list[int] = []

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        rows = [row["PutRequest"]["Item"]["n"] for row in RequestItems[self.name]]
        assert len(rows) <= 25
        kept = len(rows) - (self.left if self.slow > 0 else 0)
        self.slow -= 1
        self.taken += rows[:kept]
        unprocessed = RequestItems[self.name][kept:]
        return {"UnprocessedItems": {self.name: unprocessed} if unprocessed else {}}


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    made = Time()
    monkeypatch.setattr(batch_writes, "time", made)
    return made


def puts(count: int) -> list[dict[str, Any]]:
    return [batch_writes.put({"n": n}) for n in range(count)]


def write(table: Any, rows: list[dict[str, Any]], **options: Any) -> bool:
    return batch_writes.write(table, rows, **options)


def test_a_page_of_20_000_rows_takes_its_share_of_the_partition(time: Time) -> None:
    table = Table()
    assert write(table, puts(20_000), per_second=100)
    assert table.taken == list(range(20_000))
    assert time.now == pytest.approx(200)


def test_a_short_page_hardly_waits(time: Time) -> None:
    assert write(Table(), puts(50), per_second=500)
    assert time.now == pytest.approx(0.1)


def test_rows_that_were_not_processed_follow_after_a_pause(time: Time) -> None:
    table = Table(slow=2)
    assert write(table, puts(30), per_second=1e9)
    assert sorted(table.taken) == list(range(30))
    assert 0.07 < time.now < 0.16


def test_a_table_that_takes_nothing_is_an_error_that_says_so(time: Time) -> None:
    with pytest.raises(RowsNotWritten) as raised:
        write(Table(slow=99, left=3), puts(3), per_second=100)
    assert str(raised.value) == (
        "the table detections did not take 3 of 3 rows after 9 tries; they are written again when "
        "the message is delivered again"
    )
    assert time.now < 15


def test_nothing_more_is_written_once_it_must_stop(time: Time) -> None:
    table = Table()
    stops = iter([False, True])
    assert not write(table, puts(100), per_second=100, must_stop=lambda: next(stops))
    assert table.taken == list(range(25))
