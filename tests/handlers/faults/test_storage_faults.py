"""Tables that take a part, none or too many: nothing is lost, and no request is over a limit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from tests.handlers.account import Account, module
from tests.handlers.between import Body, Failure, Reply, hooked, table_answers, throttled
from tests.handlers.merged import answered
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import Run, clock, queued, run_with, tile
from tilescout import keys
from tilescout.aws import requests
from tilescout.aws.items import to_attribute, to_item
from tilescout.aws.tables import page_table
from tilescout.detections import Answer, Word
from tilescout.detectors.responses import answer_to_json
from tilescout.geometry import Box
from tilescout.ledger import TileRow

NOW = 1_800_000_000
LARGEST_ITEM = 400_000
LARGEST_BATCH = {"BatchWriteItem": 25, "TransactWriteItems": 100}


def nothing_processed(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, {"UnprocessedItems": request["RequestItems"]}


def conflicting(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    reasons = [{"Code": "TransactionConflict"}] * len(request["TransactItems"])
    kind = "com.amazonaws#TransactionCanceledException"
    return 400, {"__type": kind, "message": "x", "CancellationReasons": reasons}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries of the clients do not wait."""
    monkeypatch.setattr("time.sleep", lambda _: None)


@contextmanager
def request_sizes() -> Iterator[dict[str, int]]:
    """Yields the most actions that one request of each kind had."""
    most: dict[str, int] = Counter()

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        items = params.get("TransactItems") or [
            item for of_table in params.get("RequestItems", {}).values() for item in of_table
        ]
        most[model.name] = max(most[model.name], len(items))

    with hooked("provide-client-params", note):
        yield most


@pytest.mark.fault("S1")
def test_rows_that_were_not_processed_are_written_again(account: Account) -> None:
    document = queued(account)
    with table_answers("BatchWriteItem", 3, nothing_processed) as made:
        run_with(account)
    assert len(made) >= 4
    assert account.document(document)["status"] == "DONE"
    assert len(account.detections.scan()["Items"]) == int(account.document(document)["detections"])


@pytest.mark.fault("S1")
@pytest.mark.parametrize(
    "operation", ["GetItem", "PutItem", "UpdateItem", "Query", "BatchWriteItem"]
)
def test_throttled_requests_are_made_again(account: Account, operation: str) -> None:
    document = queued(account)
    with table_answers(operation, 3, throttled) as made:
        run_with(account)
    assert len(made) >= 4
    row = account.document(document)
    assert (row["status"], row["calls"]) == ("DONE", 2)


