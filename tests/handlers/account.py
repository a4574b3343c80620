"""Tables, buckets, queues and detectors as the stack makes them, with what tests look at."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from moto.sqs.models import sqs_backends

ACCOUNT = "123456789012"
REGION = "us-east-1"
QUEUES = ("documents", "pages", "tiles", "onnx_tiles", "merges")
BUCKETS = ("documents-bucket", "tiles-bucket", "results-bucket", "models-bucket")
TEXT = {"name": "text", "detector": "textract", "dpi": 72, "tile_size": 400, "overlap": 50}
WORDS = {"name": "words", "detector": "rekognition-text", "dpi": 72, "tile_size": 400}
LAYER = {"name": "layer", "detector": "pdf-text", "dpi": 72, "tile_size": 400, "overlap": 50}
SYMBOLS = TEXT | {"name": "symbols", "detector": "custom-labels", "model_project": "pumps"}
TWICE = TEXT | {"name": "twice", "second_scale": "page"}
DRAWING_ONLY = LAYER | {
    "name": "drawing-only",
    "exclude_regions": ["title-block", "outside", "legend"],
}
FRESH = TEXT | {"name": "fresh", "reuse": False}
FINE = TEXT | {"name": "fine", "max_dpi": 288}
SERVED = TEXT | {"name": "served", "detector": "onnx", "model_project": "plant"}
LIKE = TEXT | {
    "name": "like",
    "detector": "example",
    "model_project": "receptacles",
    "dpi": 144,
    "tile_size": 1024,
    "seconds_per_tile": 2,
}
PROFILES = {
    "profiles": [
        *(TEXT, WORDS | {"overlap": 50}, LAYER, SYMBOLS, SERVED, TWICE, FINE, FRESH),
        *(DRAWING_ONLY, LIKE),
    ],
    "default_profile": "text",
    "prices": {},
    "started_on_upload": ["textract"],
}
HANDLERS = (
    "accept_document",
    "tile_page",
    "advance_run",
    "detect_tile",
    "detect_onnx",
    "merge_page",
    "collect_dead_letters",
    "guard",
)


def queue_url(name: str) -> str:
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"


ENVIRONMENT = {
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "POWERTOOLS_SERVICE_NAME": "tilescout",
    "POWERTOOLS_METRICS_NAMESPACE": "Tilescout",
    "POWERTOOLS_METRICS_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "DOCUMENTS_TABLE": "documents",
    "DETECTIONS_TABLE": "detections",
    "LEDGER_TABLE": "ledger",
    "DOCUMENTS_BUCKET": "documents-bucket",
    "TILES_BUCKET": "tiles-bucket",
    "RESULTS_BUCKET": "results-bucket",
    "MODELS_BUCKET": "models-bucket",
    "PROFILES_FILE": "profiles.json",
    "RENDERER": "pymupdf",
    "ROWS_PER_SECOND": "10000",
    "DETECTION_RUN_ARN": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:DetectionRun",
    "RESULTS_RETENTION_DAYS": "0",
} | {f"{name.upper()}_QUEUE_URL": queue_url(name) for name in QUEUES}


def module(name: str) -> Any:
    """A handler's module; imported late, for it reads its environment as it is imported."""
    return importlib.import_module(f"tilescout.handlers.{name}")


def clients() -> list[Any]:
    """Every client that a warm process keeps."""
    runtime, detect_tile = module("runtime"), module("detect_tile")
    return [
        runtime._dynamodb().meta.client,
        runtime._dynamodb_at_most_once().meta.client,
        runtime.s3(),
        runtime.sqs(),
        runtime.events(),
        detect_tile.detector("textract").client,
        detect_tile.detector("rekognition-text").client,
        runtime.step_functions(),
        runtime.model_control(),
    ]


FUNCTION = [""]
"""The function that is called this moment. Its threads are part of it, as of the process."""


@contextmanager
def called(handler: str) -> Iterator[None]:
    FUNCTION.append(handler)
    try:
        yield
    finally:
        FUNCTION.pop()


@dataclass
class Context:
    """What Lambda hands to a function beside its event; ``seconds`` are those it may still run."""

    seconds: float

    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:function"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        return round(self.seconds * 1000)


