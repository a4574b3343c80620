"""What a detector of labels gives, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FoundLabel:
    """A label with its confidence (0 to 100) and its box in pixels: left, top, right, bottom."""

    name: str
    confidence: float
    box: tuple[float, float, float, float]


Detect = Callable[[bytes, Path], list[FoundLabel]]
"""From an encoded image, by the model in the file."""
