"""The tables, buckets and clients for the end of a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """All that finalization, result file and cleanup of a document read or write."""

    documents: Table
    ledger: Table
    detections: Table
    s3: S3Client
    events: EventBridgeClient
    tiles_bucket: str
    results_bucket: str
