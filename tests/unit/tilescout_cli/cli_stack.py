"""A deployed stack as the command line sees it, in moto, with rows as the functions write them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.moto_items import send_values_as_they_lie
from tilescout import keys, results
from tilescout.aws.items import to_attribute, to_item
from tilescout.aws.tables import document_table
from tilescout.detections import Detection
from tilescout.documents import Document
from tilescout.geometry import Box
from tilescout.ledger import PageRow
from tilescout.profiles import Profile
from tilescout_cli.stack import target
from tilescout_cli.stack.clients import Clients
from tilescout_cli.stack.target import Stack

send_values_as_they_lie()

PROFILE = Profile(name="text", detector="textract", dpi=144, tile_size=1000, overlap=100)
OUTPUTS = {
    "DocumentsBucketName": "documents-bucket",
    "ResultsBucketName": "results-bucket",
    "DetectionsTableName": "detections",
    "DocumentsTableName": "documents",
    "LedgerTableName": "ledger",
    "TilesBucketName": "tiles-bucket",
    "ModelsBucketName": "models-bucket",
    "DocumentsQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/documents",
    "PagesQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/pages",
    "DetectionRunArn": "arn:aws:states:us-east-1:123456789012:stateMachine:run",
}


@contextmanager
def deployed_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """The stack Tilescout; the environment's own account and region are kept out."""
    for name in ("AWS_PROFILE", "AWS_REGION", "TILESCOUT_STACK"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    _describe_stacks(monkeypatch)
    with mock_aws():
        _create()
        yield target.deployed(Clients(), "Tilescout")


def _create() -> None:
    s3 = boto3.client("s3")
    for bucket in ("documents-bucket", "results-bucket", "tiles-bucket", "models-bucket"):
        s3.create_bucket(Bucket=bucket)
    versions = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket="documents-bucket", VersioningConfiguration=versions)
    for queue in ("documents", "pages"):
        boto3.client("sqs").create_queue(QueueName=queue)
    _table("documents", "id", by_status=("status", "due"), by_source=("source_key", "accepted_at"))
    _table(
        "detections",
        "result_id",
        "sort",
        by_label=("label_shard", "label_key"),
        by_text=("text_prefix", "text_key"),
    )
    _table("ledger", "pk", "sk")
    boto3.client("stepfunctions").create_state_machine(
        name="run",
        roleArn="arn:aws:iam::123456789012:role/run",
        definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}),
    )


def _describe_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer for CloudFormation, whose moto needs many more packages."""
    original: Any = getattr(BaseClient, "_make_api_call")  # noqa: B009

    def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if operation != "DescribeStacks":
            return original(client, operation, arguments)
        if arguments["StackName"] != "Tilescout":
            error = {"Code": "ValidationError", "Message": "Stack does not exist"}
            raise ClientError({"Error": error}, operation)
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in OUTPUTS.items()]
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": outputs}]}

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def _table(name: str, *key: str, **indexes: tuple[str, str]) -> None:
    names = {*key, *(part for index in indexes.values() for part in index)}
    arguments: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _schema(key),
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "N" if each == "accepted_at" else "S"}
            for each in sorted(names)
        ],
    }
    if indexes:
        arguments["GlobalSecondaryIndexes"] = [
            {"IndexName": index, "KeySchema": _schema(of), "Projection": {"ProjectionType": "ALL"}}
            for index, of in indexes.items()
        ]
    boto3.client("dynamodb").create_table(**arguments)


def _schema(names: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
    ]


def document(number: int = 1, **changed: Any) -> Document:
    """A DONE document with one page; ``number`` makes its id and its time."""
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "bucket": "documents-bucket",
        "key": f"incoming/text/{number:08x}/plan.pdf",
        "version": "v1",
        "status": "DONE",
        "profile": PROFILE,
        "accepted_at": 1_000 + number,
        "last_page": 1,
        "claim_token": 1,
        "result_id": f"{number:032x}-000001",
    }
    return Document(**values | changed)


def add(stack: Stack, *documents: Document) -> None:
    for each in documents:
        assert document_table.add(stack.documents, each)


def replace(stack: Stack, changed: Document) -> None:
    stack.documents.delete_item(Key={"id": changed.id})
    add(stack, changed)


def tag(text: str = "FV-1023", left: float = 100, **changed: Any) -> Detection:
    """A snippet that was found, 40 x 20 px."""
    values: dict[str, Any] = {
        "page": 1,
        "label": "instrument",
        "confidence": 90.0,
        "box": Box(left, 200, left + 40, 220),
        "text": text,
        "normalised_text": text.upper(),
        "is_match": True,
    }
    return Detection(**values | changed)


def add_result(stack: Stack, of: Document, *found: Detection, result: str = "") -> None:
    """The rows and detections.json of a result set, as merge_page writes them."""
    made = results.ResultSet(id=result or of.result_id, document=of, made_at=2_000)
    rows = [results.row(made, each, number, 144) for number, each in enumerate(found)]
    for row in rows:
        stack.detections.put_item(Item=to_attribute(row))
    page = PageRow(
        page=1, tiled=True, width_px=1200, height_px=800, width_pt=600, height_pt=400, dpi=144
    )
    body = {
        "document": results.document_json(of, [page]),
        "detections": [results.detection_json(row) for row in rows],
    }
    key = keys.document_result(made.id)
    stack.clients.s3.put_object(Bucket="results-bucket", Key=key, Body=json.dumps(body).encode())


def add_ledger(stack: Stack, document_id: str, sort: str, **attributes: Any) -> None:
    key = {"pk": keys.document_partition(document_id), "sk": sort}
    stack.ledger.put_item(Item=key | attributes)


def add_run(stack: Stack, run: Any) -> None:
    row = to_item(run) | {"kind": "run", "due": keys.due(run.model, run.opened_at)}
    stack.documents.put_item(Item=row)
