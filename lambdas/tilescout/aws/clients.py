"""Clients with bounded time and a known number of tries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

ERRORS = (BotoCoreError, ClientError)
"""The errors of a client: AWS refused the request, failed or was not reached."""
STORAGE = Config(
    connect_timeout=3, read_timeout=20, retries={"total_max_attempts": 5, "mode": "standard"}
)
TABLES = Config(
    connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 5, "mode": "standard"}
)
"""Five tries end within the 30 s of a control function; a table answers within milliseconds."""
AT_MOST_ONCE = Config(
    connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1, "mode": "standard"}
)
"""A write that adds to a number is sent once: one whose reply is lost may have been made."""
BILLED = Config(connect_timeout=3, read_timeout=50, retries={"total_max_attempts": 1})
"""A billed call is sent once; the ledger decides on another, not the client."""
CONTROL = Config(connect_timeout=3, read_timeout=7, retries={"total_max_attempts": 1})
"""Start and Stop have taken effect, or never will, well before the grace of a lost lease is over
(rule 5); and the guard gets past a call that hangs.
"""


def dynamodb() -> DynamoDBServiceResource:
    return boto3.resource("dynamodb", config=TABLES)


def dynamodb_at_most_once() -> DynamoDBServiceResource:
    return boto3.resource("dynamodb", config=AT_MOST_ONCE)


def s3() -> S3Client:
    return boto3.client("s3", config=STORAGE)


def sqs() -> SQSClient:
    return boto3.client("sqs", config=STORAGE)


def events() -> EventBridgeClient:
    return boto3.client("events", config=STORAGE)


def step_functions() -> SFNClient:
    return boto3.client("stepfunctions", config=CONTROL)


def detector(service: str) -> Any:
    """The client of the AWS service that answers for a detector."""
    return boto3.client(cast(Any, service), config=BILLED)


def model_control() -> RekognitionClient:
    return boto3.client("rekognition", config=CONTROL)
