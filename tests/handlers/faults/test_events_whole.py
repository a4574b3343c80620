"""Whatever the events do, every object version is one document with one result, and an end."""

from __future__ import annotations

import io
import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.handlers.account import Account, module, queue_url
from tests.handlers.between import detector
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import Run, answers
from tilescout import keys
from tilescout.aws.documents import uploads

KEY = "incoming/text/sheet.pdf"
HANDLERS = ("accept_document", "tile_page", "detect_tile", "merge_page", "advance_run")


def id_of(version: str, key: str = KEY) -> str:
    return keys.document_id("documents-bucket", key, version)


def tiled(account: Account) -> None:
    for body in account.received("pages"):
        account.deliver("tile_page", body)


@pytest.mark.fault("I1", "I2", "I3")
@pytest.mark.parametrize("order", set(itertools.permutations([0, 0, 1, 1])))
def test_events_in_any_order_make_a_document_a_version(
    account: Account, order: tuple[int, ...]
) -> None:
    versions = [account.upload(KEY, drawing_of(text)) for text in ("A", "B")]
    with detector(answers) as asked:
        for number in order:
            account.deliver("accept_document", upload_event(KEY, versions[number]))
            tiled(account)
        Run(account).go()
        account.deliver("accept_document", upload_event(KEY, versions[order[0]]))
        tiled(account)
    older, newer = (account.document(id_of(version)) for version in versions)
    assert (older["status"], newer["status"]) == ("SUPERSEDED", "DONE")
    assert len(account.rows("document")) == 2
    assert len(asked) == 2
    results = {row["result_id"] for row in account.detections.scan()["Items"]}
    assert results == {newer["result_id"]}


@pytest.mark.fault("I2", "I3")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_time_of_the_upload_tells_which_version_is_newer(
    account: Account, order: tuple[int, ...]
) -> None:
    versions = [account.upload(KEY, drawing_of(text)) for text in ("A", "B")]
    for number in order:
        account.deliver("accept_document", upload_event(KEY, versions[number]))
    for version in versions:
        head = account.s3.head_object(Bucket="documents-bucket", Key=KEY, VersionId=version)
        uploaded = int(head["LastModified"].timestamp())
        assert account.document(id_of(version))["uploaded_at"] == uploaded


@pytest.mark.fault("I4")
def test_identical_bytes_again_are_a_document_of_their_own(account: Account) -> None:
    body = drawing_of("A")
    versions = [account.upload(KEY, body), account.upload(KEY, body)]
    for version in versions:
        account.deliver("accept_document", upload_event(KEY, version))
    assert {row["id"] for row in account.rows("document")} == {id_of(each) for each in versions}


def version_gone(account: Account, version: str) -> None:
    account.s3.delete_object(Bucket="documents-bucket", Key=KEY, VersionId=version)


def deleted(account: Account, version: str) -> None:
    """A delete marker; the version is still there."""
    account.s3.delete_object(Bucket="documents-bucket", Key=KEY)


@pytest.mark.fault("I5")
@pytest.mark.parametrize(
    ("point", "lose", "ends"),
    [
        ("before its event", version_gone, []),
        ("before its pages", version_gone, ["FAILED"]),
        ("before its run", version_gone, ["DONE"]),
        ("before its event", deleted, ["DONE"]),
        ("before its pages", deleted, ["DONE"]),
        ("before its run", deleted, ["DONE"]),
    ],
)
def test_an_object_may_go_at_any_point(
    account: Account, point: str, lose: Callable[[Account, str], None], ends: list[str]
) -> None:
    version = account.upload(KEY, drawing_of("A"))
    if point == "before its event":
        lose(account, version)
    account.deliver("accept_document", upload_event(KEY, version))
    if point == "before its pages":
        lose(account, version)
    tiled(account)
    if point == "before its run":
        lose(account, version)
    with detector(answers):
        if ends == ["DONE"]:
            Run(account).go()
    assert [row["status"] for row in account.rows("document")] == ends
    assert all(
        row["status"] == "DONE" or "deleted" in row["reason"] for row in account.rows("document")
    )


@contextmanager
def logs() -> Iterator[io.StringIO]:
    """Yields what all handlers log, as they would write it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    loggers = [module(name).logger for name in HANDLERS]
    for logger in loggers:
        handler.setFormatter(logger.registered_formatter)
        logger.addHandler(handler)
        logger.setLevel("DEBUG")
    try:
        yield stream
    finally:
        for logger in loggers:
            logger._logger.removeHandler(handler)
            logger.setLevel("CRITICAL")


@pytest.mark.fault("P14")
@pytest.mark.parametrize("body", [drawing_of("SECRET-TEXT"), b"SECRET-TEXT"], ids=["read", "bad"])
def test_neither_keys_nor_texts_are_logged(account: Account, body: bytes) -> None:
    key = "incoming/text/SECRET-CUSTOMER.pdf"
    with logs() as logged, detector(answers):
        version = account.upload(key, body)
        account.deliver("accept_document", upload_event(key, version))
        tiled(account)
        if account.document(id_of(version, key))["status"] == "QUEUED":
            Run(account).go()
    assert id_of(version, key) in logged.getvalue()
    assert "SECRET-CUSTOMER" not in logged.getvalue()
    assert "SECRET-TEXT" not in logged.getvalue()
    assert "VALVE" not in logged.getvalue()


@pytest.mark.fault("I12")
def test_objects_whose_events_were_lost_are_accepted_once_however_often_that_is_looked_for(
    account: Account,
) -> None:
    """As `tilescout reconcile` does it: twice before its events are handled, and then again."""
    runtime = module("runtime")
    versions = [account.upload(key, drawing_of("A")) for key in (KEY, "incoming/text/other.pdf")]
    documents = account.documents
    for _ in range(2):
        listed = list(uploads.all_latest(runtime.s3(), "documents-bucket", keys.INCOMING))
        missing = list(uploads.without_record(documents, listed))
        assert {each.version_id for each in missing} == set(versions)
        for upload in missing:
            uploads.announce(runtime.sqs(), queue_url("documents"), upload)
    for body in account.received("documents"):
        account.deliver("accept_document", body)
    assert len(account.rows("document")) == 2
    listed = list(uploads.all_latest(runtime.s3(), "documents-bucket", keys.INCOMING))
    assert list(uploads.without_record(documents, listed)) == []
