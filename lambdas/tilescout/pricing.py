"""What a call and its surroundings cost. US dollars, us-east-1, list prices of 2026-11.

No tiers, no free tier: a large account pays less. Every price can be overridden by ``prices`` in
``cdk.json``, as prices differ by region and change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from tilescout.errors import InvalidProfile
from tilescout.profiles import DetectorName, Profile

PRICES_AS_OF = "2026-11"
PRICES_REGION = "us-east-1"
SECONDS_PER_HOUR = 3600
ONNX_GB = 1769 / 1024
"""Memory of the function that asks ONNX models: with so much, Lambda gives it one whole core."""
SHORTEST_TRAINING_HOURS, LONGEST_TRAINING_HOURS = 0.5, 24.0
"""Of Custom Labels: "typically training takes from 30 minutes to 24 hours"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """US dollars for one of each; Lambda is arm64, DynamoDB is on demand."""

    textract_page: float = 0.0015
    detect_text_image: float = 0.001
    custom_labels_unit_hour: float = 4.0
    custom_labels_training_hour: float = 1.0
    lambda_request: float = 0.20e-6
    lambda_gb_second: float = 13.3334e-6
    step_functions_transition: float = 25e-6
    sqs_request: float = 0.40e-6
    s3_put: float = 5e-6
    s3_get: float = 0.4e-6
    dynamodb_write: float = 0.625e-6
    dynamodb_read: float = 0.125e-6

    def with_overrides(self, overrides: Mapping[str, float]) -> PriceTable:
        """This table with some prices replaced.

        Raises InvalidProfile for a name that is no price and for what is no amount of money.
        """
        known = [price.name for price in fields(self)]
        for name, price in overrides.items():
            if name not in known:
                raise InvalidProfile(
                    f"a price must be one of {', '.join(known)}; received {name!r}; "
                    "correct the name or remove it"
                )
            if not (math.isfinite(price) and price >= 0):
                raise InvalidProfile(
                    f"a price must be 0 or more US dollars; {name} is {price}; correct it"
                )
        return replace(self, **overrides)

    def call(self, detector: DetectorName) -> float:
        """Dollars of one call; 0 for a model, whose price is its time, and for local reading."""
        billed = {"textract": self.textract_page, "rekognition-text": self.detect_text_image}
        return billed.get(detector, 0.0)

    def tile_call(self, profile: Profile) -> float:
        """Dollars of one ask for a tile of the profile; of an ONNX model, its time in Lambda."""
        if profile.detector == "onnx":
            return profile.seconds_per_tile * ONNX_GB * self.lambda_gb_second
        return self.call(profile.detector)

    def model_time(self, units: int, seconds: float) -> float:
        """Dollars of a Custom Labels model with ``units`` inference units up for ``seconds``.

        Whether starting is billed is not documented: count from the call that starts it.
        """
        return self.custom_labels_unit_hour * units * seconds / SECONDS_PER_HOUR

    def tile(self) -> float:
        """Dollars around one tile, without its call: storing, sending, answering, merging."""
        return (
            self.s3_put
            + self.s3_get
            + 3 * self.sqs_request
            + 6 * self.dynamodb_write
            + 3 * self.dynamodb_read
            + self.lambda_request
            + 1.5 * self.lambda_gb_second
        )

    def page(self) -> float:
        """Dollars around one page, without its tiles: rendering, merging, detections."""
        return (
            6 * self.sqs_request
            + 50 * self.dynamodb_write
            + 10 * self.dynamodb_read
            + 2 * self.lambda_request
            + 6 * self.lambda_gb_second
        )

    def document(self) -> float:
        """Dollars around one document, without its pages: intake and its part of a run."""
        return (
            20 * self.step_functions_transition
            + 3 * self.sqs_request
            + 20 * self.dynamodb_write
            + 2 * self.s3_put
            + 20 * (self.lambda_request + self.lambda_gb_second)
        )
