"""A new version under a key that is known: the older one steps back unless a run has begun it."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.handlers.account import Account
from tests.handlers.between import announced, detector
from tests.handlers.faults.test_crashes import FAULTS, NEVER, Fault, changes, twice
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.retries import read, retrier
from tests.handlers.runs import Run, answers, clock, tile
from tests.handlers.snapshots import Beginning, beginning
from tilescout import keys

KEY = "incoming/text/sheet.pdf"
TEXTS = ("A", "B", "C")
LATER = 900
"""Seconds after which whatever was under way has landed, and cleaning up may begin."""


def id_of(version: str) -> str:
    return keys.document_id("documents-bucket", KEY, version)


def accept(account: Account, version: str) -> None:
    account.deliver("accept_document", upload_event(KEY, version))


def tile_all(account: Account) -> None:
    for body in account.received("pages"):
        account.deliver("tile_page", body)


def two_versions(account: Account) -> tuple[str, str]:
    older, newer = (account.upload(KEY, drawing_of(text)) for text in ("A", "B"))
    return older, newer


def superseded(account: Account) -> tuple[str, str]:
    """The older of two versions, tiled and waiting as the newer one comes; ids of both."""
    older, newer = two_versions(account)
    accept(account, older)
    tile_all(account)
    accept(account, newer)
    tile_all(account)
    return id_of(older), id_of(newer)


@pytest.mark.fault("I3")
def test_the_older_one_ends_with_the_reason_and_costs_nothing(account: Account) -> None:
    with detector(answers) as asked, announced() as events:
        older, newer = superseded(account)
        Run(account).go()
    row = account.document(older)
    assert (row["status"], row["superseded_by"], row["calls"]) == ("SUPERSEDED", newer, 0)
    assert row["reason"].startswith(
        f"a newer version of the same key was accepted, document {newer}"
    )
    assert len(asked) == 2
    assert tile(account, older)["attempts"] == 0
    assert [(each["document_id"], each["status"]) for each in events] == [
        (older, "SUPERSEDED"),
        (newer, "DONE"),
    ]


@pytest.mark.fault("I2")
def test_an_older_one_whose_event_comes_late_is_superseded_before_it_is_tiled(
    account: Account,
) -> None:
    older, newer = two_versions(account)
    accept(account, newer)
    tile_all(account)
    accept(account, older)
    assert account.received("pages") == []
    assert account.document(id_of(older))["status"] == "SUPERSEDED"
    assert account.document(id_of(newer))["status"] == "QUEUED"


@pytest.mark.fault("I2", "I3")
def test_one_that_a_run_has_claimed_goes_on_and_its_results_stay(account: Account) -> None:
    older, newer = two_versions(account)
    accept(account, older)
    tile_all(account)
    with detector(answers) as asked:
        run = Run(account).open()
        accept(account, newer)
        assert account.document(id_of(older))["status"] == "RUNNING"
        while not run.turn():
            pass
        run.finish()
        accept(account, newer)
        tile_all(account)
        Run(account, execution="second").go()
    statuses = [account.document(id_of(each))["status"] for each in (older, newer)]
    assert statuses == ["DONE", "DONE"]
    assert len(asked) == 4
    results = {row["result_id"] for row in account.detections.scan()["Items"]}
    assert results == {account.document(id_of(each))["result_id"] for each in (older, newer)}


def test_a_version_that_is_no_pdf_replaces_nothing(account: Account) -> None:
    older = account.upload(KEY, drawing_of("A"))
    accept(account, older)
    accept(account, account.upload(KEY, b"<html></html>"))
    tile_all(account)
    assert account.document(id_of(older))["status"] == "QUEUED"


def test_a_file_that_is_sent_part_by_part_is_read_whole(account: Account) -> None:
    file = drawing_of("A", "B")
    for pages in ("1", "2"):
        accept(account, account.upload(KEY, file, pages=pages))
    assert [row["status"] for row in account.rows("document")] == ["ACCEPTED"] * 2
    accept(account, account.upload(KEY, file))
    statuses = sorted(row["status"] for row in account.rows("document"))
    assert statuses == ["ACCEPTED", "SUPERSEDED", "SUPERSEDED"]


def test_other_keys_are_other_drawings(account: Account) -> None:
    for key in (KEY, KEY + ".pdf", "incoming/text/sheet"):
        version = account.upload(key, drawing_of("A"))
        account.deliver("accept_document", upload_event(key, version))
    assert [row["status"] for row in account.rows("document")] == ["ACCEPTED"] * 3


def test_pages_that_were_being_tiled_are_cleaned_up_once_they_have_landed(
    account: Account,
) -> None:
    with clock(1_800_000_000) as time:
        older, newer = two_versions(account)
        accept(account, older)
        under_way = account.received("pages")
        accept(account, newer)
        hints = account.received("merges")
        document = account.document(id_of(older))
        account.documents.update_item(
            Key={"id": id_of(older)},
            UpdateExpression="SET #s = :s",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":s": "ACCEPTED"},
        )
        # tile_page read the record before it was superseded, and wrote its tiles after that.
        for body in under_way:
            account.deliver("tile_page", body)
        account.documents.put_item(Item=document)
        for body in hints:
            account.deliver("merge_page", body)
        assert any(id_of(older) in name for name in account.objects("tiles-bucket"))
        time.now += LATER
        for body in hints:
            account.deliver("merge_page", body)
    assert not any(id_of(older) in name for name in account.objects("tiles-bucket"))
    left = [row for row in account.ledger.scan()["Items"] if id_of(older) in row["pk"]]
    assert left
    assert all(row["expire_at"] > 1_800_000_000 for row in left)
    assert account.document(id_of(older))["clean_after"] == 0


@pytest.mark.fault("I3", "S12")
def test_a_person_may_have_the_older_one_processed_all_the_same(account: Account) -> None:
    with clock(1_800_000_000) as time, detector(answers) as asked:
        older, newer = superseded(account)
        time.now += LATER
        for body in account.received("merges"):
            account.deliver("merge_page", body)
        assert retrier().retry(read(account, older), time.now) == "ACCEPTED"
        # Neither a late event of the newer one nor a look from itself takes that back.
        for row in account.rows("document"):
            accept(account, row["version"])
        tile_all(account)
        Run(account).go()
    assert account.document(older)["status"] == account.document(newer)["status"] == "DONE"
    assert account.document(older)["superseded_by"] == ""
    assert len(asked) == 4


def run_if_due(run: Run) -> None:
    if run.step("OpenRun")["next"]:
        run.step("StartModel")
        while not run.turn():
            pass
        run.finish()


STEPS = st.lists(
    st.tuples(st.sampled_from(["event", "tile", "run"]), st.integers(0, 2)),
    min_size=3,
    max_size=12,
)


def end_of(steps: list[tuple[str, int]]) -> None:
    """Events of three versions, many times, early, late and between the steps of runs: the newest
    is read, and each other was read too or cost nothing.
    """
    with mock_aws(), detector(answers) as asked:
        account = Account.create()
        versions = [account.upload(KEY, drawing_of(text)) for text in TEXTS]
        at_last = [*(("event", number) for number in range(3)), ("tile", 0), ("run", 0)]
        for number, (step, which) in enumerate([*steps, *at_last]):
            if step == "event":
                accept(account, versions[which])
            elif step == "tile":
                tile_all(account)
            else:
                run_if_due(Run(account, execution=f"run-{number}"))
        rows = [account.document(id_of(version)) for version in versions]
    fates = Counter(row["status"] for row in rows)
    assert rows[2]["status"] == "DONE"
    assert set(fates) <= {"DONE", "SUPERSEDED"}
    assert all((row["status"] == "DONE") == bool(row["claim_token"]) for row in rows)
    assert len(asked) == 2 * fates["DONE"]


@pytest.mark.fault("I1", "I2", "I3")
@pytest.mark.parametrize(
    "steps",
    [
        [("event", 2), ("event", 0), ("tile", 0), ("event", 1), ("tile", 0), ("event", 0)],
        [("event", 0), ("event", 0), ("tile", 0), ("run", 0), ("event", 1), ("event", 0)],
        [("event", 1), ("tile", 0), ("event", 2), ("run", 0), ("event", 0), ("event", 1)],
    ],
    ids=["the newest first", "one that was read", "late"],
)
def test_the_newest_is_read_and_nothing_is_paid_in_vain(steps: list[tuple[str, int]]) -> None:
    end_of(steps)


@pytest.mark.long
@pytest.mark.fault("I1", "I2", "I3")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_so_it_is_whatever_comes_in_whatever_order(steps: list[tuple[str, int]]) -> None:
    end_of(steps)


def one_accepted(account: Account) -> tuple[str, str]:
    older, newer = two_versions(account)
    accept(account, older)
    return older, newer


def superseded_dying(
    begun: Beginning[tuple[str, str]], call: int, fault: Fault
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The newer version's accept dies at a call, and its event is delivered again."""
    with announced() as events:
        account, (older, newer) = begun.again()
        with fault(call) as made:
            twice(lambda: accept(account, newer))
        told = {(each["status"], each["document_id"] == id_of(older)) for each in events}
        assert told == {("SUPERSEDED", True)}
        assert account.received("merges")
        assert account.received("pages")
        rows = [account.document(id_of(each)) for each in (older, newer)]
        return [(str(row["status"]), str(row["clean_after"])) for row in rows], list(made)


@pytest.mark.fault("R12")
@pytest.mark.parametrize("fault", FAULTS)
def test_it_ends_the_same_wherever_the_accept_dies(fault: Fault) -> None:
    with clock(1_800_000_000), beginning(one_accepted) as begun:
        end, made = superseded_dying(begun, NEVER, fault)
        assert [status for status, _ in end] == ["SUPERSEDED", "ACCEPTED"]
        for call in changes(made):
            died = superseded_dying(begun, call, fault)[0]
            assert died == end, f"died at call {call} of {made}"
