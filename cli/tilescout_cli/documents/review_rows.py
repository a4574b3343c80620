"""A review in DynamoDB: one row per change in the ledger's table, written under the next number."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tilescout.aws.requests import conditional, rows
from tilescout_reviews.corrections import CHANGE, Change

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def partition(source_key: str) -> str:
    """Returns the partition of the ledger that holds the review of an object."""
    return f"REVIEW#{hashlib.sha256(source_key.encode()).hexdigest()[:32]}"


class ReviewRows:
    """The log of the reviews of one object, whatever version of it was detected in which run.

    The number of a change is the row's sort key, and a row is only added where there is none: of
    two people who write at once one is told, reads the other's change, and decides anew.
    """

    def __init__(self, ledger: Table, source_key: str) -> None:
        self._ledger = ledger
        self._partition = partition(source_key)

    def read(self, after: int) -> list[Change]:
        """Returns the changes whose number is over ``after``; a consistent read."""
        found = rows(
            self._ledger,
            "pk = :pk AND sk > :after",
            ExpressionAttributeValues={":pk": self._partition, ":after": _sort(after)},
            ConsistentRead=True,
        )
        return [CHANGE.validate_json(str(row["change"])) for row in found]

    @conditional
    def append(self, change: Change) -> None:
        """Adds the row; returns False where another change has its number."""
        row: dict[str, Any] = {
            "pk": self._partition,
            "sk": _sort(change.number),
            "by": change.by,
            "at": change.at,
            "change": CHANGE.dump_json(change).decode(),
        }
        self._ledger.put_item(Item=row, ConditionExpression="attribute_not_exists(pk)")


def _sort(number: int) -> str:
    return f"CHANGE#{number:09d}"
