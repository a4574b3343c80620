"""ONNX models in the models bucket: each version is two objects that never change."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tilescout import keys
from tilescout.aws import objects
from tilescout.detectors.onnx.cards import OnnxCard, card_to_json

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def store(s3: S3Client, bucket: str, project: str, name: str, file: bytes, card: OnnxCard) -> str:
    """Puts a version of an ONNX model and returns its identifier."""
    return store_file(s3, bucket, (project, name), file, card_to_json(card))


def store_file(
    s3: S3Client, bucket: str, version_of: tuple[str, str], file: bytes, card: str
) -> str:
    """Puts a version of a project under a name, and returns its identifier.

    The same file and card give the same identifier once more.

    A version that is there is written again, for that mends a damaged one. The card goes last: a
    version without one was never finished.
    """
    body = card.encode()
    digest = keys.model_digest(hashlib.sha256(file).hexdigest(), body)
    version = keys.model_version(*version_of, digest)
    model_key, card_key = keys.model_objects(version)
    objects.write(s3, bucket, model_key, file, "application/octet-stream")
    objects.write(s3, bucket, card_key, body, "application/json")
    return version


def read(s3: S3Client, bucket: str, version: str) -> tuple[bytes, str] | None:
    """Returns the file and the card of a version; None where one of them is gone."""
    file, card = (objects.read(s3, bucket, key) for key in keys.model_objects(version))
    return None if file is None or card is None else (file, card.decode())


def versions(s3: S3Client, bucket: str, project: str) -> list[str]:
    """Returns the identifiers of all versions that are there whole."""
    names = set(objects.names(s3, bucket, keys.model_versions(project)))
    found = {name.rpartition(".")[0] for name in names}
    return sorted(version for version in found if names.issuperset(keys.model_objects(version)))
