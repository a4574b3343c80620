"""Tiles that look like others before take their answers, and are not paid again."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import pymupdf
import pytest

from tests.handlers.account import Account
from tests.handlers.between import Crash, crash_at, detector
from tests.handlers.merged import file_of
from tests.handlers.papers import upload_event
from tests.handlers.runs import Run, clock, one_word, tile
from tilescout import keys
from tilescout.detectors.reuse import KEEP_SECONDS

NOW = 1_800_000_000
KEY = "incoming/text/set.pdf"
TILES = 9


def drawing(pages: int, *, moved: float = 0) -> bytes:
    """Pages of nine tiles, each with text of its own; one symbol is ``moved`` by so many points."""
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page(width=1100, height=1100)
        for place in range(TILES):
            left, top = 350 * (place % 3), 350 * (place // 3)
            page.insert_text((left + 150, top + 200), f"P{number} T{place}", fontsize=16)
        page.draw_circle((200 + moved * (number == 1), 250), 9)
    body: bytes = document.tobytes()
    document.close()
    return body


def alike(tiles: int) -> bytes:
    """A page with a row of tiles of the same looks."""
    document = pymupdf.open()
    page = document.new_page(width=400 + 350 * (tiles - 1), height=400)
    for number in range(tiles):
        page.draw_circle((350 * number + 200, 200), 20)
    body: bytes = document.tobytes()
    document.close()
    return body


def by_image(asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The detector's answer tells the images apart."""
    return 200, one_word(hashlib.sha256(asked["Document"]["Bytes"].encode()).hexdigest()[:6])


def tiled(account: Account, body: bytes, key: str = KEY) -> str:
    version = account.upload(key, body)
    account.deliver("accept_document", upload_event(key, version))
    while pages := account.received("pages"):
        for page in pages:
            account.deliver("tile_page", page)
    return keys.document_id("documents-bucket", key, version)


def processed(account: Account, body: bytes, key: str = KEY) -> tuple[str, Run, int]:
    """The document's id, its run, and how many calls were made for it."""
    document = tiled(account, body, key)
    run = Run(account, execution=document)
    with detector(by_image) as asked:
        run.go()
    return document, run, len(asked)


def found(account: Account, document: str) -> list[dict[str, Any]]:
    detections: list[dict[str, Any]] = file_of(account, f"{document}-{token(account, document)}")[
        "detections"
    ]
    return detections


def token(account: Account, document: str) -> str:
    return f"{int(account.document(document)['claim_token']):06d}"


@pytest.mark.parametrize("pages", [2, pytest.param(10, marks=pytest.mark.long)])
def test_a_second_version_pays_only_for_what_has_changed_in_it(
    account: Account, pages: int
) -> None:
    _, _, first = processed(account, drawing(pages))
    document, run, second = processed(account, drawing(pages, moved=9))
    fresh, _, third = processed(account, drawing(pages, moved=9), "incoming/fresh/set.pdf")
    tiles = pages * TILES
    assert (first, second, third) == (tiles, 1, tiles)
    row = account.document(document)
    assert (row["status"], row["calls"], row["tiles_reused"]) == ("DONE", 1, tiles - 1)
    assert (run.row["spent_usd"], run.row["tiles_reused"]) == (Decimal("0.0015"), tiles - 1)
    assert file_of(account, row["result_id"])["document"]["cost"]["tiles_reused"] == tiles - 1
    assert found(account, document) == found(account, fresh)


def test_tiles_of_one_page_that_look_alike_are_paid_once(account: Account) -> None:
    document, _, calls = processed(account, alike(6))
    row = account.document(document)
    assert (calls, row["calls"], row["tiles_reused"], row["status"]) == (1, 1, 5, "DONE")
    assert len(found(account, document)) == 6


def test_a_profile_may_have_every_tile_sent(account: Account) -> None:
    key = "incoming/fresh/row.pdf"
    assert [processed(account, alike(3), key)[2] for _ in range(2)] == [3, 3]


def test_another_profile_takes_no_answers(account: Account) -> None:
    processed(account, alike(1), "incoming/fine/row.pdf")
    assert processed(account, alike(1), KEY)[2] == 1


def test_an_answer_is_taken_for_a_time(account: Account) -> None:
    with clock(NOW) as time:
        processed(account, alike(1), "incoming/text/first.pdf")
        time.now = NOW + KEEP_SECONDS - 60
        assert processed(account, alike(1), "incoming/text/second.pdf")[2] == 0
        time.now = NOW + KEEP_SECONDS
        assert processed(account, alike(1), "incoming/text/third.pdf")[2] == 1


@pytest.mark.parametrize("body", [b"{", b"\xff", None])
def test_an_answer_that_is_gone_or_damaged_is_asked_for_again(
    account: Account, body: bytes | None
) -> None:
    first, _, _ = processed(account, alike(1), "incoming/text/first.pdf")
    answer = tile(account, first)["answer"]
    if body is None:
        account.s3.delete_object(Bucket="tiles-bucket", Key=answer)
    else:
        account.s3.put_object(Bucket="tiles-bucket", Key=answer, Body=body)
    assert processed(account, alike(1), "incoming/text/second.pdf")[2] == 1


def test_an_answer_that_a_crash_kept_from_its_tile_is_not_paid_again(account: Account) -> None:
    document = tiled(account, alike(1))
    with clock(NOW) as time, detector(by_image) as asked:
        run = Run(account).open()
        with pytest.raises(Crash), crash_at(10, after=True) as made:
            account.deliver("detect_tile", run.hint(document))
        assert made[-3:] == ["DetectDocumentText", "PutObject", "PutItem"]
        time.now = NOW + 121
        run.step("DetectTiles")
        account.deliver("detect_tile", run.hint(document))
    row = tile(account, document)
    assert (len(asked), row["state"], row["calls"], row["reused"]) == (1, "answered", 1, False)


def test_a_run_without_money_takes_answers_all_the_same(account: Account) -> None:
    processed(account, alike(1), "incoming/text/first.pdf")
    document = tiled(account, alike(1), "incoming/text/second.pdf")
    run = Run(account, execution="second").open()
    account.documents.update_item(
        Key={"id": keys.allowance(run.state["id"])},
        UpdateExpression="SET calls_left = :none",
        ExpressionAttributeValues={":none": 0},
    )
    account.deliver("detect_tile", run.hint(document))
    assert (tile(account, document)["state"], tile(account, document)["calls"]) == ("answered", 0)


def test_an_answer_taken_from_elsewhere_does_not_say_that_the_detector_works(
    account: Account,
) -> None:
    processed(account, alike(1), "incoming/text/first.pdf")
    document = tiled(account, alike(1), "incoming/text/second.pdf")
    run = Run(account, execution="second").open()
    account.deliver("detect_tile", run.hint(document))
    run.step("DetectTiles")
    assert (run.row["tiles_answered"], run.row["last_answer_at"]) == (1, 0)
