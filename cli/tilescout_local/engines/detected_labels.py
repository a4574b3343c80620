"""The type of a detected label, and of the functions that detect labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DetectedLabel:
    """A label with its confidence (0 to 100) and its box in pixels (left, top, right, bottom)."""

    name: str
    confidence: float
    box: tuple[float, float, float, float]


Detect = Callable[[bytes, Path], list[DetectedLabel]]
"""A function from an encoded image and the file of a model to the labels that it detects."""
