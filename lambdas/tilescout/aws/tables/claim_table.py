"""Claims: the documents that a run works on, written in one transaction with the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tilescout import keys
from tilescout.aws.items import changes, from_item, to_item
from tilescout.aws.requests import is_contended, is_refused, rows_of
from tilescout.aws.tables import document_table
from tilescout.runs.records import Claim, RunState
from tilescout.transitions import decisions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

KEEP_SECONDS = 7 * 24 * 3600
"""A claim's row is needed only by its run, which lives for less than a day."""


def claim(
    documents: Table,
    ledger: Table,
    claimed: Claim,
    run: RunState,
    now: int,
) -> bool:
    """Claims a document for the run that holds the lease (rule 11).

    The lease must be live and working, and the document QUEUED, or RUNNING under an older claim.
    Returns False where that does not hold, or where another transaction is at the document.
    """
    lease_check = {
        "TableName": ledger.name,
        "Key": keys.lease(run.model),
        "ConditionExpression": "#token = :token AND expires_at > :now AND phase = :working",
        "ExpressionAttributeNames": {"#token": "token"},
        "ExpressionAttributeValues": {":token": run.token, ":now": now, ":working": "working"},
    }
    change = decisions.claim(claimed.document_id, run.token, run.id)
    update = {"TableName": documents.name} | document_table.status_update(change)
    row = to_item(claimed) | {
        "pk": keys.run_partition(run.id),
        "sk": claimed.document_id,
        "expire_at": now + KEEP_SECONDS,
    }
    put = {"TableName": ledger.name, "Item": row}
    return _transact(documents, [{"ConditionCheck": lease_check}, {"Update": update}, {"Put": put}])


def _transact(documents: Table, actions: list[Any]) -> bool:
    try:
        documents.meta.client.transact_write_items(TransactItems=actions)
    except ClientError as error:
        if is_refused(error) or is_contended(error):
            return False
        raise
    return True


def claims(ledger: Table, run_id: str) -> Iterator[Claim]:
    """Yields all claims of the run, by a consistent read, unlike the status index."""
    return (from_item(Claim, row) for row in rows_of(ledger, keys.run_partition(run_id)))


def update_claim(ledger: Table, run_id: str, document_id: str, values: Mapping[str, Any]) -> None:
    ledger.update_item(Key={"pk": keys.run_partition(run_id), "sk": document_id}, **changes(values))