def throttled_row(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    reasons = [{"Code": "ThrottlingError"}] * len(request["TransactItems"])
    kind = "com.amazonaws#TransactionCanceledException"
    return 400, {"__type": kind, "message": "x", "CancellationReasons": reasons}


@pytest.mark.fault("S1")
@pytest.mark.parametrize("answer", [conflicting, throttled_row])
def test_a_cancelled_transaction_is_made_again(account: Account, answer: Reply) -> None:
    """As a retry makes one, that keeps the rows of a document from expiring."""
    document = queued(account)
    partition = keys.tile_partition(document, 1, 0)
    ledger = module("runtime").table("ledger")
    page_table.expire(ledger, page_table.lasting(ledger, partition), NOW)
    with table_answers("TransactWriteItems", 4, answer) as made:
        assert page_table.keep(ledger, partition)
    assert len(made) == 5
    assert len(page_table.lasting(ledger, partition)) == 2


@pytest.mark.fault("S1")
def test_throttled_rows_while_tiling_are_written_again(account: Account) -> None:
    document, body = accepted(account)
    with table_answers("PutItem", 4, throttled) as made:
        account.deliver("tile_page", body)
    assert len(made) > 4
    assert account.document(document)["status"] == "QUEUED"


@pytest.mark.fault("S1")
def test_rows_that_throttling_refused_while_tiling_are_made_good(account: Account) -> None:
    document, body = accepted(account)
    with (
        table_answers("PutItem", 1_000, throttled),
        pytest.raises(BatchProcessingError, match="ProvisionedThroughputExceeded"),
    ):
        account.deliver("tile_page", body)
    account.deliver("tile_page", body)
    assert account.document(document)["status"] == "QUEUED"
    assert tile(account, document)["state"] == "pending"


def accepted(account: Account) -> tuple[str, str]:
    """Returns the id of an accepted document of one page, and the message of its page."""
    key = "incoming/text/sheet.pdf"
    version = account.upload(key, drawing_of("A"))
    account.deliver("accept_document", upload_event(key, version))
    (body,) = account.received("pages")
    return keys.document_id("documents-bucket", key, version), body


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_outage_of_s3_leaves_no_mark_on_a_page(account: Account, method: str) -> None:
    """Reads of the upload fail, then writes of its tiles; three crashes would give it up."""
    document, body = accepted(account)
    for _ in range(5):
        with bucket_slows_down(method), pytest.raises(BatchProcessingError, match="SlowDown"):
            account.deliver("tile_page", body)
    account.deliver("tile_page", body)
    assert account.document(document)["status"] == "QUEUED"
    assert page_table.pages(account.ledger, document)[0].failed_reason == ""


@contextmanager
def bucket_slows_down(method: str) -> Iterator[None]:
    """S3 refuses every request of the method."""

    def send(request: Any, **_: Any) -> AWSResponse | None:
        if request.method != method or "-bucket" not in request.url:
            return None
        body = b"<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>"
        return AWSResponse("https://nowhere.invalid/", 503, {}, Body(body))

    with hooked("before-send", send):
        yield


def test_a_result_file_that_was_not_stored_whole_leaves_no_parts_behind(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts = TransferConfig(multipart_threshold=1, use_threads=False)
    monkeypatch.setattr("tilescout.aws.objects.IN_PARTS", in_parts)

    def fail(model: Any, **_: Any) -> None:
        if model.name == "UploadPart":
            raise Failure(model.name)

    document = queued(account)
    with hooked("before-call", fail), pytest.raises(BatchProcessingError):
        run_with(account)
    assert "Uploads" not in account.s3.list_multipart_uploads(Bucket="results-bucket")
    assert account.document(document)["status"] == "RUNNING"


def test_a_result_of_a_page_that_is_gone_is_told_and_the_document_stays_open(
    account: Account,
) -> None:
    document = queued(account, 2)
    run = answered(account, document, 2)
    account.deliver("merge_page", run.merge_hint(document, 1))
    gone = keys.page_result(keys.result_id(document, 1), 1)
    account.s3.delete_object(Bucket="results-bucket", Key=gone)
    with pytest.raises(BatchProcessingError, match="the result of page 1 is gone"):
        account.deliver("merge_page", run.merge_hint(document, 2))
    assert account.document(document)["status"] == "RUNNING"


@pytest.mark.fault("S1")
def test_rows_that_are_never_processed_are_told_and_the_page_is_merged_later(
    account: Account,
) -> None:
    document = queued(account)
    with (
        table_answers("BatchWriteItem", 9, nothing_processed),
        pytest.raises(BatchProcessingError, match=r"the table detections did not take 1 of 1 rows"),
    ):
        run_with(account)
    assert account.document(document)["status"] == "RUNNING"


@pytest.mark.fault("S1")
@pytest.mark.parametrize("times", [1, 20])
def test_a_document_that_another_transaction_holds_is_claimed_all_the_same(
    account: Account, times: int
) -> None:
    document = queued(account)
    run = Run(account)
    with table_answers("TransactWriteItems", times, conflicting) as made:
        run.step("OpenRun")
    assert made != []
    run.step("StartModel")
    run.step("DetectTiles")
    assert account.document(document)["status"] == "RUNNING"


@pytest.mark.long
@pytest.mark.fault("S3", "S5")
def test_no_request_is_over_its_limit_and_no_partition_over_a_band(account: Account) -> None:
    with clock(NOW), request_sizes() as most:
        document = queued(account, tiles=600)
        bands = page_table.bands(account.ledger, document)
        assert [band.planned for band in bands] == [256, 256, 88]
        partition = keys.tile_partition(document, 1, 0)
        ledger = module("runtime").table("ledger")
        page_table.expire(ledger, page_table.lasting(ledger, partition), NOW)
        assert page_table.keep(ledger, partition)
    assert 0 < most["TransactWriteItems"] <= LARGEST_BATCH["TransactWriteItems"]
    tiles = Counter(
        row["pk"] for row in account.ledger.scan()["Items"] if row["sk"].startswith("TILE#")
    )
    assert max(tiles.values()) == 256


def crowded(account: Account, words: int) -> str:
    """A document of one tile on which so many words were read, all of them apart; merged."""
    document = queued(account, tiles=1)
    run = Run(account).open()
    places = ((4 * (number % 170), 4 * (number // 170)) for number in range(words))
    found = tuple(
        Word(
            text=f"FV-{left}-{top}", confidence=99.0, box=Box(left, top, left + 2, top + 2), line=n
        )
        for n, (left, top) in enumerate(places)
    )
    answer = Answer(tile=0, tile_box=Box(0, 0, 700, 700), words=found, calls=1)
    account.s3.put_object(
        Bucket="tiles-bucket", Key="answers/crowded", Body=answer_to_json(answer).encode()
    )
    row = TileRow(
        page=1,
        tile=0,
        box=(0, 0, 700, 700),
        image="tiles/i",
        state="answered",
        answer="answers/crowded",
    )
    key = {"pk": keys.tile_partition(document, 1, 0), "sk": keys.tile_sort(0)}
    account.ledger.put_item(Item=to_item(row) | key)
    page_table.band_outcome(account.ledger, document, 1, 0, "answered")
    with request_sizes() as most:
        account.deliver("merge_page", run.merge_hint(document))
    assert most["BatchWriteItem"] <= LARGEST_BATCH["BatchWriteItem"]
    return document


def largest(account: Account) -> int:
    """Bytes of the largest row of all tables, as JSON."""
    tables = (account.documents, account.detections, account.ledger)
    return max(
        len(json.dumps(row, default=str).encode()) for table in tables for row in all_rows(table)
    )


def all_rows(table: Any) -> Iterator[dict[str, Any]]:
    page = table.scan()
    yield from page["Items"]
    while "LastEvaluatedKey" in page:
        page = table.scan(ExclusiveStartKey=page["LastEvaluatedKey"])
        yield from page["Items"]


@pytest.mark.fault("S2")
@pytest.mark.parametrize("words", [500, pytest.param(20_000, marks=pytest.mark.long)])
def test_a_crowded_page_has_a_row_a_detection_and_none_is_large(
    account: Account, words: int
) -> None:
    document = crowded(account, words)
    row = account.document(document)
    assert row["status"] == "DONE"
    assert int(row["detections"]) == sum(1 for _ in all_rows(account.detections)) > words / 100
    assert largest(account) < LARGEST_ITEM / 10


@pytest.mark.fault("S3")
def test_rows_over_a_megabyte_are_read_to_their_end(account: Account) -> None:
    for number in range(30):
        item = {"pk": "P", "sk": f"{number:03d}", "filling": "x" * 100_000}
        account.ledger.put_item(Item=item)
    assert account.ledger.query(
        KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": "P"}
    )["LastEvaluatedKey"]
    found = [row["sk"] for row in requests.rows_of(account.ledger, "P")]
    assert found == [f"{number:03d}" for number in range(30)]


def floats_in(value: Any) -> bool:
    if isinstance(value, dict):
        return any(floats_in(part) for part in value.values())
    if isinstance(value, list | set):
        return any(floats_in(part) for part in value)
    return isinstance(value, float)


plain = st.recursive(
    st.one_of(st.floats(-1e6, 1e6), st.integers(), st.text()),
    lambda part: st.one_of(st.lists(part), st.dictionaries(st.text(), part)),
)


@pytest.mark.fault("S4")
@given(plain)
def test_no_float_reaches_a_table(value: Any) -> None:
    assert not floats_in(to_attribute(value))


@pytest.mark.fault("S4")
@given(st.floats(-1e6, 1e6))
def test_a_float_is_kept_to_six_places(value: float) -> None:
    stored = to_attribute(value)
    assert isinstance(stored, Decimal)
    assert abs(float(stored) - value) <= 0.5e-6 + 1e-9
