"""What a detector of labels gives, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoundLabel:
    """A label with its confidence (0 to 100) and its box in pixels: left, top, right, bottom."""

    name: str
    confidence: float
    box: tuple[float, float, float, float]


Detect = Callable[[bytes], list[FoundLabel]]
"""From an encoded image."""
