from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from tests.handlers.account import Account, module, sqs_event
from tests.handlers.between import Crash, crash_at, detector
from tests.handlers.merged import answered, call_of, everything, file_of
from tests.handlers.runs import Run, answers, clock, queued, run_with, tile
from tilescout import keys
from tilescout.aws import objects
from tilescout.aws.tables import page_table
from tilescout.detections import Answer
from tilescout.detectors.responses import answer_to_json
from tilescout.geometry import Box

NOW = 1_800_000_000


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
    assert found["document"]["cost"] == {"spent_usd": 0.003, "tiles_reused": 0}


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


@pytest.mark.fault("S7")
def test_rows_of_a_merge_that_crashed_are_replaced_by_the_next(account: Account) -> None:
    document = queued(account)
    run = answered(account, document)
    stale = {"result_id": f"{document}-000001", "sort": "00001#000099", "text": "old"}
    account.detections.put_item(Item=stale)
    account.deliver("merge_page", run.merge_hint(document))
    assert [row["sort"] for row in everything(account)][-1] != "00001#000099"
    assert account.document(document)["detections"] == len(everything(account))


@pytest.mark.fault("S7")
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


@pytest.mark.fault("S6")
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


@pytest.mark.fault("S6")
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


def test_detections_json_follows_page_order_across_many_pages(account: Account) -> None:
    document = queued(account, 20, tiles=1)
    run = Run(account, execution="one").open()
    with detector(answers):
        for page in range(1, 21):
            account.deliver("detect_tile", run.hint(document, page, 0))
    for page in range(20, 0, -1):
        account.deliver("merge_page", run.merge_hint(document, page))
    found = file_of(account, f"{document}-000001")["detections"]
    assert [each["page"] for each in found] == list(range(1, 21))


def test_a_document_without_a_detection_has_a_file_that_says_so(account: Account) -> None:
    document = queued(account, tiles=0)
    run_with(account)
    assert file_of(account, f"{document}-000001")["detections"] == []


def test_a_document_that_another_finishes_is_left_to_it_for_a_while(account: Account) -> None:
    document = queued(account)
    with clock(NOW) as time:
        run = answered(account, document)
        hint = run.merge_hint(document)
        with crash_at(call_of(account, "PutObject", hint)), pytest.raises(Crash):
            account.deliver("merge_page", hint)
        with crash_at(1000) as calls:
            account.deliver("merge_page", hint)
        assert "PutObject" not in calls
        assert account.document(document)["status"] == "RUNNING"
        time.now = NOW + 20
        account.deliver("merge_page", hint)
    assert account.document(document)["status"] == "DONE"


def test_a_refused_tile_of_a_document_read_from_its_text_layer_is_partial(
    account: Account,
) -> None:
    document = queued(account, tiles=1)
    key = keys.layer_object(document, 1)
    layer = answer_to_json(Answer(tile=0, tile_box=Box(0, 0, 500, 400), calls=0))
    account.s3.put_object(Bucket="tiles-bucket", Key=key, Body=layer.encode())
    account.ledger.update_item(
        Key={"pk": keys.document_partition(document), "sk": keys.page_sort(1)},
        UpdateExpression="SET has_layer = :true",
        ExpressionAttributeValues={":true": True},
    )
    refuse_all(account, document)
    row = account.document(document)
    assert (row["status"], row["tiles_failed"]) == ("PARTIAL", 1)


def test_lines_that_the_detector_left_out_are_a_warning_of_the_page() -> None:
    box = Box(0, 0, 9, 9)
    answers = [Answer(tile=number, tile_box=box, left_out=number) for number in (3, 4)]
    assert module("merge_page")._left_out(2, answers) == (
        "page 2: 7 lines of ink without the look of lettering, such as circles, pins and hatching, "
        "were left out",
    )
    assert module("merge_page")._left_out(2, answers[:0]) == ()


def refuse_all(account: Account, document: str) -> None:
    """The document's one tile is failed, as the loop does it, and its page merged."""
    run = Run(account).open()
    key = {"pk": keys.tile_partition(document, 1, 0), "sk": keys.tile_sort(0)}
    account.ledger.update_item(
        Key=key,
        UpdateExpression="SET #s = :failed",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":failed": "failed"},
    )
    page_table.band_outcome(account.ledger, document, 1, 0, "failed")
    account.deliver("merge_page", run.merge_hint(document))


def test_a_failed_document_shows_no_detections(account: Account) -> None:
    document = queued(account, tiles=1)
    refuse_all(account, document)
    row = account.document(document)
    assert (row["status"], row["detections"]) == ("FAILED", 0)
    assert everything(account) == []
    assert file_of(account, row["result_id"])["detections"] == []


def test_a_file_of_more_than_one_part_is_stored_whole(account: Account) -> None:
    body = bytes(objects.PART) + b"the end"
    with crash_at(1000) as calls:
        s3 = module("runtime").s3()
        objects.write_file(s3, "results-bucket", "large", io.BytesIO(body), "application/json")
    stored = account.s3.get_object(Bucket="results-bucket", Key="large")
    assert (stored["Body"].read() == body, stored["ContentType"]) == (True, "application/json")
    assert calls.count("UploadPart") == 2
