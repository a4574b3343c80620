"""Rows of the detections table, written and deleted per result set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from tilescout import keys
from tilescout.aws import batch_writes, requests

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


DELETES_PER_SECOND = 200
"""Rows: what is replaced can wait for what is new."""


def write_page(
    table: Table, result: str, page: int, rows: list[dict[str, Any]], per_second: float
) -> None:
    """Writes the rows of a page and deletes others, as an earlier merge may have found more.

    All pages of a result set lie in one partition: ``per_second`` rows are this page's share.
    """
    kept = {row["sort"] for row in rows}
    on_page = Key("result_id").eq(result) & Key("sort").begins_with(keys.detection_page(page))
    surplus = [
        row["sort"]
        for row in requests.rows(table, on_page, ConsistentRead=True)
        if row["sort"] not in kept
    ]
    puts = [batch_writes.put(row) for row in rows]
    deletes = [batch_writes.delete({"result_id": result, "sort": sort}) for sort in surplus]
    batch_writes.write(table, [*puts, *deletes], per_second=per_second)


def delete_set(table: Table, result: str, must_stop: Callable[[], bool]) -> bool:
    """Deletes the rows of a result set that no document points to.

    Returns False where ``must_stop`` ended it before all were deleted.
    """
    deletes = (
        batch_writes.delete({"result_id": result, "sort": row["sort"]})
        for row in requests.rows(table, Key("result_id").eq(result), ConsistentRead=True)
    )
    return batch_writes.write(table, deletes, per_second=DELETES_PER_SECOND, must_stop=must_stop)
