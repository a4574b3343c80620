"""Prices of detector calls and of the AWS services around them, and how prices are made.

``counted_requests`` is what the tests count of each request; ``price_table`` turns it into dollars.
"""

from __future__ import annotations

from tilescout.pricing.price_table import (
    DOCUMENT_GB_SECONDS,
    MAX_TRAINING_HOURS,
    MIN_TRAINING_HOURS,
    ONNX_GB,
    PAGE_GB_SECONDS,
    PRICES_AS_OF,
    PRICES_REGION,
    RENDERED_TILE_GB_SECONDS,
    TILE_GB_SECONDS,
    PriceTable,
)

__all__ = [
    "DOCUMENT_GB_SECONDS",
    "MAX_TRAINING_HOURS",
    "MIN_TRAINING_HOURS",
    "ONNX_GB",
    "PAGE_GB_SECONDS",
    "PRICES_AS_OF",
    "PRICES_REGION",
    "RENDERED_TILE_GB_SECONDS",
    "TILE_GB_SECONDS",
    "PriceTable",
]
