"""A document that ended with something missing is retried: only that is done again."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.handlers.account import Account
from tests.handlers.between import Crash, announced, crash_at
from tests.handlers.faults.test_crashes import NEVER, changes
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.retries import LATER, ended, next_run, read, retrier, retry
from tests.handlers.runs import clock, queued, set_attributes, tile
from tests.handlers.snapshots import Beginning, beginning
from tilescout import keys
from tilescout.aws.tables import document_table


@pytest.mark.fault("S12")
def test_only_the_failed_tile_is_asked_again(account: Account) -> None:
    document = ended(account, "PARTIAL")
    assert retry(account, document) == "QUEUED"
    assert len(next_run(account)) == 1
    row = account.document(document)
    assert (row["status"], row["tiles_answered"], row["tiles_failed"]) == ("DONE", 2, 0)


@pytest.mark.fault("S6")
def test_the_old_result_stays_visible_until_the_new_one_is_there(account: Account) -> None:
    document = ended(account, "PARTIAL")
    before = account.document(document)["result_id"]
    retry(account, document)
    assert account.document(document)["result_id"] == before
    assert [row["result_id"] for row in account.detections.scan()["Items"]] == [before]
    next_run(account)
    after = account.document(document)["result_id"]
    assert after != before
    assert {row["result_id"] for row in account.detections.scan()["Items"]} == {after}


def test_a_look_changes_nothing(account: Account) -> None:
    document = ended(account, "PARTIAL")
    before = (account.ledger.scan()["Items"], account.document(document))
    found = retrier().plan(read(account, document))
    assert (found.tiles, found.pages, found.answered) == (((1, 0),), (), 1)
    assert (account.ledger.scan()["Items"], account.document(document)) == before


def test_a_failed_document_asks_all_its_tiles_again(account: Account) -> None:
    document = ended(account, "FAILED")
    assert retry(account, document) == "QUEUED"
    assert len(next_run(account)) == 2
    assert account.document(document)["status"] == "DONE"
    sets = [key for key in account.objects("results-bucket") if key.endswith("detections.json")]
    assert sets == [keys.document_result(account.document(document)["result_id"])]


def test_rows_of_a_retried_document_do_not_expire(account: Account) -> None:
    document = ended(account, "PARTIAL")
    retry(account, document)
    rows = [row for row in account.ledger.scan()["Items"] if document in row["pk"]]
    assert len(rows) >= 5
    assert [row["sk"] for row in rows if "expire_at" in row] == []


@pytest.mark.fault("S12")
def test_a_second_retry_finds_nothing_to_do(account: Account) -> None:
    document = ended(account, "PARTIAL")
    before = read(account, document)
    assert retrier().retry(before, LATER) == "QUEUED"
    assert retrier().retry(before, LATER) is None
    assert account.document(document)["status"] == "QUEUED"


def test_a_document_that_is_being_cleaned_up_is_left_alone(account: Account) -> None:
    document = ended(account, "PARTIAL")
    cleaning = {"clean_after": LATER + 1}
    partial = document_table.in_status("PARTIAL")
    document_table.update(account.documents, document, cleaning, partial)
    assert retry(account, document) is None
    assert account.document(document)["status"] == "PARTIAL"
    assert tile(account, document)["state"] == "failed"


def crashed(partial: Beginning[str], call: int) -> tuple[str, list[str]]:
    """How a document ends whose retry died at this call and was repeated once that is allowed."""
    account, document = partial.again()
    with crash_at(call) as made, suppress(Crash):
        retry(account, document)
    waiting = read(account, document)
    if waiting.status == "PARTIAL":
        assert retrier().retry(waiting, LATER + 661) == "QUEUED"
    if waiting.status == "ACCEPTED":
        with clock(LATER + 900):
            account.call("guard", {})
    next_run(account)
    row = account.document(document)
    told = ("status", "reason", "tiles_answered", "tiles_failed", "calls", "clean_after")
    return str([row[name] for name in told]), list(made)


@pytest.mark.fault("S12")
def test_a_retry_ends_the_same_wherever_it_dies() -> None:
    with beginning(lambda account: ended(account, "PARTIAL", pages=2)) as partial:
        end, made = crashed(partial, NEVER)
        assert "DONE" in end
        assert {crashed(partial, call)[0] for call in changes(made)} == {end}


@pytest.mark.fault("S13")
def test_a_tile_whose_answer_is_gone_is_asked_again(account: Account) -> None:
    document = ended(account, "PARTIAL")
    account.s3.delete_object(Bucket="tiles-bucket", Key=tile(account, document, 1)["answer"])
    assert retrier().plan(read(account, document)).tiles == ((1, 0), (1, 1))
    assert retry(account, document) == "QUEUED"
    assert len(next_run(account)) == 2
    assert account.document(document)["status"] == "DONE"


def test_a_held_document_is_released_with_its_answers(account: Account) -> None:
    document = queued(account)
    held = {"status": "HELD", "reason": "three runs brought no answer", "runs_without_progress": 3}
    set_attributes(account, document, **held)
    assert retry(account, document) == "QUEUED"
    row = account.document(document)
    assert (row["runs_without_progress"], row["reason"]) == (0, "")


def test_a_warning_is_kept_once(account: Account) -> None:
    document = ended(account, "PARTIAL")
    warned = {"warnings": ["the file was repaired"]}
    document_table.update(account.documents, document, warned, document_table.in_status("PARTIAL"))
    retry(account, document)
    next_run(account)
    assert account.document(document)["warnings"] == ["the file was repaired"]


def rejected(account: Account) -> str:
    version = account.upload("incoming/text/sheet.pdf", drawing_of("A"))
    event = upload_event("incoming/text/sheet.pdf", version)
    account.deliver("collect_dead_letters", event)
    return keys.document_id("documents-bucket", "incoming/text/sheet.pdf", version)


@pytest.mark.fault("S12")
def test_a_rejected_document_is_judged_again(account: Account) -> None:
    document = rejected(account)
    assert "retry --dead-letters" in account.document(document)["reason"]
    assert retrier().judge_again(read(account, document))
    account.deliver("accept_document", *account.received("documents"))
    assert account.document(document)["status"] == "ACCEPTED"


def test_a_rejected_document_whose_object_is_gone_keeps_its_reason(account: Account) -> None:
    document = rejected(account)
    found = read(account, document)
    account.s3.delete_object(
        Bucket="documents-bucket", Key="incoming/text/sheet.pdf", VersionId=found.version
    )
    assert not retrier().judge_again(found)
    assert read(account, document).status == "REJECTED"


def test_a_retried_document_that_ends_again_is_announced_again(account: Account) -> None:
    document = ended(account, "PARTIAL")
    retry(account, document)
    with announced() as events:
        next_run(account)
    assert [(each["document_id"], each["status"]) for each in events] == [(document, "DONE")]
