"""Uploads in the documents bucket, and the events of those that were lost."""

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
    from mypy_boto3_s3.type_defs import ObjectVersionTypeDef
    from mypy_boto3_sqs import SQSClient


def next_page(
    s3: S3Client,
    ledger: Table,
    bucket: str,
    prefix: str,
    before: int,
    has_time: Callable[[], bool],
) -> Iterator[Upload]:
    """Yields latest versions written before ``before``, of the next thousand keys.

    After the last key it begins anew. The cursor moves only past what has been worked through.
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
        if _is_upload(version) and version["LastModified"].timestamp() < before:
            yield Upload(bucket, version["Key"], version["VersionId"])
        done = version["Key"]
    ledger.put_item(
        Item=keys.SWEEP_CURSOR | {name: value for name, value in following.items() if value}
    )


def _is_upload(version: ObjectVersionTypeDef) -> bool:
    return version["IsLatest"] and not keys.is_folder(version["Key"], version["Size"])


def versions(s3: S3Client, bucket: str, key: str, limit: int = 100) -> list[str]:
    """Returns the versions of the key that exist, newest first, at most ``limit``."""
    # Longer keys that begin with this one come after it.
    listed = s3.list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=limit)
    return [entry["VersionId"] for entry in listed.get("Versions", []) if entry["Key"] == key]


def all_latest(s3: S3Client, bucket: str, prefix: str) -> Iterator[Upload]:
    """Yields the latest version of every object that was not deleted."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        for version in page.get("Versions", []):
            if _is_upload(version):
                yield Upload(bucket, version["Key"], version["VersionId"])


def without_record(documents: Table, listed: Iterable[Upload]) -> Iterator[Upload]:
    """Yields the uploads of which no document was made."""
    for upload in listed:
        known = keys.document_id(upload.bucket, upload.key, upload.version_id)
        if document_table.get(documents, known) is None:
            yield upload


def announce(sqs: SQSClient, queue_url: str, upload: Upload) -> None:
    """Sends the event that S3 should have sent; sending it twice does no harm."""
    sqs.send_message(QueueUrl=queue_url, MessageBody=json.dumps(messages.upload_event(upload)))
