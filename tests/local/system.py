"""The whole system as its tests use it: uploads, runs, and what a person sees afterwards."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from tests.local.contract import eventually
from tests.local.roles import hold_against_roles
from tilescout import keys
from tilescout.aws import executions as guard_starts
from tilescout.aws import objects
from tilescout.aws.items import plain
from tilescout.aws.tables import document_table
from tilescout.documents import Document
from tilescout.messages import Upload, upload_event
from tilescout.runs.records import Run
from tilescout_cli.documents import lookup
from tilescout_cli.runs import executions
from tilescout_cli.stack import target
from tilescout_cli.stack.target import Stack
from tilescout_local.deployment.deploy import deploy
from tilescout_local.embedded_aws import EmbeddedAws, start
from tilescout_local.state import REGION

ROOT = Path(__file__).parents[2]
TEXTRACT = "textract.DetectDocumentText"
REKOGNITION = "rekognition.DetectText"
PATIENCE = 240.0
"""Seconds, many enough that a loaded machine fails no test. Nothing waits longer than necessary."""
SYNTHESIS = """
import sys
from pathlib import Path
from infra.app import synthesise
folder, sources = map(Path, sys.argv[1:])
synthesise(outdir=str(folder / "cdk.out"), build=folder / "build", sources=sources)
"""
Configuration = dict[str, Any]


def command(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of this environment, as a person types it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        arguments,
        cwd=cwd,
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def tilescout(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs the `tilescout` command, with an embedded AWS in ``cwd`` or with none."""
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("cli", "lambdas"))
    home = str(cwd / "home")
    return command(
        sys.executable, "-m", "tilescout_cli", *arguments,
        cwd=cwd, PYTHONPATH=paths, TILESCOUT_HOME=home, COLUMNS="80",
    )  # fmt: skip


def synthesised(folder: Path, change: Callable[[Configuration], None] = lambda _: None) -> Path:
    """Synthesises the cloud assembly of this checkout, with the configuration in cdk.json
    changed."""
    sources = folder / "sources"
    sources.mkdir(parents=True)
    for name in ("lambdas", "statemachine"):
        shutil.copytree(ROOT / name, sources / name, ignore=shutil.ignore_patterns("__pycache__"))
    document = json.loads((ROOT / "cdk.json").read_text())
    change(document["context"]["tilescout"])
    (sources / "cdk.json").write_text(json.dumps(document))
    command = [sys.executable, "-c", SYNTHESIS, str(folder), str(sources)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE)
    return folder / "cdk.out"