TIMEOUTS = {"tile_page": 300, "merge_page": 600}
"""Seconds, as the template sets them; others are taken for 60."""


def sqs_event(*bodies: str) -> dict[str, Any]:
    """As an event source mapping hands it over."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1545082649183",
                    "SenderId": "sender",
                    "ApproximateFirstReceiveTimestamp": "1545082649185",
                },
                "messageAttributes": {},
                "md5OfBody": "md5",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue",
                "awsRegion": REGION,
            }
            for number, body in enumerate(bodies)
        ]
    }


@dataclass
class Account:
    """One account; names are those of ``ENVIRONMENT``."""

    documents: Any
    detections: Any
    ledger: Any
    s3: Any
    sqs: Any

    @classmethod
    def create(cls) -> Account:
        dynamodb, s3, sqs = _own_clients()
        for bucket in BUCKETS:
            s3.create_bucket(Bucket=bucket)
        versions = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket="documents-bucket", VersioningConfiguration=versions)
        for name in QUEUES:
            sqs.create_queue(QueueName=name)
        return cls(
            documents=_table(
                dynamodb,
                "documents",
                ["id"],
                by_status=("status", "due"),
                by_source=("source_key", "accepted_at"),
            ),
            detections=_table(
                dynamodb,
                "detections",
                ["result_id", "sort"],
                by_label=("label_shard", "label_key"),
                by_text=("text_prefix", "text_key"),
            ),
            ledger=_table(dynamodb, "ledger", ["pk", "sk"]),
            s3=s3,
            sqs=sqs,
        )

    def call(self, handler: str, event: dict[str, Any], seconds: float | None = None) -> Any:
        """One invocation; ``seconds`` of its time are left, all but a little of it by default."""
        left = TIMEOUTS.get(handler, 60) - 0.1 if seconds is None else seconds
        with warnings.catch_warnings(), called(handler):
            # Powertools tells of an invocation without a metric, which is nothing to us.
            warnings.filterwarnings("ignore", message="No application metrics to publish")
            return module(handler).handler(event, Context(left))

    def deliver(self, handler: str, *bodies: str) -> None:
        """One invocation with the messages; raises where one of them fails."""
        answer = self.call(handler, sqs_event(*bodies))
        assert answer == {"batchItemFailures": []}

    def received(self, queue: str) -> list[str]:
        """Bodies in the queue, which is empty afterwards; delays are not waited for."""
        held = sqs_backends[ACCOUNT][REGION].queues[queue]
        bodies = [message.body for message in held._messages]
        held._messages.clear()
        return bodies

    def upload(self, key: str, body: bytes, **metadata: str) -> str:
        """Put an object; its version."""
        answer = self.s3.put_object(
            Bucket="documents-bucket", Key=key, Body=body, Metadata=metadata
        )
        return str(answer["VersionId"])

    def document(self, document_id: str) -> dict[str, Any]:
        item: dict[str, Any] = self.documents.get_item(Key={"id": document_id})["Item"]
        return item

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """All documents or all runs."""
        return [row for row in self.documents.scan()["Items"] if row["kind"] == kind]

    def objects(self, bucket: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return [found["Key"] for found in listed]


@cache
def _own_clients() -> tuple[Any, Any, Any]:
    return boto3.resource("dynamodb"), boto3.client("s3"), boto3.client("sqs")


def _table(dynamodb: Any, name: str, keys: list[str], **indexes: tuple[str, str]) -> Any:
    attributes = {*keys, *(part for pair in indexes.values() for part in pair)}
    numbers = {"accepted_at"}
    request: dict[str, Any] = {
        "TableName": name,
        "KeySchema": _schema(keys),
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "N" if each in numbers else "S"}
            for each in sorted(attributes)
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if indexes:
        request["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index,
                "KeySchema": _schema(list(pair)),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, pair in indexes.items()
        ]
    return dynamodb.create_table(**request)


def _schema(keys: list[str]) -> list[dict[str, str]]:
    kinds = ("HASH", "RANGE")
    return [{"AttributeName": k, "KeyType": kind} for k, kind in zip(keys, kinds, strict=False)]
