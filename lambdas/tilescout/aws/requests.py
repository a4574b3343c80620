"""Requests to a table: queries read to their end, and conditional writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import ConditionBase
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def rows(table: Table, condition: ConditionBase | str, **options: Any) -> Iterator[dict[str, Any]]:
    """Yields all rows under the key condition, page by page. ``options`` are those of Query."""
    request: dict[str, Any] = {"KeyConditionExpression": condition} | options
    while True:
        page = table.query(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def rows_of(table: Table, partition: str, prefix: str = "") -> Iterator[dict[str, Any]]:
    """Yields all rows of a partition of the ledger whose sort key begins with ``prefix``.

    The read is consistent. Its condition is text, because several threads read at once, and boto3
    numbers the placeholders of condition objects by a counter that all threads share.
    """
    condition, values = "pk = :pk", {":pk": partition}
    if prefix:
        # A key condition must not compare with an empty string.
        condition, values = f"{condition} AND begins_with(sk, :sk)", values | {":sk": prefix}
    return rows(table, condition, ExpressionAttributeValues=values, ConsistentRead=True)


def conditional(write: Any, **request: Any) -> bool:
    """Makes a conditional write; returns False where its condition did not hold."""
    try:
        write(**request)
    except ClientError as error:
        if is_refused(error):
            return False
        raise
    return True


def is_refused(error: ClientError) -> bool:
    """Returns True where a condition of the request did not hold, alone or within a transaction."""
    code = error.response.get("Error", {}).get("Code", "")
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", [])
        return any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons)
    return code == "ConditionalCheckFailedException"
