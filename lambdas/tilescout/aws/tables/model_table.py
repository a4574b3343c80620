"""The version in use of a model project, and the starts of its versions, in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr

from tilescout import keys
from tilescout.aws.items import changes, from_item, to_item
from tilescout.aws.requests import conditional, rows
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_records import ModelInUse, ModelStart

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

LAST = 9_999_999_999
"""The latest time in seconds that a sort key of ten digits holds."""


def in_use(ledger: Table, project: str) -> ModelInUse | None:
    """Reads the version in use consistently; returns None before the first was activated."""
    key = {"pk": keys.model(project), "sk": keys.MODEL_IN_USE}
    item = ledger.get_item(Key=key, ConsistentRead=True).get("Item")
    return from_item(ModelInUse, item) if item else None


def use(ledger: Table, model: ModelInUse) -> None:
    """Activates a version: the next run starts this one."""
    row = to_item(model) | {"pk": keys.model(model.project), "sk": keys.MODEL_IN_USE}
    ledger.put_item(Item=row)


@conditional
def measured(ledger: Table, project: str, version_arn: str, values: Mapping[str, Any]) -> None:
    """Writes what a run measured; returns False where another version is in use by now."""
    ledger.update_item(
        Key={"pk": keys.model(project), "sk": keys.MODEL_IN_USE},
        ConditionExpression=Attr("version_arn").eq(version_arn),
        **changes(values),
    )


def add_start(ledger: Table, start: ModelStart) -> None:
    """Records a start before it is requested; repeating it changes nothing."""
    ledger.put_item(Item=to_item(start) | _key(start.project, start.requested_at))


def update_start(ledger: Table, project: str, requested_at: int, values: Mapping[str, Any]) -> None:
    ledger.update_item(Key=_key(project, requested_at), **changes(values))


def get_start(ledger: Table, project: str, requested_at: int) -> ModelStart | None:
    key = _key(project, requested_at)
    item = ledger.get_item(Key=key, ConsistentRead=True).get("Item")
    return from_item(ModelStart, item) if item else None


def close_start(ledger: Table, lease: Lease, stopped_at: int, stopped_by: str) -> None:
    """Records the end of the lease's start, also where its row was never written."""
    values = {
        "project": lease.model,
        "version_arn": lease.version,
        "units": lease.units,
        "requested_at": lease.start_requested_at,
        "stopped_at": stopped_at,
        "stopped_by": stopped_by,
    }
    update_start(ledger, lease.model, lease.start_requested_at, values)


def starts(ledger: Table, project: str, *, since: int = 0) -> Iterator[ModelStart]:
    """Yields starts of the project's versions requested from ``since`` on, oldest first."""
    items = rows(
        ledger,
        "pk = :pk AND sk BETWEEN :first AND :last",
        ExpressionAttributeValues={
            ":pk": keys.model(project),
            ":first": keys.model_start(since),
            ":last": keys.model_start(LAST),
        },
        ConsistentRead=True,
    )
    return (from_item(ModelStart, row) for row in items)


def _key(project: str, requested_at: int) -> dict[str, str]:
    return {"pk": keys.model(project), "sk": keys.model_start(requested_at)}
