from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from tests.handlers.account import Account, Crash, crash_at, detector, module, sqs_event
from tests.handlers.runs import Run, answers, clock, queued, run_with, tile
from tilescout.aws import page_table, requests
from tilescout.ledger import TileRow

NOW = 1_800_000_000


def answered(account: Account, document: str, pages: int = 1, *, execution: str = "one") -> Run:
    """A run in which every tile of the document has its answer, and nothing is merged."""
    run = Run(account, execution=execution).open()
    with detector(answers):
        for page in range(1, pages + 1):
            hints = [run.hint(document, page, number) for number in (0, 1)]
            account.deliver("detect_tile", *hints)
    return run


def everything(account: Account) -> list[Any]:
    """What a reader can see, without the time."""
    rows = [
        {name: value for name, value in row.items() if name != "made_at"}
        for row in account.detections.scan()["Items"]
    ]
    return sorted(rows, key=lambda row: (row["result_id"], row["sort"]))


def file_of(account: Account, result: str) -> dict[str, Any]:
    key = f"results/{result}/detections.json"
    body = account.s3.get_object(Bucket="results-bucket", Key=key)["Body"].read()
    found: dict[str, Any] = json.loads(body)
    return found


def expiring(account: Account, document: str) -> set[bool]:
    """Whether the document's rows in the ledger have an end."""
    return {
        "expire_at" in row
        for row in account.ledger.scan()["Items"]
        if document in row["pk"] and "#" in row["pk"] and not row["pk"].startswith("RUN#")
    }


def test_the_last_page_makes_the_document_visible(account: Account) -> None:
    document = queued(account, 2)
    run = answered(account, document, 2)
    account.deliver("merge_page", run.merge_hint(document, 1))
    assert account.document(document)["status"] == "RUNNING"
    account.deliver("merge_page", run.merge_hint(document, 2))
    row = account.document(document)
    assert (row["status"], row["result_id"]) == ("DONE", f"{document}-000001")
    assert row["detections"] == len(everything(account)) > 0


def test_file_and_table_hold_the_same_detections(account: Account) -> None:
    document = queued(account)
    run_with(account)
    found = file_of(account, f"{document}-000001")
    assert [each["id"] for each in found["detections"]] == [
        row["sort"] for row in everything(account)
    ]
    assert found["document"]["status"] == "DONE"
    assert found["document"]["cost"] == {"spent_usd": 0.003}


def test_a_page_that_is_not_complete_is_left_alone(account: Account) -> None:
    document = queued(account)
    run = Run(account).open()
    account.deliver("merge_page", run.merge_hint(document))
    assert account.document(document)["status"] == "RUNNING"
    assert everything(account) == []


def test_a_page_merged_twice_has_one_result_set(account: Account) -> None:
    document = queued(account, 2)
    run = answered(account, document, 2)
    account.deliver("merge_page", run.merge_hint(document, 1))
    once = everything(account)
    account.deliver("merge_page", *[run.merge_hint(document, 1)] * 2)
    assert everything(account) == once


def test_a_hint_of_an_older_claim_is_dropped(account: Account) -> None:
    document = queued(account)
    old = answered(account, document)
    old.step("StopModel")
    old.step("CloseRun")
    Run(account, execution="next").open()
    account.deliver("merge_page", old.merge_hint(document))
    assert everything(account) == []
    assert account.document(document)["status"] == "RUNNING"


def test_rows_of_a_merge_that_crashed_are_replaced_by_the_next(account: Account) -> None:
    document = queued(account)
    run = answered(account, document)
    stale = {"result_id": f"{document}-000001", "sort": "00001#000099", "text": "old"}
    account.detections.put_item(Item=stale)
    account.deliver("merge_page", run.merge_hint(document))
    assert [row["sort"] for row in everything(account)][-1] != "00001#000099"
    assert account.document(document)["detections"] == len(everything(account))


