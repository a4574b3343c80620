"""Requests to a table: queries read to their end, and conditional writes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

from boto3.dynamodb.conditions import ConditionBase
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.service_resource import Table

P = ParamSpec("P")

CONTENTION = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})
"""Reasons for which DynamoDB cancels a transaction that may succeed a moment later."""
TRANSACTION_PAUSES = (0.1, 0.3, 1.0, 3.0)
"""Seconds before the second to the last try, each by chance between the half and all of it."""


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


def conditional(write: Callable[P, None]) -> Callable[P, bool]:
    """Decorates a conditional write: it returns False where its condition did not hold."""

    @wraps(write)
    def is_written(*args: P.args, **options: P.kwargs) -> bool:
        try:
            write(*args, **options)
        except ClientError as error:
            if is_refused(error):
                return False
            raise
        return True

    return is_written


def transact(client: DynamoDBClient, actions: Sequence[Any]) -> None:
    """Makes a transaction, again after a pause where throttling or another one cancelled it.

    The SDK repeats a request that is throttled itself, but none that was cancelled for the
    throttling of a row. Nothing of a cancelled transaction was written. Raises ClientError for any
    other error, and for the last one.
    """
    for pause in TRANSACTION_PAUSES:
        try:
            client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if is_refused(error) or not is_contended(error):
                raise
            time.sleep(pause * random.uniform(0.5, 1.0))
        else:
            return
    client.transact_write_items(TransactItems=actions)


def is_contended(error: ClientError) -> bool:
    """Returns True where throttling or another transaction cancelled this one."""
    reasons = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") in CONTENTION for reason in reasons)


def is_refused(error: ClientError) -> bool:
    """Returns True where a condition of the request did not hold, alone or within a transaction."""
    code = error.response.get("Error", {}).get("Code", "")
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", [])
        return any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons)
    return code == "ConditionalCheckFailedException"
