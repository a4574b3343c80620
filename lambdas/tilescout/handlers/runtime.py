"""Tools of every handler: the clock, messages one by one, clients opened once per process."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from tilescout.aws import clients
from tilescout.aws.at_most_once import AtMostOnce

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource, Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


def now() -> int:
    """Returns the seconds since the epoch."""
    return int(time.time())


def each_message(
    event: dict[str, Any], handle: Callable[[str], None], context: LambdaContext
) -> PartialItemFailureResponse:
    """Handles the body of each message of an SQS event. Those that fail are delivered again."""
    processor = BatchProcessor(event_type=EventType.SQS)
    return process_partial_response(event, lambda record: handle(record.body), processor, context)


@cache
def _dynamodb() -> DynamoDBServiceResource:
    return clients.dynamodb()


@cache
def table(name: str) -> Table:
    return _dynamodb().Table(name)


@cache
def _dynamodb_at_most_once() -> DynamoDBServiceResource:
    return clients.dynamodb_at_most_once()


@cache
def at_most_once(name: str) -> AtMostOnce:
    return AtMostOnce(_dynamodb_at_most_once().Table(name))


@cache
def s3() -> S3Client:
    return clients.s3()


@cache
def sqs() -> SQSClient:
    return clients.sqs()


@cache
def events() -> EventBridgeClient:
    return clients.events()


@cache
def step_functions() -> SFNClient:
    return clients.step_functions()


@cache
def model_control() -> RekognitionClient:
    return clients.model_control()
