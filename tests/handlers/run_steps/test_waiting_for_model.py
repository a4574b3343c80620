"""Documents of a model of which no version is in use yet."""

from __future__ import annotations

from tests.handlers.account import Account
from tests.handlers.model_service import put_to_use
from tests.handlers.runs import queued
from tilescout.aws.documents import intake

KEY = "incoming/symbols/sheet.pdf"
NOW = 1_700_009_999
REASON = (
    "profile symbols needs a version of the model project pumps, and none is in use; "
    "run `tilescout model use VERSION --project pumps`"
)


def status(account: Account, document: str) -> tuple[str, str]:
    row = account.document(document)
    return row["status"], row["reason"]


def queue(account: Account, limit: int = 500) -> int:
    return intake.queue_waiting(account.documents, account.ledger, "pumps", NOW, limit)


def test_a_tiled_document_waits_for_a_version_and_tells_the_remedy(account: Account) -> None:
    document = queued(account, key=KEY)
    assert status(account, document) == ("WAITING_FOR_MODEL", REASON)
    assert account.document(document)["tiles_planned"] == 2


def test_a_document_whose_model_has_a_version_is_queued(account: Account) -> None:
    put_to_use(account)
    assert status(account, queued(account, key=KEY)) == ("QUEUED", "")


def test_a_document_without_a_tile_needs_no_model(account: Account) -> None:
    assert status(account, queued(account, key=KEY, tiles=0)) == ("QUEUED", "")


def test_a_document_of_text_needs_no_model(account: Account) -> None:
    assert status(account, queued(account)) == ("QUEUED", "")


def test_a_document_that_could_not_be_tiled_has_failed(account: Account) -> None:
    document = queued(account, key=KEY, failed={1: "torn"})
    assert status(account, document) == ("FAILED", "page 1: torn")


def test_a_version_put_to_use_queues_what_waits_in_its_old_place(account: Account) -> None:
    document = queued(account, key=KEY)
    due = account.document(document)["due"]
    put_to_use(account)
    assert queue(account) == 1
    assert status(account, document) == ("QUEUED", "")
    row = account.document(document)
    assert (row["due"], row["queued_at"]) == (due, NOW)


def test_without_a_version_documents_go_on_waiting(account: Account) -> None:
    document = queued(account, key=KEY)
    assert queue(account) == 0
    assert status(account, document) == ("WAITING_FOR_MODEL", REASON)


def test_documents_in_another_status_are_left_alone(account: Account) -> None:
    put_to_use(account)
    document = queued(account, key=KEY)
    assert queue(account) == 0
    assert account.document(document)["queued_at"] == 1_700_000_100


def test_many_documents_are_queued_bit_by_bit(account: Account) -> None:
    for number in range(3):
        queued(account, key=f"incoming/symbols/{number}.pdf")
    put_to_use(account)
    assert [queue(account, limit=2) for _ in range(3)] == [2, 1, 0]
