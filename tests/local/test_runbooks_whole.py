"""The runbooks on the embedded AWS: restored tables, stores of a stack that is gone, a rollback,
and a move to another region."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.local.drawings import drawing, wide_drawing
from tests.local.roles import hold_against_roles
from tests.local.system import PATIENCE, TEXTRACT, Configuration, System, deployed, synthesised
from tilescout.aws.tables import document_table
from tilescout_cli.deployment.destroy import destroy
from tilescout_cli.documents import uploads
from tilescout_cli.stack import target
from tilescout_local.deployment.deploy import deploy

pytestmark = pytest.mark.long

TABLES = ("DocumentsTable", "DetectionsTable", "LedgerTable")
BUCKETS = ("ResultsBucket", "ModelsBucket")


def stores_are(names: dict[str, str]) -> Callable[[Configuration], None]:
    """Returns a change of the configuration: the stack takes over the stores of these names."""

    def change(configuration: Configuration) -> None:
        configuration["settings"]["existing_stores"] = names

    return change


def deployed_again(before: System, assembly: Path) -> System:
    """Deploys another assembly beside what the system before has left, and returns the system."""
    deploy(before.aws, assembly)
    after = System(before.aws, target.of_embedded(before.aws))
    after.turn_schedules("DISABLED")
    return after


def restored(system: System) -> dict[str, str]:
    """Restores the three tables as the runbook says; returns their new names."""
    client = system.aws.client("dynamodb")
    names = {}
    for table in TABLES:
        names[table] = f"{table.lower()}-restored"
        client.restore_table_to_point_in_time(
            SourceTableName=system.stack.outputs[f"{table}Name"],
            TargetTableName=names[table],
            UseLatestRestorableTime=True,
        )
        client.get_waiter("table_exists").wait(TableName=names[table])
    return names


def test_a_stack_goes_on_with_restored_tables(tmp_path: Path) -> None:
    with deployed(tmp_path / "aws", synthesised(tmp_path / "before")) as before:
        done = before.queued(drawing((60, 80, "FV-1023")), "pdf-text")
        before.run("pdf-text")
        before.when(done, "DONE")
        waiting = before.queued(drawing((60, 80, "TT-20")), "pdf-text", "waiting.pdf")
        names = restored(before)
        hold_against_roles(before.aws)

        after = deployed_again(before, synthesised(tmp_path / "after", stores_are(names)))

        assert after.stack.outputs["DocumentsTableName"] == "documentstable-restored"
        assert after.texts(done) == ["FV-1023"]
        after.run("pdf-text")
        assert after.when(waiting, "DONE").detections == 1
        # The table before is kept, and nothing writes to it any more.
        left = document_table.get(before.stack.documents, waiting)
        assert left is not None
        assert left.status == "QUEUED"


def kept_of(system: System) -> Callable[[Configuration], None]:
    """Returns the change of cdk.json by which a new stack adopts what the system leaves."""
    outputs = system.stack.outputs
    names = {store: outputs[f"{store}Name"] for store in (*TABLES, *BUCKETS)}
    bucket = outputs["DocumentsBucketName"]

    def change(configuration: Configuration) -> None:
        stores_are(names)(configuration)
        configuration["settings"]["documents_bucket"] = {"name": bucket}

    return change


def send_uploads_to(system: System) -> None:
    """Has the adopted bucket tell the queue of the new stack of uploads."""
    sqs, url = system.aws.client("sqs"), system.stack.outputs["DocumentsQueueUrl"]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    rule = {"Name": "prefix", "Value": "incoming/"}
    configuration = {
        "QueueArn": answer["Attributes"]["QueueArn"],
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [rule]}},
    }
    system.aws.client("s3").put_bucket_notification_configuration(
        Bucket=system.stack.documents_bucket,
        NotificationConfiguration={"QueueConfigurations": [configuration]},
    )


def test_a_new_stack_adopts_what_a_destroyed_one_left(tmp_path: Path) -> None:
    with deployed(tmp_path / "aws", synthesised(tmp_path / "before")) as before:
        done = before.queued(drawing((60, 80, "FV-1023")), "pdf-text")
        before.run("pdf-text")
        before.when(done, "DONE")
        waiting = before.queued(drawing((60, 80, "TT-2001")), "tags", "waiting.pdf")
        change = kept_of(before)
        hold_against_roles(before.aws)
        destroy(before.stack, PATIENCE, abort=True, yes=True)
        missed = before.upload(drawing((60, 80, "LT-7")), "pdf-text", "missed.pdf")

        after = deployed_again(before, synthesised(tmp_path / "after", change))
        send_uploads_to(after)
        uploads.reconcile(after.stack, dry_run=False, as_json=False)
        new = after.queued(drawing((60, 80, "PT-1")), "pdf-text", "new.pdf")

        after.when(missed, "QUEUED")
        assert after.texts(done) == ["FV-1023"]
        after.run("pdf-text")
        assert after.texts(after.when(new, "DONE").id) == ["PT-1"]
        assert after.texts(after.when(missed, "DONE").id) == ["LT-7"]
        # Its tiles went with the stack: a run sends it back, the guard has it tiled again.
        after.run("textract")
        uploaded_an_hour_ago(after, after.when(waiting, "ACCEPTED").id)
        after.guard()
        after.when(waiting, "QUEUED")
        after.run("textract")
        assert after.texts(after.when(waiting, "DONE").id) == ["TT-2001"]


def uploaded_an_hour_ago(system: System, document: str) -> None:
    """Lets an hour pass for the document, which by then waits for longer than the guard does."""
    system.stack.documents.update_item(
        Key={"id": document},
        UpdateExpression="SET accepted_at = accepted_at - :hour",
        ExpressionAttributeValues={":hour": 3600},
    )


def newer(folder: Path) -> Path:
    """Synthesises a version of the project whose functions all have other code."""

    def change(configuration: Configuration) -> None:
        note = folder / "sources/lambdas/tilescout/keys.py"
        note.write_text(note.read_text() + "\n# A later version.\n")

    return synthesised(folder, change)


def test_a_deployment_is_rolled_back_while_a_run_is_under_way(tmp_path: Path) -> None:
    old = synthesised(tmp_path / "old")
    new = newer(tmp_path / "new")
    with deployed(tmp_path / "aws", new) as system:
        first, last = (
            system.queued(wide_drawing(*texts), "tags", f"{texts[0]}.pdf")
            for texts in (("FV-1110", "FV-1111"), ("FV-1120", "FV-1121"))
        )
        system.aws.inject_fault(
            service="textract", operation="DetectDocumentText", times=2, delay_seconds=5
        )
        execution = system.start("textract")
        system.when(first, "RUNNING")
        newer_code = code_of(system)

        hold_against_roles(system.aws)
        deploy(system.aws, old)

        assert code_of(system) != newer_code
        assert system.ended(execution) == "SUCCEEDED"
        for document, texts in ((first, ["FV-1110", "FV-1111"]), (last, ["FV-1120", "FV-1121"])):
            assert system.texts(system.when(document, "DONE").id) == texts
        assert system.billed(TEXTRACT) == 4


def test_a_stack_moves_to_another_region(tmp_path: Path) -> None:
    """Two embedded AWSs are the two regions, which share nothing, as on AWS."""
    assembly = synthesised(tmp_path / "assembly")
    sheet = drawing((60, 80, "FV-1023"))
    with (
        deployed(tmp_path / "old", assembly) as old,
        deployed(tmp_path / "new", assembly, region="eu-west-1") as new,
    ):
        before = old.queued(sheet, "pdf-text")
        old.run("pdf-text")
        old.when(before, "DONE")

        copied = new.queued(sheet, "pdf-text")
        read = new.queued(drawing((60, 80, "TT-2001")), "tags", "read.pdf")
        for model in ("pdf-text", "textract"):
            new.run(model)

        assert new.texts(new.when(copied, "DONE").id) == ["FV-1023"]
        assert new.texts(new.when(read, "DONE").id) == ["TT-2001"]
        assert (old.billed(TEXTRACT), new.billed(TEXTRACT)) == (0, 1)
        assert ":eu-west-1:" in new.stack.outputs["DetectionRunArn"]
        assert "us-east-1" not in json.dumps([new.stack.outputs, environment_of(new)])
        assert copied != before
        assert old.texts(before) == ["FV-1023"]
        hold_against_roles(old.aws)
        destroy(old.stack, PATIENCE, abort=False, yes=True)
        later = new.queued(drawing((60, 80, "LT-7")), "pdf-text", "later.pdf")
        new.run("pdf-text")
        assert new.texts(new.when(later, "DONE").id) == ["LT-7"]


def environment_of(system: System) -> dict[str, str]:
    """Returns the environment of the function that takes the steps of a run."""
    client = system.aws.client("lambda")
    function = client.get_function(FunctionName=system.function("advance_run"))
    return dict(function["Configuration"]["Environment"]["Variables"])


def code_of(system: System) -> str:
    """Returns the digest of the code of the function that takes the steps of a run."""
    client = system.aws.client("lambda")
    name = system.function("advance_run")
    return str(client.get_function(FunctionName=name)["Configuration"]["CodeSha256"])
