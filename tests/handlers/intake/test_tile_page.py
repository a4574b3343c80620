from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.handlers.account import Account, sqs_event
from tests.handlers.between import Crash, announced, crash_at
from tests.handlers.papers import drawing_in_small_letters, drawing_of, upload_event
from tilescout import keys, messages
from tilescout.aws.at_most_once import AtMostOnce
from tilescout.aws.tables import page_table
from tilescout.ledger import PageRow, TileRow

Accept = Callable[..., tuple[str, list[str]]]
KEY = "incoming/text/sheet.pdf"


@pytest.fixture
def accept(account: Account) -> Accept:
    """Accepts a drawing; gives its id and the page messages."""

    def accept_one(pdf: bytes, key: str = KEY) -> tuple[str, list[str]]:
        version = account.upload(key, pdf)
        account.deliver("accept_document", upload_event(key, version))
        return keys.document_id("documents-bucket", key, version), account.received("pages")

    return accept_one


def ranges(document_id: str, *pages: tuple[int, int]) -> list[str]:
    return [
        messages.body(messages.PageRange(document_id=document_id, first_page=first, last_page=last))
        for first, last in pages
    ]


def tiles(account: Account) -> list[dict[str, object]]:
    return [row for row in account.ledger.scan()["Items"] if row["pk"].startswith("TILES#")]


def test_the_last_page_queues_the_document_with_exact_counts(
    account: Account, accept: Accept
) -> None:
    document_id, _ = accept(drawing_of("A", "B", ""))
    for page in ranges(document_id, (1, 1), (3, 3)):
        account.deliver("tile_page", page)
    assert account.document(document_id)["status"] == "ACCEPTED"
    account.deliver("tile_page", *ranges(document_id, (2, 2)))
    document = account.document(document_id)
    assert document["status"] == "QUEUED"
    assert (document["tiles_planned"], document["tiles_skipped"]) == (4, 2)
    assert document["due"].startswith("textract#")


def test_every_tile_has_its_image_and_its_row(account: Account, accept: Accept) -> None:
    _, pages = accept(drawing_of("A"))
    account.deliver("tile_page", *pages)
    rows = tiles(account)
    assert [row["state"] for row in rows] == ["pending", "pending"]
    assert sorted(str(row["image"]) for row in rows) == account.objects("tiles-bucket")


@pytest.mark.fault("I1")
def test_pages_tiled_twice_are_the_same_as_once(account: Account, accept: Accept) -> None:
    document_id, pages = accept(drawing_of("A", "B"))
    account.deliver("tile_page", *pages)
    once = account.ledger.scan()["Items"], account.document(document_id)
    account.deliver("tile_page", *pages, *pages)
    assert (account.ledger.scan()["Items"], account.document(document_id)) == once


@pytest.mark.fault("I1")
def test_a_slow_duplicate_never_takes_an_answer_back(account: Account) -> None:
    row = TileRow(page=1, tile=0, box=(0, 0, 9, 9), image="i")
    page_table.write_tiles(account.ledger, "d", 1, [row])
    page_table.write_bands(account.ledger, "d", 1, [0])
    account.ledger.update_item(
        Key={"pk": "TILES#d#00001#0000", "sk": "TILE#000000"},
        UpdateExpression="SET #s = :answered",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":answered": "answered"},
    )
    page_table.band_outcome(account.ledger, "d", 1, 0, "answered")
    before = account.ledger.scan()["Items"]
    page_table.write_tiles(account.ledger, "d", 1, [row])
    page_table.write_bands(account.ledger, "d", 1, [0])
    assert account.ledger.scan()["Items"] == before


def test_a_crash_between_two_batches_of_rows_is_made_good(account: Account) -> None:
    rows = [TileRow(page=1, tile=n, box=(0, 0, 9, 9), image="i") for n in range(150)]
    page_table.write_tiles(account.ledger, "d", 1, rows[:20])
    page_table.write_tiles(account.ledger, "d", 1, rows)
    assert len(tiles(account)) == 150


def test_a_crash_before_the_flip_is_made_good_by_the_next_delivery(
    account: Account, accept: Accept
) -> None:
    document_id, pages = accept(drawing_of("A"))
    with crash_at(15) as calls, pytest.raises(Crash):
        account.deliver("tile_page", *pages)
    assert calls[-1] == "UpdateItem"
    account.deliver("tile_page", *pages)
    assert account.document(document_id)["status"] == "QUEUED"
    assert len(tiles(account)) == 2


def test_a_page_given_up_after_too_many_attempts_tells_so(account: Account, accept: Accept) -> None:
    document_id, pages = accept(drawing_of("A", "B"))
    for _ in range(3):
        page_table.count_attempt(AtMostOnce(account.ledger), document_id, 2)
    account.deliver("tile_page", *pages)
    document = account.document(document_id)
    assert (document["status"], document["pages_failed"]) == ("QUEUED", 1)
    page = page_table.read_page(account.ledger, document_id, 2)
    assert page is not None
    assert page.failed_reason == "tiling stopped without an answer 3 times; lower the dpi"


@pytest.mark.fault("I5")
def test_a_document_whose_object_is_gone_fails_with_the_reason(
    account: Account, accept: Accept
) -> None:
    document_id, pages = accept(drawing_of("A"))
    version = account.document(document_id)["version"]
    account.s3.delete_object(Bucket="documents-bucket", Key=KEY, VersionId=version)
    account.deliver("tile_page", *pages)
    document = account.document(document_id)
    assert document["status"] == "FAILED"
    assert document["reason"] == "page 1: the object's version was deleted; upload the file again"
    assert document["ended_at"] > 0


