"""A write took effect and its reply never came, so that a client would make it once more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.account import Account
from tests.handlers.between import detector, replies_lost, table_answers, throttled, unreached
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import REFUSED, UNAVAILABLE, Run, answered_in, queued, tile
from tilescout import keys

KEY = "incoming/text/sheet.pdf"
NO_WORDS: dict[str, Any] = {"TextDetections": []}
GIVING_BACK = ":unused"

pytestmark = pytest.mark.fault("R12")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries of the clients do not wait."""
    monkeypatch.setattr("time.sleep", lambda _: None)


def server_error(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 500, {"__type": "com.amazonaws#InternalServerError", "message": "x"}


def calls_taken(run: Run) -> int:
    return int(run.row["calls_allowed"] - run.row["calls_left"])


def test_calls_that_no_quarter_needed_are_given_back_once(account: Account) -> None:
    document = queued(account, key="incoming/words/sheet.pdf")
    run = Run(account, model="rekognition-text").open()
    with detector(lambda _: (200, NO_WORDS)), replies_lost("UpdateItem", 1, GIVING_BACK) as made:
        account.deliver("detect_tile", run.hint(document))
    assert len(made) == 1
    assert calls_taken(run) == 1
    assert (tile(account, document)["state"], answered_in(account, document, run)) == (
        "answered",
        1,
    )


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
    assert calls_taken(run) == 6


def test_a_page_is_not_given_up_because_its_attempt_is_counted_in_vain(account: Account) -> None:
    version = account.upload(KEY, drawing_of("A"))
    account.deliver("accept_document", upload_event(KEY, version))
    with replies_lost("UpdateItem", 4, "attempts"):
        for body in account.received("pages"):
            account.deliver("tile_page", body)
    document = account.document(keys.document_id("documents-bucket", KEY, version))
    assert (document["status"], document["pages_failed"]) == ("QUEUED", 0)
