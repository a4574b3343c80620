"""Documents and runs in their table; every change of a document's status is conditional."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from tilescout import keys
from tilescout.aws.at_most_once import AtMostOnce
from tilescout.aws.items import changes, from_item, to_attribute, to_item
from tilescout.aws.requests import conditional, rows
from tilescout.documents import Attributes, Document, Status, due_for_cleanup
from tilescout.runs.records import Run
from tilescout.transitions.decisions import MAY_BE_FORGOTTEN
from tilescout.transitions.status_change import Condition, StatusChange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def add(table: Table, document: Document) -> bool:
    """Writes a new document; returns False where it is known already."""
    row = to_item(document) | {
        "kind": "document",
        "source_key": keys.source_key(document.bucket, document.key),
        "due": keys.due(document.profile.model, document.accepted_at),
    }
    if document.clean_after:
        row |= due_for_cleanup(document, document.clean_after)
    return _add(table, row)


def get(table: Table, document_id: str) -> Document | None:
    """Reads one document consistently; returns None where it is unknown."""
    item = table.get_item(Key={"id": document_id}, ConsistentRead=True).get("Item")
    return from_item(Document, item) if item else None


@conditional
def commit_status(table: Table, change: StatusChange) -> None:
    """Writes a change of a document's status; returns False where its condition does not hold."""
    table.update_item(**status_update(change))


def status_update(change: StatusChange) -> dict[str, Any]:
    """Returns the request of the write, as UpdateItem and a transaction's Update take it."""
    condition = _condition(change.condition)
    update = changes({"status": change.status, **change.attributes})
    return {"Key": {"id": change.document_id}} | _merged(update, condition)


def _condition(condition: Condition) -> dict[str, Any]:
    """Returns ConditionExpression, names and values, as text for use within a transaction."""
    sources = {f":source{n}": status for n, status in enumerate(sorted(condition.sources))}
    terms = [f"#status IN ({', '.join(sources)})"]
    values: dict[str, Any] = dict(sources)
    if condition.claimed_before is not None:
        terms.append("(#status <> :running OR claim_token < :before)")
        values |= {":running": "RUNNING", ":before": condition.claimed_before}
    for name, value in condition.same.items():
        absent = "" if value else f" OR attribute_not_exists(#{name})"
        terms.append(f"(#{name} = :same_{name}{absent})")
        values[f":same_{name}"] = value
    return {
        "ConditionExpression": " AND ".join(terms),
        "ExpressionAttributeNames": {f"#{name}": name for name in ("status", *condition.same)},
        "ExpressionAttributeValues": values,
    }


def _merged(update: dict[str, Any], condition: dict[str, Any]) -> dict[str, Any]:
    both = ("ExpressionAttributeNames", "ExpressionAttributeValues")
    return update | condition | {name: update.get(name, {}) | condition[name] for name in both}


@conditional
def forget(table: Table, document_id: str, condition: Condition = MAY_BE_FORGOTTEN) -> None:
    """Deletes the row of a document, by default of a REJECTED one.

    Returns False where the condition does not hold.
    """
    table.delete_item(Key={"id": document_id}, **_condition(condition))


@conditional
def update(
    table: Table, document_id: str, values: Attributes, condition: Condition | ConditionBase
) -> None:
    """Sets attributes other than the status; returns False where the condition does not hold."""
    if isinstance(condition, Condition):
        request = _merged(changes(values), _condition(condition))
    else:
        request = changes(values) | {"ConditionExpression": condition}
    table.update_item(Key={"id": document_id}, **request)


def in_status(*statuses: Status) -> ConditionBase:
    """Returns the condition that the document has one of these statuses."""
    return Attr("status").is_in(list(statuses))


def claimed_by(token: int) -> ConditionBase:
    """Returns the condition that the document is RUNNING under this claim (rule 12)."""
    return Attr("status").eq("RUNNING") & Attr("claim_token").eq(token)


def charge(table: Table, document_id: str, usd: float, *, token: int, opened_at: int) -> bool:
    """Adds a run's share of its model's cost, once per run; returns False where it was added.

    Where a person has retried the document since the run opened, the share counts as spent before.
    """
    since = "(attribute_not_exists(asked_for_at) OR asked_for_at < :opened)"
    charged = "SET model_usd = model_usd + :usd, charged_token = :token"
    before = f"{charged}, model_usd_before = if_not_exists(model_usd_before, :none) + :usd"
    values = {":usd": to_attribute(usd), ":token": token, ":opened": opened_at}

    @conditional
    def added(change: str, condition: str, more: dict[str, Any]) -> None:
        table.update_item(
            Key={"id": document_id},
            UpdateExpression=change,
            ConditionExpression=f"charged_token < :token AND {condition}",
            ExpressionAttributeValues=values | more,
        )

    return added(charged, since, {}) or added(before, f"NOT {since}", {":none": 0})


