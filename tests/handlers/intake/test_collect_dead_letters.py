from __future__ import annotations

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from tests.handlers.account import Account
from tests.handlers.between import announced, s3_refuses
from tests.handlers.papers import drawing_of, upload_event
from tilescout import keys, messages
from tilescout.aws.tables import page_table
from tilescout.ledger import PageRow

KEY = "incoming/text/sheet.pdf"


def accepted(account: Account, *pages: str, key: str = KEY) -> str:
    version = account.upload(key, drawing_of(*pages))
    account.deliver("accept_document", upload_event(key, version))
    return keys.document_id("documents-bucket", key, version)


def pages(document: str, first: int, last: int) -> str:
    return messages.body(messages.PageRange(document_id=document, first_page=first, last_page=last))


@pytest.mark.fault("S12")
def test_pages_given_up_fail_and_the_rest_is_queued(account: Account) -> None:
    document = accepted(account, "A", "B", "C")
    page_table.mark(account.ledger, document, PageRow(page=1, tiled=True, tiles=2))
    account.deliver("collect_dead_letters", pages(document, 2, 3))
    row = account.document(document)
    assert (row["status"], row["pages_failed"], row["tiles_planned"]) == ("QUEUED", 2, 2)


def test_a_document_without_any_page_fails_with_a_reason(account: Account) -> None:
    document = accepted(account, "A")
    account.deliver("collect_dead_letters", pages(document, 1, 1))
    row = account.document(document)
    assert row["status"] == "FAILED"
    assert row["reason"].startswith("page 1: could not be processed after several tries")


def test_a_document_whose_model_has_no_version_waits_for_one(account: Account) -> None:
    document = accepted(account, "A", "B", key="incoming/symbols/sheet.pdf")
    page_table.mark(account.ledger, document, PageRow(page=1, tiled=True, tiles=2))
    account.deliver("collect_dead_letters", pages(document, 2, 2))
    assert account.document(document)["status"] == "WAITING_FOR_MODEL"


def test_pages_that_were_tiled_meanwhile_stay_tiled(account: Account) -> None:
    document = accepted(account, "A", "B")
    page_table.mark(account.ledger, document, PageRow(page=1, tiled=True, tiles=2))
    account.deliver("collect_dead_letters", pages(document, 1, 2))
    assert account.document(document)["pages_failed"] == 1


@pytest.mark.fault("S12")
@pytest.mark.parametrize("times", [1, 2])
def test_an_upload_given_up_is_rejected_with_a_reason(account: Account, times: int) -> None:
    version = account.upload(KEY, drawing_of("A"))
    account.deliver("collect_dead_letters", *[upload_event(KEY, version)] * times)
    [row] = account.rows("document")
    assert row["status"] == "REJECTED"
    assert row["reason"].startswith("could not be processed")
    assert row["id"] == keys.document_id("documents-bucket", KEY, version)


def test_an_event_that_names_no_version_is_rejected_under_the_newest(account: Account) -> None:
    version = account.upload(KEY, drawing_of("A"))
    account.deliver("collect_dead_letters", upload_event(KEY, ""))
    assert account.document(keys.document_id("documents-bucket", KEY, version))["reason"]


def test_an_upload_that_is_known_keeps_its_status(account: Account) -> None:
    document = accepted(account, "A")
    version = account.document(document)["version"]
    account.deliver("collect_dead_letters", upload_event(KEY, version))
    assert account.document(document)["status"] == "ACCEPTED"


def test_a_document_that_is_queued_already_is_left_alone(account: Account) -> None:
    document = accepted(account, "A")
    page_table.mark(account.ledger, document, PageRow(page=1, tiled=True, tiles=2))
    account.deliver("collect_dead_letters", pages(document, 1, 1))
    before = account.document(document)
    account.deliver("collect_dead_letters", pages(document, 1, 1))
    assert account.document(document) == before


@pytest.mark.fault("S12")
def test_an_unknown_message_is_dropped(account: Account) -> None:
    account.deliver("collect_dead_letters", "hello", '{"page": 7}')
    assert account.rows("document") == []


@pytest.mark.parametrize("status", [400, 403])
def test_an_upload_that_may_not_be_read_is_rejected_under_its_own_version(
    account: Account, status: int
) -> None:
    version = account.upload(KEY, drawing_of("A"))
    with s3_refuses("HEAD", status):
        account.deliver("collect_dead_letters", upload_event(KEY, version))
    row = account.document(keys.document_id("documents-bucket", KEY, version))
    assert row["status"] == "REJECTED"
    assert row["reason"].startswith(f"the function may not read the object ({status} ")


def test_a_dead_letter_is_tried_again_while_the_bucket_is_down(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    version = account.upload(KEY, drawing_of("A"))
    with s3_refuses("HEAD", 503), pytest.raises(BatchProcessingError):
        account.deliver("collect_dead_letters", upload_event(KEY, version))
    assert account.rows("document") == []


def test_an_upload_given_up_is_announced_once(account: Account) -> None:
    version = account.upload(KEY, drawing_of("A"))
    with announced() as events:
        account.deliver("collect_dead_letters", *[upload_event(KEY, version)] * 2)
    assert [each["status"] for each in events] == ["REJECTED"]


def test_a_document_without_any_page_is_announced_once(account: Account) -> None:
    document = accepted(account, "A")
    with announced() as events:
        account.deliver("collect_dead_letters", *[pages(document, 1, 1)] * 2)
    assert [(each["document_id"], each["status"]) for each in events] == [(document, "FAILED")]