def test_a_document_without_any_page_is_announced_once(account: Account, accept: Accept) -> None:
    document_id, pages = accept(drawing_of("A"))
    version = account.document(document_id)["version"]
    account.s3.delete_object(Bucket="documents-bucket", Key=KEY, VersionId=version)
    with announced() as events:
        account.deliver("tile_page", *pages)
        account.deliver("tile_page", *pages)
    assert [(each["document_id"], each["status"]) for each in events] == [(document_id, "FAILED")]


def test_a_crash_before_the_event_is_made_good_by_the_next_delivery(
    account: Account, accept: Accept
) -> None:
    document_id, pages = accept(drawing_of("A"))
    version = account.document(document_id)["version"]
    account.s3.delete_object(Bucket="documents-bucket", Key=KEY, VersionId=version)
    with crash_at(10) as calls, pytest.raises(Crash):
        account.deliver("tile_page", *pages)
    assert (calls[-1], account.document(document_id)["status"]) == ("PutEvents", "FAILED")
    with announced() as events:
        account.deliver("tile_page", *pages)
    assert len(events) == 1


def test_a_document_that_is_queued_is_not_announced(account: Account, accept: Accept) -> None:
    _, pages = accept(drawing_of("A"))
    with announced() as events:
        account.deliver("tile_page", *pages)
    assert events == []


def test_a_page_with_its_own_text_needs_no_tiles(account: Account, accept: Accept) -> None:
    document_id, pages = accept(drawing_of("VALVE 7"), key="incoming/layer/sheet.pdf")
    account.deliver("tile_page", *pages)
    document = account.document(document_id)
    assert (document["status"], document["tiles_planned"]) == ("QUEUED", 0)
    assert account.objects("tiles-bucket") == [f"answers/{document_id}/00001/layer.json"]


def test_a_message_for_an_unknown_document_is_dropped(account: Account) -> None:
    account.deliver("tile_page", *ranges("nobody", (1, 1)))
    assert account.ledger.scan()["Items"] == []


def test_a_failed_page_keeps_its_first_reason(account: Account) -> None:
    page_table.mark(account.ledger, "d", PageRow(page=1, failed_reason="too large"))
    assert not page_table.mark(account.ledger, "d", PageRow(page=1, failed_reason="given up"))
    page = page_table.read_page(account.ledger, "d", 1)
    assert page is not None
    assert page.failed_reason == "too large"


def test_a_tiled_page_is_not_given_up_afterwards(account: Account) -> None:
    page_table.mark(account.ledger, "d", PageRow(page=1, tiled=True, tiles=4))
    assert not page_table.mark(account.ledger, "d", PageRow(page=1, failed_reason="given up"))
    page = page_table.read_page(account.ledger, "d", 1)
    assert page is not None
    assert page.tiled


def test_pages_that_time_does_not_suffice_for_go_back_to_the_queue(
    account: Account, accept: Accept
) -> None:
    document_id, pages = accept(drawing_of("VALVE 7"))
    answer = account.call("tile_page", sqs_event(*pages), seconds=149)
    assert answer == {"batchItemFailures": []}
    assert account.received("pages") == ranges(document_id, (1, 1))
    assert account.document(document_id)["status"] == "ACCEPTED"


def page_of(account: Account, document_id: str) -> PageRow:
    page = page_table.read_page(account.ledger, document_id, 1)
    assert page is not None
    return page


def test_a_page_is_tiled_at_the_dpi_that_its_lettering_needs_as_planned(
    account: Account, accept: Accept
) -> None:
    document_id, pages = accept(drawing_in_small_letters(), key="incoming/fine/sheet.pdf")
    planned = account.document(document_id)["tiles_planned"]
    account.deliver("tile_page", *pages)
    page = page_of(account, document_id)
    assert (page.dpi, page.width_px, page.height_px) == (272, 1134, 756)
    assert page.tiles + page.skipped == planned == 12


def test_large_lettering_keeps_the_usual_dpi(account: Account, accept: Accept) -> None:
    document_id, pages = accept(drawing_in_small_letters(40), key="incoming/fine/sheet.pdf")
    account.deliver("tile_page", *pages)
    assert page_of(account, document_id).dpi == 72


def test_lettering_that_stays_too_small_is_a_warning_once(account: Account, accept: Accept) -> None:
    document_id, pages = accept(drawing_in_small_letters(2), key="incoming/fine/sheet.pdf")
    account.deliver("tile_page", *pages)
    (warning,) = account.document(document_id)["warnings"]
    assert warning.startswith("a tenth of the lettering of page 1 is under ")
    assert warning.endswith("max_dpi 288 and max_tiles_per_page 100 of profile fine allow no more")


def test_a_page_keeps_the_dpi_at_which_it_was_tiled_first(account: Account, accept: Accept) -> None:
    document_id, pages = accept(drawing_in_small_letters(), key="incoming/fine/sheet.pdf")
    assert page_table.settle_dpi(account.ledger, document_id, 1, 122) == 122
    account.deliver("tile_page", *pages)
    page_table.unmark(account.ledger, document_id, 1)
    account.deliver("tile_page", *pages)
    assert page_of(account, document_id).dpi == 122


def test_tiles_of_another_dpi_are_other_objects(account: Account, accept: Accept) -> None:
    grids = set()
    for dpi in (122, 172):
        key = f"incoming/fine/{dpi}.pdf"
        document_id, pages = accept(drawing_in_small_letters(), key=key)
        page_table.settle_dpi(account.ledger, document_id, 1, dpi)
        account.deliver("tile_page", *pages)
        grids.add(page_of(account, document_id).grid)
    assert len(grids) == 2
