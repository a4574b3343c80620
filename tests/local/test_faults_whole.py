"""Runs in which something fails: the outcome of the document, and its cost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.local.contract import eventually
from tests.local.drawings import drawing, wide_drawing
from tests.local.system import PATIENCE, REKOGNITION, TEXTRACT, System
from tilescout.runs.lease_rules import GRACE

InjectFault = Callable[..., None]

CONFLICT = {
    "service": "dynamodb",
    "operation": "TransactWriteItems",
    "error": "TransactionCanceledException",
    "members": {"CancellationReasons": [{"Code": "TransactionConflict"}]},
}
LOST_CLAIM = {
    "service": "dynamodb",
    "operation": "TransactWriteItems",
    "error": "InternalServerError",
    "lost": True,
}
LOST_UPDATES = {
    "service": "dynamodb",
    "operation": "PutItem",
    "error": "InternalServerError",
    "lost": True,
    "times": 3,
}
REFUSED_HINTS = {
    "service": "sqs",
    "operation": "SendMessageBatch",
    "error": "ServiceUnavailable",
    "times": 2,
}
SLOW_BUCKET = {"service": "s3", "operation": "PutObject", "error": "SlowDown", "times": 3}
A3 = (1191.0, 842.0)


@dataclass(frozen=True)
class Aborted:
    """A run over twelve tiles, aborted when the first had been answered."""

    document: str
    execution: str
    billed_before: int
    revoked: dict[str, int]
    at: float


def sheet() -> tuple[bytes, list[str]]:
    """Returns twelve tiles of 1024 px, none of them blank, and their tags."""
    tags = [
        (60.0 + 190 * column, 60.0 + 150 * row, f"PT-{1000 + 10 * row + column}")
        for row in range(5)
        for column in range(6)
    ]
    return drawing(*tags, size=A3), sorted(text for _, _, text in tags)


@pytest.fixture(scope="module", autouse=True)
def aborted(system: System) -> Aborted:
    """Aborts a run before the first test, so that the grace passes while the others run."""
    document = system.queued(sheet()[0], "text-rekognition", "aborted.pdf")
    before = system.billed(REKOGNITION)
    system.aws.inject_fault(
        service="rekognition", operation="DetectText", times=6, delay_seconds=3.0
    )
    execution = system.start("rekognition-text")
    eventually(lambda: system.billed(REKOGNITION) > before, PATIENCE)
    system.stack.clients.step_functions.stop_execution(executionArn=execution)
    revoked = system.guard()
    system.aws.clear_faults()
    return Aborted(document, execution, before, revoked, time.monotonic())


@pytest.fixture
def textract_calls(system: System) -> Iterator[Callable[[], int]]:
    """Returns a function that counts the calls billed by Textract since the test began."""
    before = system.billed(TEXTRACT)
    yield lambda: system.billed(TEXTRACT) - before


def test_a_throttled_detector_loses_no_tile_and_bills_none_twice(
    system: System, faults: InjectFault, textract_calls: Callable[[], int]
) -> None:
    document = system.queued(wide_drawing("FV-1010", "FV-1011"), "tags", "throttled.pdf")
    refused = system.refused(TEXTRACT)
    faults(
        service="textract",
        operation="DetectDocumentText",
        times=2,
        error="ProvisionedThroughputExceededException",
    )
    execution = system.start("textract")
    assert system.ended(execution) == "SUCCEEDED"
    ended = system.document(document)
    assert (ended.status, ended.calls, textract_calls()) == ("DONE", 2, 2)
    assert system.refused(TEXTRACT) - refused == 2
    assert system.texts(document) == ["FV-1010", "FV-1011"]
    record = system.record_of(execution)
    assert (record.status, record.calls, record.tiles_answered) == ("CLOSED", 2, 2)
    assert record.spent_usd == pytest.approx(0.003)


@pytest.mark.long
def test_a_tile_that_is_refused_for_good_leaves_a_partial_document_and_the_count(
    system: System, textract_calls: Callable[[], int]
) -> None:
    document = system.queued(wide_drawing("FV-1020", "FV-1021"), "tags", "refused.pdf")
    first = system.tile_images(document)[0]
    bucket = system.stack.outputs["TilesBucketName"]
    image = system.stack.clients.s3.get_object(Bucket=bucket, Key=first)["Body"].read()
    system.stack.clients.s3.put_object(Bucket=bucket, Key=first, Body=image[:1500])
    execution = system.start("textract")
    assert system.ended(execution) == "SUCCEEDED"
    ended = system.document(document)
    assert (ended.status, ended.reason) == ("PARTIAL", "1 of 2 tiles were not answered")
    assert (ended.calls, ended.tiles_failed, textract_calls()) == (1, 1, 1)
    assert system.texts(document) == ["FV-1021"]
    assert system.record_of(execution).tiles_failed == 1


def test_of_two_runs_at_once_one_works_and_the_other_ends(
    system: System, faults: InjectFault, textract_calls: Callable[[], int]
) -> None:
    document = system.queued(wide_drawing("FV-1030", "FV-1031"), "tags", "two.pdf")
    known = {run.id for run in system.runs("textract")}
    faults(service="textract", operation="DetectDocumentText", times=2, delay_seconds=3.0)
    executions = [system.start("textract") for _ in range(2)]
    eventually(
        lambda: any(system.status_of(execution) != "RUNNING" for execution in executions), PATIENCE
    )
    assert textract_calls() == 0
    assert [system.ended(execution) for execution in executions] == ["SUCCEEDED", "SUCCEEDED"]
    (record,) = [run for run in system.runs("textract") if run.id not in known]
    ended = system.document(document)
    assert (ended.status, ended.run_id) == ("DONE", record.id)
    assert (ended.calls, textract_calls()) == (2, 2)


def test_the_guard_has_a_queued_document_done_and_nobody_starts_a_run(system: System) -> None:
    document = system.queued(drawing((60, 80, "LIC-305")), "pdf-text", "unattended.pdf")
    system.turn_schedules("ENABLED", "pdf-text")
    system.aws.advance_schedules(300)
    try:
        ended = system.when(document, "DONE", "PARTIAL", "FAILED")
    finally:
        system.turn_schedules("DISABLED")
    assert ended.status == "DONE"
    assert system.texts(document) == ["LIC-305"]


def test_a_schedule_starts_a_run(system: System) -> None:
    model = "sample-symbols"
    known = set(inputs_of_runs(system))
    system.turn_schedules("ENABLED", model)
    system.aws.advance_schedules(3600)
    try:
        started = eventually(lambda: set(inputs_of_runs(system)) - known, PATIENCE)
    finally:
        system.turn_schedules("DISABLED")
    assert [json.loads(run) for _, run in started] == [{"model": model, "reason": "schedule"}]


def inputs_of_runs(system: System) -> Iterator[tuple[str, str]]:
    """Yields the ARN and the input of every execution."""
    client, machine = system.stack.clients.step_functions, system.stack.detection_run
    for execution in client.list_executions(stateMachineArn=machine)["executions"]:
        arn = execution["executionArn"]
        yield arn, client.describe_execution(executionArn=arn)["input"]


def test_a_run_starts_the_next_one_for_what_became_due_while_it_closed(
    system: System, faults: InjectFault
) -> None:
    first = system.queued(drawing((60, 80, "LIC-306")), "pdf-text", "first.pdf")
    second = system.queued(drawing((60, 80, "LIC-307")), "pdf-text", "second.pdf")
    due = set_due(system, second, "later")
    refusal = "Lambda.TooManyRequestsException"
    faults(
        service="lambda",
        operation="Execution",
        containing=['"step": "CloseRun"'],
        times=9,
        error=refusal,
    )
    execution = system.start("pdf-text")
    eventually(lambda: system.aws.faults_left()[0]["times"] < 9, PATIENCE)
    set_due(system, second, due)
    system.aws.clear_faults()

    assert system.ended(execution) == "SUCCEEDED"
    runs = [system.when(document, "DONE").run_id for document in (first, second)]
    assert runs[0] != runs[1]


def set_due(system: System, document: str, due: str) -> str:
    """Moves a document to another place among what is due; returns where it was."""
    answer = system.stack.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET due = :due",
        ExpressionAttributeValues={":due": due},
        ReturnValues="UPDATED_OLD",
    )
    return str(answer["Attributes"]["due"])


@pytest.mark.fault("S1", "S6")
@pytest.mark.parametrize(
    "fault",
    [CONFLICT, LOST_CLAIM, LOST_UPDATES, REFUSED_HINTS, SLOW_BUCKET],
    ids=["conflict", "lost claim", "lost writes", "refused hints", "slow bucket"],
)
def test_a_storage_fault_in_the_middle_of_a_run_is_not_seen_in_its_result(
    system: System, faults: InjectFault, fault: dict[str, object], request: pytest.FixtureRequest
) -> None:
    name = f"{request.node.callspec.id}.pdf"
    document = system.queued(drawing((60, 80, "TI-4040")), "pdf-text", name)
    faults(**fault)
    assert system.run("pdf-text") == "SUCCEEDED"
    # The guard looks each minute, and its run may be the one that has the document done.
    assert system.when(document, "DONE", "PARTIAL", "FAILED").status == "DONE"
    assert system.texts(document) == ["TI-4040"]
    assert system.result_sets(document) == {system.document(document).result_id}


@pytest.mark.fault("R12")
def test_hints_sent_twice_because_a_reply_was_lost_are_asked_once(
    system: System, faults: InjectFault, textract_calls: Callable[[], int]
) -> None:
    document = system.queued(drawing((60, 80, "TI-4050")), "tags", "hints.pdf")
    faults(service="sqs", operation="SendMessageBatch", error="InternalError", lost=True)
    assert system.run("textract") == "SUCCEEDED"
    ended = system.document(document)
    assert (ended.status, ended.calls, textract_calls()) == ("DONE", 1, 1)


@pytest.mark.fault("R12")
def test_a_merge_that_is_killed_is_done_again(system: System, faults: InjectFault) -> None:
    document = system.queued(drawing((60, 80, "TI-4060")), "pdf-text", "merge.pdf")
    faults(service="s3", operation="PutObject", kill="after")
    assert system.run("pdf-text") == "SUCCEEDED"
    assert system.document(document).status == "DONE"
    assert system.texts(document) == ["TI-4060"]
    assert system.result_sets(document) == {system.document(document).result_id}


@pytest.mark.fault("R12")
def test_a_first_step_that_is_killed_is_tried_again_under_the_same_lease(
    system: System, faults: InjectFault
) -> None:
    document = system.queued(drawing((60, 80, "TI-4070")), "pdf-text", "opening.pdf")
    faults(service="dynamodb", operation="TransactWriteItems", kill="after")
    execution = system.start("pdf-text")
    assert system.ended(execution) == "SUCCEEDED"
    assert system.document(document).status == "DONE"
    assert system.document(document).run_id == system.record_of(execution).id


@pytest.mark.fault("R12")
def test_a_step_that_is_killed_is_repeated_and_its_run_pays_nothing_twice(
    system: System, faults: InjectFault, textract_calls: Callable[[], int]
) -> None:
    document = system.queued(drawing((60, 80, "TI-4080")), "tags", "step.pdf")
    faults(service="sqs", operation="SendMessageBatch", kill="before")
    assert system.run("textract") == "SUCCEEDED"
    ended = system.document(document)
    assert (ended.status, ended.reason, textract_calls()) == ("DONE", "", 1)


def test_an_aborted_run_is_revoked_and_after_the_grace_the_next_one_finishes(
    system: System, aborted: Aborted
) -> None:
    assert system.status_of(aborted.execution) == "ABORTED"
    assert aborted.revoked["revoked"] == 1
    assert system.document(aborted.document).status == "RUNNING"
    if time.monotonic() - aborted.at < GRACE / 2:
        assert system.run("rekognition-text") == "SUCCEEDED"
        assert system.document(aborted.document).status == "RUNNING"
    time.sleep(max(0.0, aborted.at + GRACE + 2 - time.monotonic()))
    assert system.billed(REKOGNITION) - aborted.billed_before < 12
    assert system.run("rekognition-text") == "SUCCEEDED"
    ended = system.document(aborted.document)
    assert (ended.status, ended.calls) == ("DONE", 12)
    assert system.billed(REKOGNITION) - aborted.billed_before == 12
    assert system.texts(aborted.document) == sheet()[1]
    assert system.result_sets(aborted.document) == {ended.result_id}
