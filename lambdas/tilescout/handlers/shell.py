"""What every handler shares: its logger, the clock, and tables opened once a warm process."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from tilescout.aws import clients

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource, Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


def now() -> int:
    """Seconds since the epoch."""
    return int(time.time())


@cache
def _dynamodb() -> DynamoDBServiceResource:
    return clients.dynamodb()


@cache
def table(name: str) -> Table:
    return _dynamodb().Table(name)


@cache
def s3() -> S3Client:
    return clients.s3()


@cache
def sqs() -> SQSClient:
    return clients.sqs()


@cache
def events() -> EventBridgeClient:
    return clients.events()
