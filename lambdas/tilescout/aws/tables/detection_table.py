"""Rows of the detections table, written and deleted per result set."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from tilescout import keys
from tilescout.aws import requests
from tilescout.aws.items import to_attribute

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def write_page(table: Table, result: str, page: int, rows: list[dict[str, Any]]) -> None:
    """Writes the rows of a page and deletes others, as an earlier merge may have found more."""
    kept = {row["sort"] for row in rows}
    on_page = Key("result_id").eq(result) & Key("sort").begins_with(keys.detection_page(page))
    surplus = [
        row["sort"]
        for row in requests.rows(table, on_page, ConsistentRead=True)
        if row["sort"] not in kept
    ]
    with table.batch_writer() as batch:
        for row in rows:
            batch.put_item(Item=to_attribute(row))
        for sort in surplus:
            batch.delete_item(Key={"result_id": result, "sort": sort})


def delete_set(table: Table, result: str, must_stop: Callable[[], bool]) -> bool:
    """Deletes the rows of a result set that no document points to.

    Returns False where ``must_stop`` ended it before all were deleted.
    """
    with table.batch_writer() as batch:
        for row in requests.rows(table, Key("result_id").eq(result), ConsistentRead=True):
            if must_stop():
                return False
            batch.delete_item(Key={"result_id": result, "sort": row["sort"]})
    return True