@dataclass(frozen=True, slots=True)
class System:
    """The deployed stack on an embedded AWS of its own; its schedules are off."""

    aws: EmbeddedAws
    stack: Stack

    def upload(self, pdf: bytes, profile: str, name: str = "drawing.pdf") -> str:
        """Uploads a file and returns the id of its document."""
        key, version = self.put(pdf, profile, name)
        return keys.document_id(self.stack.documents_bucket, key, version)

    def put(self, pdf: bytes, profile: str, name: str) -> tuple[str, str]:
        key = f"{keys.INCOMING}{profile}/{name}"
        answer = self.stack.clients.s3.put_object(
            Bucket=self.stack.documents_bucket, Key=key, Body=pdf
        )
        return key, answer["VersionId"]

    def queued(self, pdf: bytes, profile: str, name: str = "drawing.pdf") -> str:
        """Uploads as ``upload`` does, and waits until the pages are tiled."""
        document = self.upload(pdf, profile, name)
        return self.when(document, "QUEUED").id

    def document(self, document: str) -> Document:
        found = document_table.get(self.stack.documents, document)
        assert found is not None
        return found

    def when(self, document: str, *statuses: str) -> Document:
        """Returns the document once it has one of the statuses."""

        def found() -> Document | None:
            row = document_table.get(self.stack.documents, document)
            return row if row and row.status in statuses else None

        return eventually(found, PATIENCE)  # type: ignore[no-any-return]

    def announce(self, key: str, version: str) -> None:
        """Delivers the notification of an upload once more, as S3 may, and waits until it is
        handled."""
        sqs, queue = self.aws.client("sqs"), self.stack.outputs["DocumentsQueueUrl"]
        event = upload_event(Upload(self.stack.documents_bucket, key, version))
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(event))
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def is_empty() -> bool:
            found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
            return all(found[name] == "0" for name in names)

        eventually(is_empty, PATIENCE)

    def start(self, model: str) -> str:
        return executions.start(self.stack, model, "test")

    def status_of(self, execution: str) -> str:
        answer = self.stack.clients.step_functions.describe_execution(executionArn=execution)
        return answer["status"]

    def ended(self, execution: str) -> str:
        """Waits for the execution's end and returns its status."""
        eventually(lambda: self.status_of(execution) != "RUNNING", PATIENCE)
        return self.status_of(execution)

    def run(self, model: str) -> str:
        """Runs the model and waits until nobody works for it; returns how the run ended.

        Where a run of the guard held the lease, that run does the work and this one ends at once.
        """
        status = self.ended(self.start(model))
        eventually(lambda: model not in executions.models_at_work(self.stack), PATIENCE)
        return status

    def runs(self, model: str) -> list[Run]:
        """Returns the records of the model's runs, the newest first."""
        records = (
            document_table.get_run(self.stack.documents, row["id"])
            for row in lookup.runs(self.stack, model)
        )
        found = [record for record in records if record is not None]
        return sorted(found, key=lambda record: -record.token)

    def record_of(self, execution: str) -> Run:
        found = [run for run in self._runs() if run.execution == execution]
        assert len(found) == 1
        return found[0]

    def _runs(self) -> list[Run]:
        models = ("textract", "rekognition-text", "pdf-text")
        return [run for model in models for run in self.runs(model)]

    def result(self, document: str) -> dict[str, Any]:
        """Returns detections.json of the document."""
        key = keys.document_result(self.document(document).result_id)
        body = objects.read(self.stack.clients.s3, self.stack.results_bucket, key)
        assert body is not None
        found: dict[str, Any] = json.loads(body)
        return found

    def rows(self, document: str) -> list[dict[str, Any]]:
        """Returns the rows that a reader finds by the document's result_id."""
        condition = Key("result_id").eq(self.document(document).result_id)
        answer = self.stack.detections.query(KeyConditionExpression=condition)
        return [plain(item) for item in answer["Items"]]

    def texts(self, document: str) -> list[str]:
        return sorted(str(row["text"]) for row in self.rows(document))

    def result_sets(self, document: str) -> set[str]:
        """Returns the ids of every set that has rows of the document, visible or not."""
        answer = self.stack.detections.scan(FilterExpression=Attr("document_id").eq(document))
        assert "LastEvaluatedKey" not in answer
        return {str(item["result_id"]) for item in answer["Items"]}

    def tile_images(self, document: str) -> list[str]:
        """Returns the keys of the document's tiles in the tiles bucket."""
        answer = self.stack.clients.s3.list_objects_v2(
            Bucket=self.stack.outputs["TilesBucketName"], Prefix=f"tiles/{document}/"
        )
        return [item["Key"] for item in answer.get("Contents", [])]

    def billed(self, operation: str) -> int:
        """Counts the calls that the service has answered, and would have billed, since it was
        started."""
        return self.aws.meter().get(operation, {}).get("answered", 0)

    def refused(self, operation: str) -> int:
        return self.aws.meter().get(operation, {}).get("refused", 0)

    def function(self, name: str) -> str:
        """Returns the deployed function whose handler is ``handlers.<name>``."""
        functions = self.aws.client("lambda").list_functions()["Functions"]
        (found,) = [function for function in functions if f".{name}." in function["Handler"]]
        return str(found["FunctionName"])

    def guard(self) -> dict[str, int]:
        """Runs the guard now, not at the next minute, and returns what it did."""
        answer = self.aws.client("lambda").invoke(FunctionName=self.function("guard"))
        done: dict[str, int] = json.loads(answer["Payload"].read())
        return done

    def turn_schedules(self, state: str, model: str = "") -> None:
        """Sets the schedules of one model or of all to ENABLED or DISABLED, as an operator
        would."""
        is_paused = state == "DISABLED" or model
        besides = model if state == "ENABLED" else ""
        until = 2**40 if is_paused else 0
        guard_starts.pause_starts(self.stack.ledger, until, besides=besides)
        scheduler = self.aws.client("scheduler")
        for entry in scheduler.list_schedules()["Schedules"]:
            schedule = scheduler.get_schedule(Name=entry["Name"])
            if model in ("", json.loads(schedule["Target"]["Input"])["model"]):
                names = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
                scheduler.update_schedule(State=state, **{name: schedule[name] for name in names})


@contextmanager
def deployed(
    home: Path, assembly: Path, wait_scale: float = 0.2, region: str = REGION
) -> Iterator[System]:
    """Deploys the stack to an embedded AWS that ends with the context; no role may be denied."""
    with start(home, wait_scale=wait_scale, region=region) as aws:
        deploy(aws, assembly)
        system = System(aws, target.of_embedded(aws))
        system.turn_schedules("DISABLED")
        yield system
        hold_against_roles(aws)
