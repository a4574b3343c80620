"""Tiles whose images are gone are made again from the PDF; what was answered is not asked again."""

from __future__ import annotations

import pytest

from tests.handlers.account import Account
from tests.handlers.between import detector
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import Run, answers, clock
from tilescout import keys

NOW = 1_800_000_000
KEY = "incoming/text/sheet.pdf"


def tiled(account: Account, *texts: str) -> str:
    """A real document, QUEUED."""
    version = account.upload(KEY, drawing_of(*texts))
    account.deliver("accept_document", upload_event(KEY, version))
    account.deliver("tile_page", *account.received("pages"))
    return keys.document_id("documents-bucket", KEY, version)


def lose(account: Account, document: str, page: int) -> None:
    for name in account.objects("tiles-bucket"):
        if name.startswith(f"{keys.tile_images(document)}{page:05d}/"):
            account.s3.delete_object(Bucket="tiles-bucket", Key=name)


def guard_looks(account: Account) -> None:
    account.call("guard", {})
    for body in account.received("pages"):
        account.deliver("tile_page", body)


@pytest.mark.fault("S13")
def test_the_pages_that_lost_images_are_tiled_again(account: Account) -> None:
    with clock(NOW) as time, detector(answers) as asked:
        document = tiled(account, "A", "B", "C")
        lose(account, document, 1)
        lose(account, document, 3)
        Run(account).go()
        assert account.document(document)["status"] == "ACCEPTED"
        before = len(asked)
        time.now += 900
        guard_looks(account)
        assert account.document(document)["status"] == "QUEUED"
        Run(account, execution="next").go()
    row = account.document(document)
    assert (row["status"], row["tiles_answered"], row["tiles_failed"]) == ("DONE", 6, 0)
    assert (before <= 2, len(asked)) == (True, 6)


def test_the_run_does_not_wait_for_a_document_that_was_sent_back(account: Account) -> None:
    with clock(NOW), detector(answers):
        document = tiled(account, "A")
        lose(account, document, 1)
        run = Run(account).open()
        assert [run.turn(), run.turn()] == ["", "StopModel"]
        run.finish()


@pytest.mark.fault("S13")
def test_a_page_whose_images_vanish_again_and_again_is_given_up(account: Account) -> None:
    with clock(NOW) as time, detector(answers):
        document = tiled(account, "A", "B")
        for number in range(4):
            lose(account, document, 1)
            Run(account, execution=f"run-{number}").go()
            time.now += 900
            guard_looks(account)
    row = account.document(document)
    assert (row["status"], row["pages_failed"]) == ("PARTIAL", 1)
    assert "page 1: tiling stopped without an answer 3 times" in row["reason"]


def test_a_document_of_another_claim_is_not_sent_back(account: Account) -> None:
    with clock(NOW) as time, detector(answers):
        document = tiled(account, "A")
        run = Run(account).open()
        hint = run.hint(document)
        lose(account, document, 1)
        time.now += 300
        Run(account, execution="next").open()
        account.deliver("detect_tile", hint)
    assert account.document(document)["status"] == "RUNNING"
