"""What follows the end of a document: its event once, rows that expire, sets that are deleted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from tests.handlers.account import Account, module, sqs_event
from tests.handlers.between import Crash, crash_at
from tests.handlers.merged import answered, call_of, everything, expiring, sets_in
from tests.handlers.runs import clock, queued, run_with
from tilescout.aws import requests
from tilescout.aws.tables import page_table
from tilescout.ledger import TileRow

NOW = 1_800_000_000


def test_a_finished_document_lets_its_ledger_expire_and_its_tiles_go(account: Account) -> None:
    document = queued(account)
    assert expiring(account, document) == {False}
    run_with(account)
    assert expiring(account, document) == {True}
    assert not [name for name in account.objects("tiles-bucket") if name.startswith("tiles/")]
    assert account.document(document)["clean_after"] == 0


def test_a_partial_document_keeps_its_tiles_for_a_retry(account: Account) -> None:
    document = queued(account, 2, failed={2: "torn"})
    run_with(account)
    assert account.document(document)["status"] == "PARTIAL"
    kept = [name for name in account.objects("tiles-bucket") if name.startswith("tiles/")]
    assert len(kept) == 2


def test_a_crash_after_the_flip_is_cleaned_up_by_a_later_hint(account: Account) -> None:
    document = queued(account)
    with clock(NOW) as time:
        run = answered(account, document)
        hint = run.merge_hint(document)
        with crash_at(call_of(account, "PutEvents", hint)) as calls, pytest.raises(Crash):
            account.deliver("merge_page", hint)
        assert calls[-1] == "PutEvents"
        assert account.document(document)["status"] == "DONE"
        assert expiring(account, document) == {False}
        time.now = NOW + 659
        account.deliver("merge_page", hint)
        assert expiring(account, document) == {False}
        time.now = NOW + 660
        with crash_at(1000) as calls:
            account.deliver("merge_page", hint)
    assert "PutEvents" in calls
    assert expiring(account, document) == {True}
    assert account.document(document)["clean_after"] == 0


def test_a_document_that_is_clean_is_not_announced_again(account: Account) -> None:
    document = queued(account)
    with clock(NOW) as time:
        run = answered(account, document)
        account.deliver("merge_page", run.merge_hint(document))
        time.now += 10_000
        with crash_at(1000) as calls:
            account.deliver("merge_page", run.merge_hint(document))
    assert calls == ["GetItem"]


def test_an_unfinished_set_of_an_earlier_run_is_deleted(account: Account) -> None:
    document = queued(account, 2)
    old = answered(account, document, 2)
    account.deliver("merge_page", old.merge_hint(document, 1))
    assert {row["result_id"] for row in everything(account)} == {f"{document}-000001"}
    old.step("StopModel")
    old.step("CloseRun")
    run_with(account, execution="next")
    assert {row["result_id"] for row in everything(account)} == {f"{document}-000002"}


def test_a_large_ledger_is_retired_without_transactions_which_cost_twice(account: Account) -> None:
    tiles = [TileRow(page=1, tile=n, box=(0, 0, 9, 9), image="i") for n in range(120)]
    page_table.write_tiles(account.ledger, "d", 1, tiles)
    ledger = module("runtime").table("ledger")
    with crash_at(1000) as calls:
        page_table.expire(ledger, page_table.lasting(ledger, "TILES#d#00001#0000"), 5)
    assert Counter(calls) == {"Query": 1, "UpdateItem": 120}
    rows = list(requests.rows_of(ledger, "TILES#d#00001#0000"))
    assert {int(row["expire_at"]) for row in rows} == {5}
    assert {row["state"] for row in rows} == {"pending"}


def test_a_flip_whose_reply_was_lost_is_cleaned_up_all_the_same(account: Account) -> None:
    """The client repeats the write, and its own success refuses it."""
    document = queued(account)
    run = answered(account, document)
    table = module("merge_page").document_table
    update = table.update

    def repeated(documents: Any, document_id: str, values: Any, condition: Any) -> bool:
        if "ended_at" in values:
            assert update(documents, document_id, values, condition)
        done: bool = update(documents, document_id, values, condition)
        return done

    with pytest.MonkeyPatch.context() as monkeypatch, crash_at(1000) as calls:
        monkeypatch.setattr(table, "update", repeated)
        account.deliver("merge_page", run.merge_hint(document))
    assert calls.count("PutEvents") == 1
    assert expiring(account, document) == {True}
    assert account.document(document)["clean_after"] == 0


def test_cleaning_that_has_no_time_left_is_continued_and_announced_once(account: Account) -> None:
    document = queued(account)
    run = answered(account, document)
    hint = sqs_event(run.merge_hint(document))
    with crash_at(1000) as calls:
        with pytest.raises(BatchProcessingError):
            account.call("merge_page", hint, seconds=59)
        assert account.document(document)["status"] == "DONE"
        assert expiring(account, document) == {False}
        account.call("merge_page", hint)
    assert calls.count("PutEvents") == 1
    assert expiring(account, document) == {True}
    assert account.document(document)["clean_after"] == 0


def test_files_of_an_unfinished_set_are_deleted(account: Account) -> None:
    document = queued(account, 2)
    old = answered(account, document, 2)
    account.deliver("merge_page", old.merge_hint(document, 1))
    old.step("StopModel")
    old.step("CloseRun")
    assert sets_in(account) == {f"{document}-000001"}
    run_with(account, execution="next")
    assert sets_in(account) == {f"{document}-000002"}


def test_files_of_a_replaced_set_are_deleted(account: Account) -> None:
    document = queued(account)
    run_with(account)
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET #s = :queued",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":queued": "QUEUED"},
    )
    run_with(account, execution="next")
    assert sets_in(account) == {f"{document}-000002"}
