"""What is known of the training of a model version, as DescribeProjectVersions tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Amazon Rekognition pricing, Custom Labels: an hour of training.
USD_PER_HOUR = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An object in S3, or all under a prefix."""

    bucket: str
    key: str

    def under(self, name: str) -> Place:
        """The object ``name`` below this prefix."""
        prefix = f"{self.key.rstrip('/')}/" if self.key else ""
        return Place(bucket=self.bucket, key=prefix + name)

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def shown(self) -> dict[str, Any]:
        return {"S3Object": {"Bucket": self.bucket, "Name": self.key}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Of a training that was completed: ``f1`` 0 to 1; ``train`` and ``test`` are manifests."""

    f1: float
    summary: Place
    manifest_summary: Place
    train: Place
    test: Place


@dataclass(slots=True, kw_only=True)
class Training:
    """Times in seconds since the epoch; ``billable`` seconds once it was completed.

    ``iterations`` are all that are to be done at most.
    """

    output: Place
    begun_at: float
    iterations: int
    tags: Mapping[str, str] = field(default_factory=dict)
    ended_at: float | None = None
    billable: float = 0.0
    outcome: Outcome | None = None

    def shown(self) -> dict[str, Any]:
        """Members of a ProjectVersionDescription."""
        config = {"S3Bucket": self.output.bucket, "S3KeyPrefix": self.output.key}
        ended = {} if self.ended_at is None else {
            "TrainingEndTimestamp": self.ended_at,
            "BillableTrainingTimeInSeconds": round(self.billable),
        }  # fmt: skip
        return {"OutputConfig": config, **ended, **_shown(self.outcome)}


def _shown(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {}
    train, test = ({"Assets": [{"GroundTruthManifest": each.shown()}]}
                   for each in (outcome.train, outcome.test))  # fmt: skip
    return {
        "EvaluationResult": {"F1Score": outcome.f1, "Summary": outcome.summary.shown()},
        "ManifestSummary": outcome.manifest_summary.shown(),
        "TrainingDataResult": {"Output": train},
        "TestingDataResult": {"Output": test},
    }
