"""Prices of detector calls and of the AWS services around them, in US dollars.

These are list prices of us-east-1 of 2026-11, without tiers: a large account pays less. Prices
differ by region and change, so ``prices`` in ``cdk.json`` overrides any of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from tilescout.detector_kinds import CALL_PRICES, CUSTOM_LABELS_UNIT_HOUR, KINDS, DetectorName
from tilescout.errors import InvalidProfile
from tilescout.pricing.counted_requests import COUNTS
from tilescout.profiles import Profile

PRICES_AS_OF = "2026-11"
PRICES_REGION = "us-east-1"
SECONDS_PER_HOUR = 3600
ONNX_GB = 1769 / 1024
"""Memory of the function that runs ONNX models; Lambda gives it one whole core for that."""
RENDERED_TILE_GB_SECONDS = 0.5
"""The time to cut a tile and to merge it. The times of functions are assumed, not counted."""
TILE_GB_SECONDS = RENDERED_TILE_GB_SECONDS + 1.0
"""The time of a tile with the wait for a service: two seconds of a function of half a GB."""
PAGE_GB_SECONDS = 6.0
DOCUMENT_GB_SECONDS = 20.0
MIN_TRAINING_HOURS, MAX_TRAINING_HOURS = 0.5, 24.0
"""Custom Labels documents "typically training takes from 30 minutes to 24 hours"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTable:
    """The price of one unit of each service, in US dollars; Lambda is arm64, DynamoDB is on demand.

    ``calls`` has the price of one call to a detector by the name of the price.
    """

    calls: Mapping[str, float] = field(default_factory=lambda: dict(CALL_PRICES))
    custom_labels_unit_hour: float = CUSTOM_LABELS_UNIT_HOUR
    custom_labels_training_hour: float = 1.0
    lambda_request: float = 0.20e-6
    lambda_gb_second: float = 13.3334e-6
    step_functions_transition: float = 25e-6
    sqs_request: float = 0.40e-6
    eventbridge_event: float = 1e-6
    s3_put: float = 5e-6
    s3_get: float = 0.4e-6
    dynamodb_write: float = 0.625e-6
    dynamodb_read: float = 0.125e-6

    def by_name(self) -> dict[str, float]:
        """Returns every price by the name that ``prices`` in ``cdk.json`` has for it."""
        others = {price_field.name: getattr(self, price_field.name) for price_field in fields(self)}
        del others["calls"]
        return {**self.calls, **others}

    def with_overrides(self, overrides: Mapping[str, float]) -> PriceTable:
        """Returns this table with some prices replaced.

        Raises InvalidProfile for an unknown price name and for a price that is negative or not
        finite.
        """
        known = self.by_name()
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
        others = {name: price for name, price in overrides.items() if name not in self.calls}
        calls = {name: overrides.get(name, price) for name, price in self.calls.items()}
        return replace(self, calls=calls, **others)

    def call(self, detector: DetectorName) -> float:
        """Returns the dollars of one call; 0 where calls are not billed."""
        price = KINDS[detector].call_price
        return self.calls[price.name] if price else 0.0

    def tile_call(self, profile: Profile) -> float:
        """Returns the dollars of one request for a tile: a call, or the function's time."""
        if profile.kind.is_paid_by_lambda_seconds:
            return profile.seconds_per_tile * ONNX_GB * self.lambda_gb_second
        return self.call(profile.detector)

    def model_time(self, units: int, seconds: float) -> float:
        """Returns the dollars of a Custom Labels model with ``units`` units up for ``seconds``.

        AWS does not document if starting is billed: count from the call that starts it.
        """
        return self.custom_labels_unit_hour * units * seconds / SECONDS_PER_HOUR

    def budgeted_call(self, profile: Profile) -> float:
        """Returns the dollars that one call takes of a budget.

        Where nothing but AWS's services around a tile is paid, that is all of what a tile costs.
        """
        if profile.kind.is_paid_by_lambda_seconds:
            return self.tile_call(profile) + self.tile(profile.detector)
        return self.tile_call(profile)

    def tile(self, detector: DetectorName) -> float:
        """Returns the dollars around one tile, without its call: storage, queues and functions."""
        waits = KINDS[detector].service
        seconds = TILE_GB_SECONDS if waits else RENDERED_TILE_GB_SECONDS
        return self._counted(detector, "tile") + seconds * self.lambda_gb_second

    def page(self, detector: DetectorName) -> float:
        """Returns the dollars around one page, without its tiles: to render, merge and store it."""
        return self._counted(detector, "page") + PAGE_GB_SECONDS * self.lambda_gb_second

    def document(self, detector: DetectorName) -> float:
        """Returns the dollars around one document, without its pages: intake, and a run alone."""
        return self._counted(detector, "document") + DOCUMENT_GB_SECONDS * self.lambda_gb_second

    def detection(self, detector: DetectorName) -> float:
        """Returns the dollars to store one detection, with its copies in the indexes."""
        return self._counted(detector, "detection")

    def _counted(self, detector: DetectorName, part: str) -> float:
        """Returns the dollars of what was counted; a new detector costs what the dearest does."""
        counted = [COUNTS[detector]] if detector in COUNTS else COUNTS.values()
        prices = self.by_name()
        return max(
            sum(prices[name] * count for name, count in counts[part].items()) for counts in counted
        )
