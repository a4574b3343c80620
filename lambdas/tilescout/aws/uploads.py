"""The documents bucket, listed a page at a time from where the last look ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tilescout import keys
from tilescout.messages import Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client


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
