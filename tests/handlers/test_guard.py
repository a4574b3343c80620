from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest

from tests.handlers.account import Account, crash_at
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import Run, clock, lease, queued
from tilescout import keys
from tilescout.aws import document_table, page_table
from tilescout.ledger import PageRow

NOW = 1_800_000_000
KEY = "incoming/text/sheet.pdf"


def look(account: Account, **event: object) -> dict[str, int]:
    done: dict[str, int] = account.call("guard", dict(event))
    return done


def execution(name: str = "one") -> str:
    """A running execution of a machine that waits."""
    machine = {
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}},
    }
    client = boto3.client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/run"
    made = client.create_state_machine(
        name="DetectionRun", definition=json.dumps(machine), roleArn=role
    )
    started = client.start_execution(stateMachineArn=made["stateMachineArn"], name=name)
    return str(started["executionArn"])


def accepted(account: Account, *pages: str) -> str:
    version = account.upload(KEY, drawing_of(*pages))
    account.deliver("accept_document", upload_event(KEY, version))
    account.received("pages")
    return keys.document_id("documents-bucket", KEY, version)


def test_the_lease_of_a_live_run_is_left_alone(account: Account) -> None:
    queued(account)
    run = Run(account, execution=execution()).open()
    before = lease(account)
    assert look(account)["revoked"] == 0
    assert lease(account) == before
    run.step("DetectTiles")


def test_the_lease_of_a_stopped_run_is_revoked_at_once(account: Account) -> None:
    queued(account)
    arn = execution()
    with clock(NOW):
        run = Run(account, execution=arn).open()
        boto3.client("stepfunctions").stop_execution(executionArn=arn)
        assert look(account)["revoked"] == 1
        assert lease(account)["expires_at"] == NOW
        assert lease(account)["owner"] == run.execution


def test_after_a_revoke_the_next_run_waits_for_the_grace(account: Account) -> None:
    queued(account)
    with clock(NOW) as time:
        Run(account, execution="arn:aws:states:us-east-1:123456789012:execution:D:gone").open()
        assert look(account)["revoked"] == 1
        time.now = NOW + 60
        assert Run(account, execution="next").step("OpenRun")["next"] == ""
        time.now = NOW + 61
        assert Run(account, execution="next").step("OpenRun")["next"] == "StartModel"


def test_without_a_run_there_is_nothing_to_revoke(account: Account) -> None:
    assert look(account) == {"revoked": 0, "resent": 0, "accepted_late": 0}


def test_a_stuck_document_whose_pages_are_all_there_is_queued(account: Account) -> None:
    document = accepted(account, "A")
    page_table.mark(account.ledger, document, PageRow(page=1, tiled=True))
    with clock(int(account.document(document)["accepted_at"]) + 900):
        assert look(account)["resent"] == 1
    assert account.document(document)["status"] == "QUEUED"


def test_a_stuck_document_gets_its_missing_pages_sent_again(account: Account) -> None:
    document = accepted(account, "A", "B", "C")
    page_table.mark(account.ledger, document, PageRow(page=2, tiled=True))
    with clock(int(account.document(document)["accepted_at"]) + 900):
        look(account)
    ranges = [json.loads(body) for body in account.received("pages")]
    assert [(each["first_page"], each["last_page"]) for each in ranges] == [(1, 1), (3, 3)]


def test_a_document_is_not_stuck_before_its_time(account: Account) -> None:
    document = accepted(account, "A")
    with clock(int(account.document(document)["accepted_at"]) + 899):
        assert look(account)["resent"] == 0
    assert account.received("pages") == []


def test_pages_are_not_sent_again_every_minute(account: Account) -> None:
    document = accepted(account, "A")
    start = int(account.document(document)["accepted_at"])
    with clock(start + 900) as time:
        look(account)
        for minute in range(1, 15):
            time.now = start + 900 + 60 * minute
            look(account)
        assert len(account.received("pages")) == 1
        time.now = start + 1_800
        look(account)
        assert len(account.received("pages")) == 1


def test_a_resent_document_holds_up_no_other(account: Account) -> None:
    stuck = accepted(account, "A")
    with clock(int(account.document(stuck)["accepted_at"]) + 900) as time:
        look(account)
        other = document_table.get(account.documents, stuck)
        assert other is not None
        assert other.resent_at == time.now
        assert account.document(stuck)["due"] == keys.due("textract", time.now)


def sweep_time() -> int:
    """Some time after everything just uploaded, in the minute of the sweep."""
    return (int(datetime.now(UTC).timestamp()) // 900 + 3) * 900


def test_an_object_without_a_record_is_accepted_late(account: Account) -> None:
    account.upload("incoming/text/a b+c%.pdf", drawing_of("A"))
    with clock(sweep_time()):
        assert look(account)["accepted_late"] == 1
        account.deliver("accept_document", *account.received("documents"))
    assert [row["key"] for row in account.rows("document")] == ["incoming/text/a b+c%.pdf"]


def test_an_object_with_a_record_is_not_sent_again(account: Account) -> None:
    accepted(account, "A")
    with clock(sweep_time()):
        assert look(account)["accepted_late"] == 0
    assert account.received("documents") == []


def test_a_fresh_object_is_left_to_its_event(account: Account) -> None:
    account.upload(KEY, drawing_of("A"))
    assert look(account, sweep=True)["accepted_late"] == 0


def test_only_the_latest_version_is_accepted_late(account: Account) -> None:
    account.upload(KEY, drawing_of("A"))
    latest = account.upload(KEY, drawing_of("B"))
    with clock(sweep_time()):
        look(account)
    events = [json.loads(body) for body in account.received("documents")]
    assert [each["Records"][0]["s3"]["object"]["versionId"] for each in events] == [latest]


@pytest.mark.parametrize("minute", range(1, 15))
def test_the_bucket_is_looked_through_once_a_quarter_of_an_hour(
    account: Account, minute: int
) -> None:
    with clock(sweep_time() + 60 * minute), crash_at(1000) as calls:
        look(account)
    assert "ListObjectVersions" not in calls
