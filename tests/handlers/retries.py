"""Documents brought to an end with something missing, and what retries them."""

from __future__ import annotations

from typing import Any

from tests.handlers.account import Account, module, queue_url
from tests.handlers.between import Reply, detector
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import REFUSED, Run, answers, clock, queued, run_with
from tilescout import keys
from tilescout.aws.documents.retry import Retrier
from tilescout.aws.tables import document_table, page_table
from tilescout.documents import Document
from tilescout.ledger import PageRow

NOW = 1_800_000_000
LATER = NOW + 100_000


def retrier() -> Retrier:
    """With the clients that can be made to crash."""
    runtime = module("runtime")
    return Retrier(
        documents=runtime.table("documents"),
        ledger=runtime.table("ledger"),
        s3=runtime.s3(),
        sqs=runtime.sqs(),
        tiles_bucket="tiles-bucket",
        pages_queue_url=queue_url("pages"),
        documents_queue_url=queue_url("documents"),
    )


def read(account: Account, document: str) -> Document:
    found = document_table.get(account.documents, document)
    assert found is not None
    return found


def refusing(*calls: int) -> Reply:
    """Refuses these requests, counted from 1."""
    made = iter(range(1, 1000))

    def reply(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return REFUSED if next(made) in calls else answers(request)

    return reply


def ended(account: Account, status: str, pages: int = 1) -> str:
    """A document with two tiles a page, of which the detector refuses the first."""
    with clock(NOW):
        document = queued(account, pages)
        some = refusing(1, 2 * pages + 1)
        run_with(account, some if status == "PARTIAL" else lambda _: REFUSED)
    assert account.document(document)["status"] == status
    return document


def retry(account: Account, document: str) -> str | None:
    return retrier().retry(read(account, document), LATER)


def next_run(account: Account, name: str = "next") -> list[dict[str, Any]]:
    """A run in which the detector answers everything; what it was asked."""
    with clock(LATER), detector(answers) as asked:
        Run(account, execution=name).go()
    return asked


def uploaded(account: Account, *texts: str) -> str:
    """A real document that waits for its pages to be tiled."""
    key = "incoming/text/sheet.pdf"
    version = account.upload(key, drawing_of(*texts))
    account.deliver("accept_document", upload_event(key, version))
    account.received("pages")
    return keys.document_id("documents-bucket", key, version)


def tiled(account: Account) -> None:
    for body in account.received("pages"):
        account.deliver("tile_page", body)


def give_up(account: Account, document: str, page: int) -> None:
    page_table.mark(account.ledger, document, PageRow(page=page, failed_reason="no"))
