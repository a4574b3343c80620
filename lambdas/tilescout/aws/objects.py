"""Objects in the documents, tiles and results buckets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DELETE_BATCH = 1000
GONE = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound"})


@dataclass(frozen=True, slots=True)
class Head:
    """What an object says of itself; ``metadata`` is the customer's own."""

    version_id: str
    size: int
    metadata: dict[str, str]


def head(s3: S3Client, bucket: str, key: str, version_id: str = "") -> Head | None:
    """None where the object or its version is gone."""
    request = {"Bucket": bucket, "Key": key} | ({"VersionId": version_id} if version_id else {})
    try:
        answer = s3.head_object(**request)  # type: ignore[arg-type]
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise
    return Head(
        answer.get("VersionId") or version_id or answer["ETag"].strip('"'),
        answer["ContentLength"],
        answer["Metadata"],
    )


def download(s3: S3Client, bucket: str, key: str, version_id: str, path: Path) -> bool:
    """Fetch one version to ``path``; False where it is gone. Never leaves half a file."""
    partial = path.with_suffix(".partial")
    try:
        s3.download_file(bucket, key, str(partial), ExtraArgs={"VersionId": version_id})
    except ClientError as error:
        partial.unlink(missing_ok=True)
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
    partial.rename(path)
    return True


def read(s3: S3Client, bucket: str, key: str) -> bytes | None:
    """None where the object is gone."""
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise


def write(s3: S3Client, bucket: str, key: str, body: bytes, content_type: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def delete(s3: S3Client, bucket: str, object_keys: list[str]) -> None:
    for start in range(0, len(object_keys), DELETE_BATCH):
        batch = object_keys[start : start + DELETE_BATCH]
        s3.delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
        )
