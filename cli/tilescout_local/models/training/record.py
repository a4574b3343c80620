"""The facts of the training of a model version that DescribeProjectVersions tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Amazon Rekognition pricing, Custom Labels: one hour of training.
USD_PER_HOUR = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Location:
    """An object in S3, or a prefix of objects."""

    bucket: str
    key: str

    def under(self, name: str) -> S3Location:
        """Returns the object ``name`` below this prefix."""
        prefix = f"{self.key.rstrip('/')}/" if self.key else ""
        return S3Location(bucket=self.bucket, key=prefix + name)

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def to_json(self) -> dict[str, Any]:
        return {"S3Object": {"Bucket": self.bucket, "Name": self.key}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of a completed training: ``f1`` is 0 to 1; ``train`` and ``test`` are
    manifests."""

    f1: float
    summary: S3Location
    manifest_summary: S3Location
    train: S3Location
    test: S3Location


@dataclass(slots=True, kw_only=True)
class Training:
    """A training, with times in seconds since the epoch and ``billable`` seconds once it is
    complete.

    ``iterations`` is the largest number of iterations to do.
    """

    output: S3Location
    begun_at: float
    iterations: int
    tags: Mapping[str, str] = field(default_factory=dict)
    ended_at: float | None = None
    billable: float = 0.0
    outcome: Outcome | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the members of a ProjectVersionDescription."""
        config = {"S3Bucket": self.output.bucket, "S3KeyPrefix": self.output.key}
        ended = {} if self.ended_at is None else {
            "TrainingEndTimestamp": self.ended_at,
            "BillableTrainingTimeInSeconds": round(self.billable),
        }  # fmt: skip
        return {"OutputConfig": config, **ended, **_shown(self.outcome)}


def _shown(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {}
    train, test = ({"Assets": [{"GroundTruthManifest": manifest.to_json()}]}
                   for manifest in (outcome.train, outcome.test))  # fmt: skip
    return {
        "EvaluationResult": {"F1Score": outcome.f1, "Summary": outcome.summary.to_json()},
        "ManifestSummary": outcome.manifest_summary.to_json(),
        "TrainingDataResult": {"Output": train},
        "TestingDataResult": {"Output": test},
    }
