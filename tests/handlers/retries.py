"""What retries documents, with the handlers' clients, and documents as they are read."""

from __future__ import annotations

from tests.handlers.account import Account, module, queue_url
from tilescout.aws import document_table
from tilescout.aws.document_retry import Retrier
from tilescout.documents import Document


def retrier() -> Retrier:
    """With the clients that can be made to crash."""
    shell = module("shell")
    return Retrier(
        documents=shell.table("documents"),
        ledger=shell.table("ledger"),
        s3=shell.s3(),
        sqs=shell.sqs(),
        tiles_bucket="tiles-bucket",
        pages_queue_url=queue_url("pages"),
        documents_queue_url=queue_url("documents"),
    )


def read(account: Account, document: str) -> Document:
    found = document_table.get(account.documents, document)
    assert found is not None
    return found
