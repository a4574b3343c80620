"""Objects in S3: the documents, tiles and results buckets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tilescout.errors import UnreadableDocument

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DELETE_BATCH = 1000
PART = 32 * 1024 * 1024
IN_PARTS = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False)
GONE = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NotFound"})
REFUSALS = {400: "Bad Request", 403: "Forbidden"}
TRANSIENT = frozenset(
    {
        "ExpiredToken",
        "KMS.ThrottlingException",
        "RequestTimeout",
        "RequestTimeTooSkewed",
        "Throttling",
        "ThrottlingException",
    }
)
"""Error codes of 400 and 403 that say nothing about the object, and may pass."""


@dataclass(frozen=True, slots=True)
class Head:
    """The headers of an object; ``metadata`` is the customer's own."""

    version_id: str
    size: int
    metadata: dict[str, str]
    uploaded_at: int = 0


@contextmanager
def refusals_as_unreadable() -> Iterator[None]:
    """Raises UnreadableDocument where S3 refuses to let this object be read: 400 or 403."""
    try:
        yield
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        code = error.response["Error"]["Code"]
        if status not in REFUSALS or code in TRANSIENT:
            raise
        raise UnreadableDocument(
            f"the function may not read the object ({status} {REFUSALS[status]}); grant it "
            "s3:GetObject and the right to its key, or upload without a customer key"
        ) from error


def head(s3: S3Client, bucket: str, key: str, version_id: str = "") -> Head | None:
    """Returns the object's headers, or None where the object or its version is gone."""
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
        int(answer["LastModified"].timestamp()),
    )


def download(s3: S3Client, bucket: str, key: str, version_id: str, path: Path) -> bool:
    """Fetches one version to ``path``, whole or not at all; returns False where it is gone."""
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
    """Returns the object's content, or None where it is gone."""
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise


def write(s3: S3Client, bucket: str, key: str, body: bytes, content_type: str) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type)


def write_file(s3: S3Client, bucket: str, key: str, file: IO[bytes], content_type: str) -> None:
    """Stores a file from its current position on, a large one in parts with their own retries."""
    s3.upload_fileobj(file, bucket, key, ExtraArgs={"ContentType": content_type}, Config=IN_PARTS)


def delete(s3: S3Client, bucket: str, object_keys: list[str]) -> None:
    for start in range(0, len(object_keys), DELETE_BATCH):
        batch = object_keys[start : start + DELETE_BATCH]
        s3.delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
        )


def names(s3: S3Client, bucket: str, prefix: str) -> Iterator[str]:
    """Yields the keys of all objects under the prefix."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (entry["Key"] for entry in page.get("Contents", []))
