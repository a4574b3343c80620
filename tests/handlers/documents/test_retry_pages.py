"""A retry tiles again the pages that could not be tiled, and those of which rows are gone."""

from __future__ import annotations

import pytest

from tests.handlers.account import Account
from tests.handlers.between import announced
from tests.handlers.retries import (
    give_up,
    next_run,
    read,
    refusing,
    retrier,
    retry,
    tiled,
    uploaded,
)
from tests.handlers.runs import run_with


def test_a_page_that_failed_is_tiled_again_and_the_other_is_not(account: Account) -> None:
    document = uploaded(account, "A", "B")
    give_up(account, document, 2)
    account.deliver(
        "tile_page", f'{{"document_id": "{document}", "first_page": 1, "last_page": 1}}'
    )
    run_with(account)
    assert account.document(document)["status"] == "PARTIAL"
    found = retrier().plan(read(account, document))
    assert (found.tiles, found.pages, found.answered) == ((), (2,), 2)
    assert retry(account, document) == "ACCEPTED"
    tiled(account)
    assert account.document(document)["status"] == "QUEUED"
    assert len(next_run(account)) == 2
    row = account.document(document)
    assert (row["status"], row["reason"], row["pages_failed"]) == ("DONE", "", 0)


def test_a_document_none_of_whose_pages_could_be_tiled_is_tiled_again(account: Account) -> None:
    document = uploaded(account, "A")
    give_up(account, document, 1)
    account.deliver(
        "tile_page", f'{{"document_id": "{document}", "first_page": 1, "last_page": 1}}'
    )
    assert account.document(document)["status"] == "FAILED"
    assert retry(account, document) == "ACCEPTED"
    tiled(account)
    next_run(account)
    assert account.document(document)["status"] == "DONE"


@pytest.mark.fault("S13")
def test_where_the_ledger_has_expired_the_pages_are_tiled_again(account: Account) -> None:
    document = uploaded(account, "A")
    account.deliver(
        "tile_page", f'{{"document_id": "{document}", "first_page": 1, "last_page": 1}}'
    )
    run_with(account, refusing(1, 3))
    for row in account.ledger.scan()["Items"]:
        if document in row["pk"]:
            account.ledger.delete_item(Key={"pk": row["pk"], "sk": row["sk"]})
    assert retrier().plan(read(account, document)).pages == (1,)
    assert retry(account, document) == "ACCEPTED"
    tiled(account)
    # The tile that was answered takes its answer again, which is kept for longer than the ledger.
    assert len(next_run(account)) == 1
    assert account.document(document)["status"] == "DONE"


@pytest.mark.fault("S13")
@pytest.mark.parametrize("kind", ["PAGE#", "BAND#", "TILE#", "PAGES#"])
def test_a_ledger_that_has_partly_expired_is_made_whole(account: Account, kind: str) -> None:
    document = uploaded(account, "A")
    account.deliver(
        "tile_page", f'{{"document_id": "{document}", "first_page": 1, "last_page": 1}}'
    )
    run_with(account, refusing(1, 3))
    for row in account.ledger.scan()["Items"]:
        if document in row["pk"] and row["sk"].startswith(kind):
            account.ledger.delete_item(Key={"pk": row["pk"], "sk": row["sk"]})
    retry(account, document)
    tiled(account)
    next_run(account)
    row = account.document(document)
    assert (row["status"], row["tiles_answered"]) == ("DONE", 2)


def test_one_that_fails_again_before_any_run_is_announced_again(account: Account) -> None:
    document = uploaded(account, "A")
    row = account.document(document)
    gone = {"Bucket": "documents-bucket", "Key": row["key"], "VersionId": row["version"]}
    account.s3.delete_object(**gone)
    only_page = f'{{"document_id": "{document}", "first_page": 1, "last_page": 1}}'
    with announced() as events:
        account.deliver("tile_page", only_page)
        assert retry(account, document) == "ACCEPTED"
        tiled(account)
    assert [(each["document_id"], each["status"]) for each in events] == [(document, "FAILED")] * 2
