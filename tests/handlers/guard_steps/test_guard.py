from __future__ import annotations

import json
from datetime import UTC, datetime

import boto3
import pytest

from tests.handlers.account import Account, queue_url
from tests.handlers.between import announced, crash_at
from tests.handlers.papers import drawing_of, upload_event
from tests.handlers.runs import Run, clock, lease, queued
from tilescout import keys
from tilescout.aws import executions
from tilescout.aws.documents import uploads
from tilescout.aws.tables import document_table, page_table
from tilescout.ledger import PageRow

NOW = 1_800_000_000
KEY = "incoming/text/sheet.pdf"

NOTHING = dict.fromkeys(
    (
        "revoked",
        "stopping",
        "stopped",
        "queued",
        "accepted_late",
        "held",
        "resent",
        "finished",
        "drifted",
        "started",
    ),
    0,
)


@pytest.fixture(autouse=True)
def no_starts(account: Account) -> None:
    """The runs that the guard starts are the subject of test_runs.py."""
    executions.pause_starts(account.ledger, 2 * NOW)


def look(account: Account, seconds: float = 30, **event: object) -> dict[str, int]:
    done: dict[str, int] = account.call("guard", dict(event), seconds)
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


def accepted(account: Account, *pages: str, key: str = KEY) -> str:
    version = account.upload(key, drawing_of(*pages))
    account.deliver("accept_document", upload_event(key, version))
    account.received("pages")
    return keys.document_id("documents-bucket", key, version)


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
    assert look(account) == NOTHING


def test_a_stuck_document_whose_pages_are_all_there_is_queued(account: Account) -> None:
    document = accepted(account, "A")
    page_table.mark(account.ledger, document, PageRow(page=1, tiled=True))
    with clock(int(account.document(document)["accepted_at"]) + 900):
        assert look(account)["resent"] == 1
    assert account.document(document)["status"] == "QUEUED"


@pytest.mark.fault("I12")
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


@pytest.mark.fault("I12")
def test_an_object_without_a_record_is_accepted_late(account: Account) -> None:
    account.upload("incoming/text/a b+c%.pdf", drawing_of("A"))
    with clock(sweep_time()):
        assert look(account)["accepted_late"] == 1
        account.deliver("accept_document", *account.received("documents"))
    assert [row["key"] for row in account.rows("document")] == ["incoming/text/a b+c%.pdf"]


@pytest.mark.fault("I12")
def test_an_object_with_a_record_is_not_sent_again(account: Account) -> None:
    accepted(account, "A")
    with clock(sweep_time()):
        assert look(account)["accepted_late"] == 0
    assert account.received("documents") == []


def test_a_fresh_object_is_left_to_its_event(account: Account) -> None:
    account.upload(KEY, drawing_of("A"))
    assert look(account, sweep=True)["accepted_late"] == 0


@pytest.mark.fault("I12")
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


@pytest.mark.parametrize("seconds", [7.9, 0])
def test_what_time_does_not_suffice_for_is_left_to_the_next_minute(
    account: Account, seconds: float
) -> None:
    document = accepted(account, "A")
    account.upload("incoming/text/other.pdf", drawing_of("B"))
    with clock(sweep_time()):
        assert look(account, seconds) == NOTHING
        assert account.document(document)["resent_at"] == 0
        done = look(account)
    assert (done["accepted_late"], done["resent"]) == (1, 1)


def test_a_sweep_that_ran_out_of_time_goes_on_where_it_stopped(account: Account) -> None:
    names = [f"incoming/text/{letter}.pdf" for letter in "abcd"]
    for name in names:
        account.upload(name, b"%PDF-")

    def swept(at_most: int) -> list[str]:
        left = iter([True] * at_most)
        found = uploads.next_page(
            account.s3,
            account.ledger,
            "documents-bucket",
            keys.INCOMING,
            sweep_time(),
            lambda: next(left, False),
        )
        return [each.key for each in found]

    assert [swept(1), swept(0), swept(2), swept(9), swept(1)] == [
        names[:1],
        [],
        names[1:3],
        names[3:],
        names[:1],
    ]


def test_lost_uploads_come_before_documents_that_wait(account: Account) -> None:
    accepted(account, "A")
    with clock(sweep_time()), crash_at(1000) as calls:
        look(account)
    assert calls.index("ListObjectVersions") < calls.index("GetQueueAttributes")


def fill(account: Account, messages: int) -> None:
    for _ in range(messages):
        account.sqs.send_message(QueueUrl=queue_url("pages"), MessageBody="a page that waits")


