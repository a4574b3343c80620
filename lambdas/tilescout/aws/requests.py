"""Requests to a table: queries read to their end, and writes that may be refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import ConditionBase
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def rows(table: Table, condition: ConditionBase | str, **options: Any) -> Iterator[dict[str, Any]]:
    """All rows under the key condition, page by page. ``options`` are those of Query."""
    request: dict[str, Any] = {"KeyConditionExpression": condition} | options
    while True:
        page = table.query(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def rows_of(table: Table, partition: str, prefix: str = "") -> Iterator[dict[str, Any]]:
    """All rows of a ledger's partition whose sort key begins so; a consistent read.

    As text, because several threads read at once: boto3 numbers the placeholders of conditions
    by a counter that all threads share.
    """
    condition, values = "pk = :pk", {":pk": partition}
    if prefix:
        # A key condition must not compare with an empty string.
        condition, values = f"{condition} AND begins_with(sk, :sk)", values | {":sk": prefix}
    return rows(table, condition, ExpressionAttributeValues=values, ConsistentRead=True)


def conditional(write: Any, **request: Any) -> bool:
    """Whether the conditional write took effect."""
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