def test_a_merge_that_died_between_last_mark_and_flip_is_finished(account: Account) -> None:
    document = queued(account)
    run = answered(account, document)
    result = f"{document}-000001"
    account.deliver("merge_page", run.merge_hint(document))
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET #s = :running REMOVE result_id",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":running": "RUNNING"},
    )
    run.step("DetectTiles")
    run.finish()
    assert account.document(document)["result_id"] == result
    assert account.document(document)["status"] == "DONE"


def test_two_last_pages_at_once_flip_the_document_once(account: Account) -> None:
    document = queued(account, 2)
    run = answered(account, document, 2)
    handler = module("merge_page")
    documents = [
        handler.document_table.get(account.documents, document),
        handler.document_table.get(account.documents, document),
    ]
    with ThreadPoolExecutor(2) as workers:
        flipped = list(workers.map(handler._merge, documents, (1, 2)))
    # Each may have seen the other's page; the flip itself is for one of them.
    assert sorted(flipped) in ([False, True], [True, False])
    assert account.document(document)["status"] == "DONE"
    account.deliver("merge_page", run.merge_hint(document))
    assert account.document(document)["detections"] == len(everything(account))


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
        with crash_at(_call_of(account, "PutEvents", hint)) as calls, pytest.raises(Crash):
            account.deliver("merge_page", hint)
        assert calls[-1] == "PutEvents"
        assert account.document(document)["status"] == "DONE"
        assert expiring(account, document) == {False}
        time.now = NOW + 179
        account.deliver("merge_page", hint)
        assert expiring(account, document) == {False}
        time.now = NOW + 180
        with crash_at(1000) as calls:
            account.deliver("merge_page", hint)
    assert "PutEvents" in calls
    assert expiring(account, document) == {True}
    assert account.document(document)["clean_after"] == 0


def _call_of(account: Account, name: str, hint: str) -> int:
    """The number of a call in an undisturbed merge of a second, equal document."""
    twin = queued(account, key="incoming/text/twin.pdf")
    run = Run(account, execution="one")
    run.step("OpenRun")
    run.step("DetectTiles")
    with detector(answers):
        account.deliver("detect_tile", run.hint(twin, 1, 0), run.hint(twin, 1, 1))
    with crash_at(1000) as calls:
        account.deliver("merge_page", run.merge_hint(twin))
    return calls.index(name) + 1


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


def test_the_replaced_set_is_readable_until_the_new_one_is_and_then_deleted(
    account: Account,
) -> None:
    document = queued(account)
    run_with(account)
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET #s = :queued",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":queued": "QUEUED"},
    )
    run = Run(account, execution="next").open()
    assert account.document(document)["result_id"] == f"{document}-000001"
    assert everything(account) != []
    run.step("DetectTiles")
    run.work_off()
    assert account.document(document)["result_id"] == f"{document}-000002"
    assert {row["result_id"] for row in everything(account)} == {f"{document}-000002"}


def test_a_large_ledger_is_retired_in_few_calls(account: Account) -> None:
    tiles = [TileRow(page=1, tile=n, box=(0, 0, 9, 9), image="i") for n in range(120)]
    page_table.write_tiles(account.ledger, "d", 1, tiles)
    ledger = module("shell").table("ledger")
    with crash_at(1000) as calls:
        page_table.expire(ledger, page_table.lasting(ledger, "TILES#d#00001#0000"), 5)
    assert calls == ["Query", "TransactWriteItems", "TransactWriteItems"]
    rows = list(requests.rows_of(ledger, "TILES#d#00001#0000"))
    assert {int(row["expire_at"]) for row in rows} == {5}
    assert {row["state"] for row in rows} == {"pending"}


def test_an_answer_whose_object_is_gone_fails_the_hint_and_writes_nothing(
    account: Account,
) -> None:
    document = queued(account)
    run = answered(account, document)
    account.s3.delete_object(Bucket="tiles-bucket", Key=tile(account, document)["answer"])
    with pytest.raises(BatchProcessingError):
        account.call("merge_page", sqs_event(run.merge_hint(document)))
    assert everything(account) == []
    assert account.document(document)["status"] == "RUNNING"
