"""Uploads whose event was lost: the documents bucket listed, and the event sent again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tilescout import keys, messages
from tilescout.aws.tables import document_table
from tilescout.messages import Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


def next_page(
    s3: S3Client,
    ledger: Table,
    bucket: str,
    prefix: str,
    before: int,
    has_time: Callable[[], bool],
) -> Iterator[Upload]:
    """Latest versions written before the time given, of the next thousand keys; then round again.

    The cursor moves only past what has been worked through.
    """
    cursor: dict[str, Any] = ledger.get_item(Key=keys.SWEEP_CURSOR).get("Item", {})
    markers = {name: cursor[name] for name in ("KeyMarker", "VersionIdMarker") if name in cursor}
    listed = s3.list_object_versions(Bucket=bucket, Prefix=prefix, **markers)
    following: dict[str, str | None] = {
        "KeyMarker": listed.get("NextKeyMarker"),
        "VersionIdMarker": listed.get("NextVersionIdMarker"),
    }
    done = cursor.get("KeyMarker")
    for version in listed.get("Versions", []):
        if not has_time():
            following = {"KeyMarker": done}
            break
        if version["IsLatest"] and version["LastModified"].timestamp() < before:
            yield Upload(bucket, version["Key"], version["VersionId"])
        done = version["Key"]
    ledger.put_item(
        Item=keys.SWEEP_CURSOR | {name: value for name, value in following.items() if value}
    )


def versions(s3: S3Client, bucket: str, key: str, most: int = 100) -> list[str]:
    """The key's versions that are there, newest first; at most so many."""
    # Longer keys that begin with this one come after it.
    listed = s3.list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=most)
    return [each["VersionId"] for each in listed.get("Versions", []) if each["Key"] == key]


def every(s3: S3Client, bucket: str, prefix: str) -> Iterator[Upload]:
    """The latest version of every object; what was deleted has none."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for version in page.get("Versions", []):
            if version["IsLatest"]:
                yield Upload(bucket, version["Key"], version["VersionId"])


def without_record(documents: Table, listed: Iterable[Upload]) -> Iterator[Upload]:
    """Those that no document was made of."""
    for upload in listed:
        known = keys.document_id(upload.bucket, upload.key, upload.version_id)
        if document_table.get(documents, known) is None:
            yield upload


def announce(sqs: SQSClient, queue_url: str, upload: Upload) -> None:
    """Send the event that S3 should have sent; twice is as good as once."""
    sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(messages.upload_event(upload)))
