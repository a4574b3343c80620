"""The only place that makes AWS clients: for AWS itself, or for an embedded AWS."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tilescout.aws.clients import BILLED, CONTROL, STORAGE

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient


@dataclass(frozen=True)
class Clients:
    """Ordinary clients; with an ``endpoint_url`` they go to the embedded AWS there."""

    endpoint_url: str = ""
    region: str = ""

    @cached_property
    def _session(self) -> Any:
        if not self.endpoint_url:
            # The other SDKs and the CLI read AWS_REGION, boto3 alone does not.
            return boto3.Session(region_name=os.environ.get("AWS_REGION"))
        # The embedded AWS takes any key; the person's own are kept out of it.
        return boto3.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=self.region
        )

    def _options(self, config: Config = STORAGE) -> dict[str, Any]:
        return {"endpoint_url": self.endpoint_url or None, "config": config}

    def of(self, service: str) -> Any:
        """Returns a client for a service that only checks need."""
        return self._session.client(service, **self._options())

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        client: CloudFormationClient = self._session.client("cloudformation", **self._options())
        return client

    @cached_property
    def s3(self) -> S3Client:
        client: S3Client = self._session.client("s3", **self._options())
        return client

    @cached_property
    def sqs(self) -> SQSClient:
        client: SQSClient = self._session.client("sqs", **self._options())
        return client

    @cached_property
    def scheduler(self) -> EventBridgeSchedulerClient:
        client: EventBridgeSchedulerClient = self._session.client("scheduler", **self._options())
        return client

    @cached_property
    def step_functions(self) -> SFNClient:
        client: SFNClient = self._session.client("stepfunctions", **self._options())
        return client

    @cached_property
    def dynamodb(self) -> DynamoDBServiceResource:
        resource: DynamoDBServiceResource = self._session.resource("dynamodb", **self._options())
        return resource

    @cached_property
    def rekognition(self) -> RekognitionClient:
        """A client for reads, and for what costs nothing."""
        client: RekognitionClient = self._session.client("rekognition", **self._options())
        return client

    @cached_property
    def training(self) -> RekognitionClient:
        """A client for what is paid: each request is sent once."""
        client: RekognitionClient = self._session.client("rekognition", **self._options(BILLED))
        return client

    @cached_property
    def model_control(self) -> RekognitionClient:
        """A client for stopping a model: each request is sent once."""
        options = self._options(CONTROL)
        client: RekognitionClient = self._session.client("rekognition", **options)
        return client