def test_nothing_is_sent_again_while_many_pages_wait(account: Account) -> None:
    document = accepted(account, "A")
    fill(account, 50)
    with clock(int(account.document(document)["accepted_at"]) + 900):
        assert look(account)["resent"] == 0
        assert len(account.received("pages")) == 50
        assert look(account)["resent"] == 1
    assert len(account.received("pages")) == 1


def test_pages_in_flight_count_as_waiting(account: Account) -> None:
    document = accepted(account, "A")
    fill(account, 50)
    for _ in range(5):
        account.sqs.receive_message(QueueUrl=queue_url("pages"), MaxNumberOfMessages=10)
    with clock(int(account.document(document)["accepted_at"]) + 900):
        assert look(account)["resent"] == 0


def test_the_guard_itself_does_not_fill_the_queue(account: Account) -> None:
    first = accepted(account, "A", "B")
    accepted(account, "C", "D", key="incoming/text/other.pdf")
    fill(account, 48)
    with clock(int(account.document(first)["accepted_at"]) + 960) as time:
        assert look(account)["resent"] == 1
        assert len(account.received("pages")) == 50
        time.now += 60
        assert look(account)["resent"] == 1


def test_a_full_queue_keeps_no_document_from_a_run(account: Account) -> None:
    document = accepted(account, "A")
    page_table.mark(account.ledger, document, PageRow(page=1, tiled=True))
    fill(account, 50)
    with clock(int(account.document(document)["accepted_at"]) + 900):
        look(account)
    assert account.document(document)["status"] == "QUEUED"


def test_a_document_without_any_page_is_announced(account: Account) -> None:
    document = accepted(account, "A")
    page_table.mark(account.ledger, document, PageRow(page=1, failed_reason="no"))
    with clock(int(account.document(document)["accepted_at"]) + 900), announced() as events:
        look(account)
    assert [(each["document_id"], each["status"]) for each in events] == [(document, "FAILED")]


def abandon(account: Account, document: str, model: str, status: str = "QUEUED") -> None:
    """As if the document had come while another profile was configured."""
    names = {"#s": "status", "#p": "profile"}
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET #s = :status, #p.model_project = :model, due = :due",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={
            ":status": status,
            ":model": model,
            ":due": keys.due(model, 1_700_000_100),
        },
    )


@pytest.mark.parametrize("model", ["a", "pdf-texts", "rekognition", "tex", "textract-2", "valves"])
def test_a_queued_document_that_no_run_would_take_is_held(account: Account, model: str) -> None:
    document = queued(account)
    abandon(account, document, model)
    assert look(account)["held"] == 1
    row = account.document(document)
    assert row["status"] == "HELD"
    assert row["reason"].startswith(f"no profile uses the detector or model '{model}' any more; ")
    assert "restore a profile" in row["reason"]
    assert look(account)["held"] == 0


@pytest.mark.parametrize("key", ["incoming/text/a.pdf", "incoming/words/a.pdf"])
@pytest.mark.parametrize("status", ["QUEUED", "RUNNING"])
def test_a_document_whose_model_has_a_profile_is_not_held(
    account: Account, key: str, status: str
) -> None:
    document = queued(account, key=key)
    account.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET #s = :status",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":status": status},
    )
    assert look(account)["held"] == 0
    assert account.document(document)["status"] == status


def test_a_running_document_without_profile_is_held_once_its_run_is_over(account: Account) -> None:
    document = queued(account)
    abandon(account, document, "valves", "RUNNING")
    row = {"model": "valves", "owner": "run", "token": 1, "expires_at": NOW + 180}
    account.ledger.put_item(Item=row | keys.lease("valves"))
    with clock(NOW + 179) as time:
        assert look(account)["held"] == 0
        assert account.document(document)["status"] == "RUNNING"
        time.now = NOW + 180
        assert look(account)["held"] == 1
    assert account.document(document)["status"] == "HELD"


def test_a_stuck_document_without_profile_is_tiled_and_then_held(account: Account) -> None:
    document = accepted(account, "A")
    abandon(account, document, "valves", "ACCEPTED")
    with clock(int(account.document(document)["accepted_at"]) + 900) as time:
        assert look(account)["resent"] == 1
        account.deliver("tile_page", *account.received("pages"))
        assert account.document(document)["status"] == "QUEUED"
        time.now += 60
        look(account)
    assert account.document(document)["status"] == "HELD"
