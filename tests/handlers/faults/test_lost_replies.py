"""A write took effect and its reply never came, so that a client would make it once more."""

from __future__ import annotations

import base64
import io
from itertools import chain, repeat
from typing import Any

import pytest
from PIL import Image

from tests.handlers.account import Account
from tests.handlers.between import (
    Crash,
    crash_at,
    detector,
    replies_lost,
    table_answers,
    throttled,
    unreached,
)
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import REFUSED, UNAVAILABLE, Run, answered_in, clock, queued, tile
from tilescout import keys

KEY = "incoming/text/sheet.pdf"
NO_WORDS: dict[str, Any] = {"TextDetections": []}
GIVING_BACK = ":unused"
NOW = 1_800_000_000
CROWDED_CALLS = 16
"""Calls to AWS for a crowded tile."""

pytestmark = pytest.mark.fault("R12")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries of the clients do not wait."""
    monkeypatch.setattr("time.sleep", lambda _: None)


def server_error(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 500, {"__type": "com.amazonaws#InternalServerError", "message": "x"}


def words(count: int) -> dict[str, Any]:
    """Returns what DetectText says of an image with so many words."""
    corners = [{"X": 0.1, "Y": 0.1}, {"X": 0.2, "Y": 0.1}, {"X": 0.2, "Y": 0.2}]
    box = {"Left": 0.1, "Top": 0.1, "Width": 0.1, "Height": 0.1}
    geometry = {"BoundingBox": box, "Polygon": [*corners, {"X": 0.1, "Y": 0.2}]}
    text = {"DetectedText": "A", "Confidence": 99.0, "Geometry": geometry}
    line = text | {"Id": 0, "Type": "LINE"}
    return {
        "TextDetections": [
            line,
            *(text | {"Id": n, "ParentId": 0, "Type": "WORD"} for n in range(1, count + 1)),
        ]
    }


def crowded(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """The whole tile of 400 px has too many words, none of its quarters has."""
    image = Image.open(io.BytesIO(base64.b64decode(request["Image"]["Bytes"])))
    return 200, words(100 if image.width == 400 else 5)


def calls_taken(run: Run) -> int:
    return int(run.row["calls_allowed"] - run.row["calls_left"])


def test_calls_that_no_quarter_needed_are_given_back_once(account: Account) -> None:
    document = queued(account, key="incoming/words/sheet.pdf")
    run = Run(account, model="rekognition-text").open()
    replies = chain([(200, words(100)), (200, words(5))], repeat(UNAVAILABLE))
    with detector(lambda _: next(replies)), replies_lost("UpdateItem", 1, GIVING_BACK) as made:
        account.deliver("detect_tile", run.hint(document))
    assert len(made) == 1
    assert calls_taken(run) == 2
    assert (tile(account, document)["state"], tile(account, document)["calls"]) == ("pending", 2)


@pytest.mark.parametrize("reply", [UNAVAILABLE, REFUSED], ids=["unavailable", "refused"])
def test_a_call_that_was_not_billed_is_given_back_once(account: Account, reply: Any) -> None:
    document = queued(account)
    run = Run(account).open()
    with detector(lambda _: reply), replies_lost("UpdateItem", 1, GIVING_BACK) as made:
        account.deliver("detect_tile", run.hint(document))
    assert len(made) == 1
    assert calls_taken(run) == 0
    assert "reservation" not in tile(account, document)


def test_a_server_error_while_giving_back_is_not_tried_again(account: Account) -> None:
    document = queued(account)
    run = Run(account).open()
    with (
        detector(lambda _: UNAVAILABLE),
        table_answers("UpdateItem", 1, server_error, GIVING_BACK) as made,
    ):
        account.deliver("detect_tile", run.hint(document))
    assert len(made) == 1
    assert calls_taken(run) == 1
    assert "reservation" not in tile(account, document)


def test_giving_back_is_tried_again_after_throttling(account: Account) -> None:
    document = queued(account)
    run = Run(account).open()
    with (
        detector(lambda _: UNAVAILABLE),
        table_answers("UpdateItem", 2, throttled, GIVING_BACK) as made,
    ):
        account.deliver("detect_tile", run.hint(document))
    assert len(made) == 3
    assert calls_taken(run) == 0


def test_giving_back_is_tried_again_where_no_connection_was_made(account: Account) -> None:
    document = queued(account)
    run = Run(account).open()
    with detector(lambda _: UNAVAILABLE), unreached("UpdateItem", 2, GIVING_BACK) as made:
        account.deliver("detect_tile", run.hint(document))
    assert len(made) == 3
    assert calls_taken(run) == 0
    assert "reservation" not in tile(account, document)


def test_a_tile_is_given_back_where_its_call_cannot_be(account: Account) -> None:
    document = queued(account)
    run = Run(account).open()
    with detector(lambda _: UNAVAILABLE), unreached("UpdateItem", 5, GIVING_BACK) as made:
        account.deliver("detect_tile", run.hint(document))
    assert len(made) == 5
    assert calls_taken(run) == 1
    assert (tile(account, document)["attempts"], "reservation" in tile(account, document)) == (
        0,
        False,
    )


def test_calls_whose_taking_was_not_answered_are_never_too_few(account: Account) -> None:
    document = queued(account, key="incoming/words/sheet.pdf")
    run = Run(account, model="rekognition-text").open()
    with detector(lambda _: (200, NO_WORDS)), replies_lost("UpdateItem", 1, ":taken") as made:
        account.deliver("detect_tile", run.hint(document))
    assert len(made) == 2
    assert calls_taken(run) == 2
    assert (tile(account, document)["state"], answered_in(account, document, run)) == (
        "answered",
        1,
    )


def test_calls_for_quarters_whose_taking_was_not_answered_are_never_too_few(
    account: Account,
) -> None:
    document = queued(account, key="incoming/words/sheet.pdf")
    run = Run(account, model="rekognition-text").open()
    replies = iter([words(100), *[words(5)] * 4])
    with (
        detector(lambda _: (200, next(replies))),
        replies_lost("UpdateItem", 1, ':attempts": {"N": "0"}') as made,
    ):
        account.deliver("detect_tile", run.hint(document))
    assert len(made) == 2
    assert calls_taken(run) == 9
    assert tile(account, document)["calls"] == 5


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crowded_tile_ends_the_same_wherever_its_worker_dies(
    account: Account, after: bool
) -> None:
    """Tile N's worker dies at its call N. All are answered, and no call was made but taken."""
    document = queued(account, CROWDED_CALLS, key="incoming/words/sheet.pdf")
    pages = range(1, CROWDED_CALLS + 1)
    with clock(NOW) as time, detector(crowded) as asked:
        run = Run(account, model="rekognition-text").open()
        for page in pages:
            with crash_at(page, after=after) as made, pytest.raises(Crash):
                account.deliver("detect_tile", run.hint(document, page))
            assert len(made) == page
        time.now += 121
        account.deliver("detect_tile", *(run.hint(document, page) for page in pages))
    assert {tile(account, document, page=page)["state"] for page in pages} == {"answered"}
    assert 5 * len(pages) <= len(asked) <= calls_taken(run)


def test_a_page_is_not_given_up_because_its_attempt_is_counted_in_vain(account: Account) -> None:
    version = account.upload(KEY, drawing_of("A"))
    account.deliver("accept_document", upload_event(KEY, version))
    with replies_lost("UpdateItem", 4, "attempts"):
        for body in account.received("pages"):
            account.deliver("tile_page", body)
    document = account.document(keys.document_id("documents-bucket", KEY, version))
    assert (document["status"], document["pages_failed"]) == ("QUEUED", 0)
