"""The version in use of each model project, and its starts, in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr

from tilescout import keys
from tilescout.aws.items import changes, from_item, to_item
from tilescout.aws.requests import conditional, rows_of
from tilescout.models import ModelInUse, ModelStart

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def in_use(ledger: Table, project: str) -> ModelInUse | None:
    """A consistent read; None while no version was put to use."""
    key = {"pk": keys.model(project), "sk": keys.MODEL_IN_USE}
    item = ledger.get_item(Key=key, ConsistentRead=True).get("Item")
    return from_item(ModelInUse, item) if item else None


def use(ledger: Table, model: ModelInUse) -> None:
    """Put a version to use: the next run starts this one."""
    row = to_item(model) | {"pk": keys.model(model.project), "sk": keys.MODEL_IN_USE}
    ledger.put_item(Item=row)


def measured(ledger: Table, project: str, version_arn: str, values: Mapping[str, Any]) -> bool:
    """What a run measured, unless another version is in use by now."""
    return conditional(
        ledger.update_item,
        Key={"pk": keys.model(project), "sk": keys.MODEL_IN_USE},
        ConditionExpression=Attr("version_arn").eq(version_arn),
        **changes(values),
    )


def add_start(ledger: Table, start: ModelStart) -> None:
    """Write down a start before it is requested; repeating it changes nothing."""
    row = to_item(start) | _key(start.project, start.requested_at, start.starts)
    ledger.put_item(Item=row)


def update_start(
    ledger: Table, project: str, requested_at: int, starts: int, values: Mapping[str, Any]
) -> None:
    ledger.update_item(Key=_key(project, requested_at, starts), **changes(values))


def get_start(ledger: Table, project: str, requested_at: int, starts: int) -> ModelStart | None:
    key = _key(project, requested_at, starts)
    item = ledger.get_item(Key=key, ConsistentRead=True).get("Item")
    return from_item(ModelStart, item) if item else None


def starts(ledger: Table, project: str) -> Iterator[ModelStart]:
    """Every start of the project's versions, oldest first."""
    found = rows_of(ledger, keys.model(project), keys.MODEL_STARTS)
    return (from_item(ModelStart, row) for row in found)


def _key(project: str, requested_at: int, starts: int) -> dict[str, str]:
    return {"pk": keys.model(project), "sk": keys.model_start(requested_at, starts)}
