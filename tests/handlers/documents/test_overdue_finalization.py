"""Documents that ended, and whose event and cleaning up nobody is at any more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from tests.handlers.account import Account, module
from tests.handlers.between import Crash, Failure, announced, crash_at, hooked
from tests.handlers.guard_steps.test_guard import look
from tests.handlers.intake.test_new_versions import KEY, accept, id_of, two_versions
from tests.handlers.merged import answered, call_of
from tests.handlers.papers import upload_event
from tests.handlers.retries import give_up, tiled, uploaded
from tests.handlers.runs import clock, queued
from tilescout.aws.documents import overdue_finalization
from tilescout.aws.tables import document_table
from tilescout.documents import Document

NOW = 1_800_000_000
"""In the minute of a sweep."""
SWEEP = 15 * 60


@contextmanager
def refused(name: str) -> Iterator[None]:
    """Every call of this name has an error and no effect."""

    def before(model: Any, **_: Any) -> None:
        if model.name == name:
            raise Failure(name)

    with hooked("before-call", before):
        yield


def superseded_in_vain(account: Account, *, dies_at: str) -> str:
    """The newer version's accept fails five times after it superseded the older one; its id."""
    older, newer = two_versions(account)
    accept(account, older)
    tiled(account)
    with refused(dies_at):
        for _ in range(5):
            with pytest.raises(BatchProcessingError):
                accept(account, newer)
    account.deliver("collect_dead_letters", upload_event(KEY, newer))
    account.received("merges")
    assert account.document(id_of(older))["status"] == "SUPERSEDED"
    return id_of(older)


def add(account: Account, number: int, *, clean_after: int) -> None:
    """A DONE document whose result is nowhere."""
    document = Document(
        id=str(number),
        bucket="documents-bucket",
        key=KEY,
        version=str(number),
        status="DONE",
        profile=module("accept_document").CONFIGURATION.profile_for("text"),
        accepted_at=NOW,
        result_id="r",
        clean_after=clean_after,
    )
    document_table.add(account.documents, document)


def clean_up(account: Account) -> None:
    for body in account.received("merges"):
        account.deliver("merge_page", body)


@pytest.mark.fault("I3", "S12")
@pytest.mark.parametrize("dies_at", ["PutEvents", "SendMessageBatch"])
def test_what_was_superseded_is_announced_and_cleaned_up_although_the_accept_died(
    account: Account, dies_at: str
) -> None:
    with clock(NOW):
        document = superseded_in_vain(account, dies_at=dies_at)
    assert account.objects("tiles-bucket")
    with clock(NOW + 2 * SWEEP) as time:
        assert look(account)["finished"] == 1
        clean_up(account)
        assert account.document(document)["announced"] == document
        assert not any(document in name for name in account.objects("tiles-bucket"))
        assert account.document(document)["clean_after"] == 0
        time.now += SWEEP
        assert look(account)["finished"] == 0


@pytest.mark.fault("R12")
def test_a_result_whose_last_hint_was_lost_is_announced_and_cleaned_up(account: Account) -> None:
    document = queued(account)
    with clock(NOW):
        run = answered(account, document)
        hint = run.merge_hint(document)
        with crash_at(call_of(account, "PutEvents", hint)), pytest.raises(Crash):
            account.deliver("merge_page", hint)
    with clock(NOW + 2 * SWEEP), announced() as events:
        assert look(account)["finished"] == 1
        clean_up(account)
    assert [(each["document_id"], each["status"]) for each in events] == [(document, "DONE")]
    assert account.document(document)["clean_after"] == 0


@pytest.mark.fault("R12")
def test_a_document_that_the_guard_failed_and_did_not_announce_is_announced(
    account: Account,
) -> None:
    with clock(NOW):
        document = uploaded(account, "A")
        give_up(account, document, 1)
    with clock(NOW + SWEEP), refused("PutEvents"), pytest.raises(Failure):
        look(account)
    assert account.document(document)["status"] == "FAILED"
    with clock(NOW + 3 * SWEEP) as time, announced() as events:
        assert look(account)["finished"] == 1
        time.now += SWEEP
        assert look(account)["finished"] == 0
    assert [(each["document_id"], each["status"]) for each in events] == [(document, "FAILED")]


def test_an_end_that_is_being_cleaned_up_is_left_to_that(account: Account) -> None:
    with clock(NOW) as time:
        older, newer = two_versions(account)
        for version in (older, newer):
            accept(account, version)
        time.now += SWEEP
        assert look(account)["finished"] == 0
        time.now += SWEEP
        assert look(account)["finished"] == 1


def test_what_cannot_be_cleaned_up_holds_up_no_other(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tilescout.handlers.guard_steps.documents.DOCUMENTS_PER_SWEEP", 1)
    for number in range(3):
        add(account, number, clean_after=NOW + number)
    hinted = []
    with clock(NOW + SWEEP) as time:
        for _ in range(3):
            time.now += SWEEP
            look(account)
            hinted += [json.loads(body)["document_id"] for body in account.received("merges")]
    assert sorted(hinted) == ["0", "1", "2"]


def test_ended_documents_that_are_finished_are_not_even_read(account: Account) -> None:
    for number in range(3):
        add(account, number, clean_after=0)
    add(account, 3, clean_after=NOW)
    found = overdue_finalization.overdue(account.documents, "DONE", NOW)
    assert [each.id for each in found] == ["3"]
