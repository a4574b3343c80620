"""A profile: how one kind of document is processed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

DetectorName = Literal["custom-labels", "textract", "rekognition-text", "pdf-text", "onnx"]
TextLayer = Literal["off", "first"]
Colour = Literal["grey", "rgb"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A snippet to look for in the stitched text.

    ``pattern`` is a regular expression, matched whole-word and forgiving O/0 and I/1;
    ``max_edits`` further edits are allowed; ``lines`` stacked lines are joined by a space.
    """

    label: str
    pattern: str
    max_edits: int = 0
    lines: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of the page as ratios 0 to 1 of its shown size."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Settings of one profile; sizes in pixels at ``dpi``, money in US dollars.

    ``text_layer`` "first" reads visible text of the PDF itself and sends only pages
    without it to the detector. ``min_confidence`` is 0 to 100 by label, "*" for the rest.
    """

    name: str
    detector: DetectorName
    dpi: int
    tile_size: int
    overlap: int
    colour: Colour = "grey"
    text_layer: TextLayer = "off"
    find: tuple[Find, ...] = ()
    labels: tuple[str, ...] = ()
    min_confidence: dict[str, float] = field(default_factory=dict)
    include: tuple[Region, ...] = ()
    exclude: tuple[Region, ...] = ()
    max_pages: int = 10_000
    max_tiles_per_document: int = 100_000
    budget_usd: float = 25.0
    deadline_minutes: int = 60
    model_project: str = ""

    @property
    def model(self) -> str:
        """Name of the lease: the model project, or the detector where no model is started."""
        return self.model_project or self.detector

    def confidence_floor(self, label: str) -> float:
        """The smallest confidence (0-100) kept for ``label``."""
        return self.min_confidence.get(label, self.min_confidence.get("*", 0.0))
