"""Rows written in batches, no faster than a partition of a table takes them.

A partition takes about 1,000 write units per second, and a throttled index throttles its table, so
that one page with thousands of detections would hold up every other page. boto3's ``batch_writer``
sends what was not processed again without a pause.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from tilescout.aws.items import to_attribute
from tilescout.errors import RowsNotWritten

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

BATCH = 25
"""Rows that one BatchWriteItem takes."""
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds before a batch's second to last try, each by chance between the half and all of it."""


def put(row: dict[str, Any]) -> dict[str, Any]:
    return {"PutRequest": {"Item": to_attribute(row)}}


def delete(key: dict[str, Any]) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": key}}


def write(
    table: Table,
    writes: Iterable[dict[str, Any]],
    *,
    per_second: float,
    must_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Makes the writes, at most ``per_second`` rows per second, each row named at most once.

    Returns False where ``must_stop`` ended it between two batches. Raises RowsNotWritten if the
    table takes no more for a quarter of a minute.
    """
    began, done, waiting = time.monotonic(), 0, iter(writes)
    while batch := list(islice(waiting, BATCH)):
        if must_stop():
            return False
        _send(table, batch)
        done += len(batch)
        ahead = began + done / per_second - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
    return True


def _send(table: Table, batch: Sequence[Any]) -> None:
    open_writes: Sequence[Any] = batch
    for pause in (*PAUSES, 0.0):
        answer = table.meta.client.batch_write_item(RequestItems={table.name: open_writes})
        open_writes = answer.get("UnprocessedItems", {}).get(table.name, [])
        if not open_writes:
            return
        time.sleep(pause * random.uniform(0.5, 1.0))
    raise RowsNotWritten(
        f"the table {table.name} did not take {len(open_writes)} of {len(batch)} rows after "
        f"{len(PAUSES) + 1} tries; they are written again when the message is delivered again"
    )