def with_status(table: Table, status: str, model: str) -> Iterator[Document]:
    """Yields a model's documents with a status, oldest first; eventually consistent."""
    condition = Key("status").eq(status) & Key("due").begins_with(keys.of_model(model))
    yield from (from_item(Document, item) for item in query_status(table, condition))


def with_other_models(table: Table, status: str, models: Sequence[str]) -> Iterator[Document]:
    """Yields documents with a status whose model is none of ``models`` (at least one)."""
    known = sorted(models, key=keys.of_model)
    due = Key("due")
    gaps = [
        due.lt(keys.of_model(known[0])),
        *(due.between(keys.after_model(a), keys.of_model(b)) for a, b in pairwise(known)),
        due.gte(keys.after_model(known[-1])),
    ]
    for gap in gaps:
        for item in query_status(table, Key("status").eq(status) & gap):
            yield from_item(Document, item)


def present(table: Table, statuses: Iterable[Status]) -> frozenset[Status]:
    """Returns those statuses that any document or run has; eventually consistent."""

    def has_any(status: Status) -> bool:
        condition = Key("status").eq(status)
        return bool(
            table.query(IndexName="by_status", KeyConditionExpression=condition, Limit=1)["Items"]
        )

    return frozenset(filter(has_any, statuses))


def query_status(table: Table, condition: ConditionBase) -> Iterator[dict[str, Any]]:
    """Yields rows of documents and runs by their status; eventually consistent."""
    return rows(table, condition, IndexName="by_status")


ALLOWANCE = ("calls_left", "attempts", "tiles_reused")
"""Attributes of a run that each tile changes: in a row of their own, of which no index has a copy
that would be paid for with each tile."""


def open_run(table: Table, run: Run) -> bool:
    """Writes the run's row; returns False where a repeated step finds it written."""
    row = to_item(run) | {"kind": "run", "due": keys.due(run.model, run.opened_at)}
    allowance = {"id": keys.allowance(run.id), "kind": "allowance"} | {
        name: row.pop(name) for name in ALLOWANCE
    }
    # First: without an allowance a run may spend nothing.
    _add(table, allowance)
    return _add(table, row)


@conditional
def _add(table: Table, item: dict[str, Any]) -> None:
    table.put_item(Item=item, ConditionExpression=Attr("id").not_exists())


def get_run(table: Table, run_id: str) -> Run | None:
    """Reads one run and its allowance consistently; returns None where it is unknown."""
    item = _read(table, run_id)
    return (
        from_item(Run, item | _read(table, keys.allowance(run_id)) | {"id": run_id})
        if item
        else None
    )


def _read(table: Table, id_: str) -> dict[str, Any]:
    return table.get_item(Key={"id": id_}, ConsistentRead=True).get("Item", {})


def update_run(table: Table, run_id: str, values: Mapping[str, Any]) -> None:
    """Sets attributes of the run's row."""
    table.update_item(Key={"id": run_id}, **changes(values))


@conditional
def spend_calls(
    table: Table, run_id: str, calls: int, *, needed: int = 0, attempts: int = 1
) -> None:
    """Takes billed calls from the run's allowance; returns False where ``needed`` are not left.

    A tile that may need more later is begun only if those are left too; by itself ``needed`` is
    ``calls``. ``attempts`` is 0 where the attempt on the tile is counted already. Where a reply
    is lost the calls may be taken twice: the run then ends earlier.
    """
    table.update_item(
        Key={"id": keys.allowance(run_id)},
        UpdateExpression="ADD calls_left :taken, attempts :attempts",
        ConditionExpression="calls_left >= :needed",
        ExpressionAttributeValues={
            ":taken": -calls,
            ":needed": max(calls, needed),
            ":attempts": attempts,
        },
    )


def count_reused(table: AtMostOnce, run_id: str) -> None:
    """Counts a tile of the run that took an answer which was given before; never twice."""
    table.update(
        Key={"id": keys.allowance(run_id)},
        UpdateExpression="ADD attempts :one, tiles_reused :one",
        ExpressionAttributeValues={":one": 1},
    )


def return_calls(table: AtMostOnce, run_id: str, unused: int) -> bool:
    """Returns calls that were not made or not billed to the allowance, never twice.

    The result is False where nobody knows whether that was done: then they may stay taken, and the
    run ends earlier.
    """
    made = table.update(
        Key={"id": keys.allowance(run_id)},
        UpdateExpression="ADD calls_left :unused",
        ExpressionAttributeValues={":unused": unused},
    )
    return made is not None
