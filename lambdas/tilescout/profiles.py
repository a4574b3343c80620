"""A profile: how one kind of document is processed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tilescout.detector_kinds import (
    DEFAULT_ALPHABET,
    KINDS,
    AlphabetName,
    DetectorKind,
    DetectorName,
)

TextLayer = Literal["off", "first"]
Correct = Literal["look-alikes", "none"]
Colour = Literal["grey", "rgb"]
RendererName = Literal["pymupdf", "pdfium"]
"""The libraries that draw pages; one process loads one of them."""
SecondScale = float | Literal["page"]
"""A ratio of the profile's dpi below 1, the whole page in one tile, or 0 for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """A snippet to look for in the stitched text.

    ``pattern`` is a regular expression, matched whole-word and forgiving O/0 and I/1;
    ``max_edits`` further edits are allowed; ``lines`` stacked lines are joined by a space or a
    hyphen.
    ``correct`` "none" takes only what was read as the pattern says.
    """

    label: str
    pattern: str
    max_edits: int = 0
    lines: int = 1
    correct: Correct = "look-alikes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of the page as ratios 0 to 1 of its shown size."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWhen:
    """The condition on which a start of the model is worth its price.

    Enough open tiles are waiting, or the oldest document has waited long enough.
    """

    tiles: int = 1
    oldest_minutes: int = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Settings of one profile; sizes in pixels at ``dpi``, money in US dollars.

    ``text_layer`` "first" reads the text of the PDF itself and sends only tiles that show
    lettering outside of it to the detector. ``min_confidence`` is 0 to 100 by label, "*" for the
    rest.
    ``alphabet`` names the characters that a reader of drawn text may answer.
    ``second_scale`` has the page tiled once more, coarser, for things larger than a tile.
    With a ``max_dpi`` above ``dpi`` each page gets the dpi between them that its lettering needs,
    within ``max_tiles_per_page``.

    ``exclude_regions`` names parts of the sheet, such as its legend, that nothing is kept of.

    A model that must be started has these: ``start_minutes`` bounds its start,
    ``tiles_per_second_per_unit`` holds until a run has measured it, and ``use_running_model`` lets
    a run use a model that somebody else started (and never stop it).

    ``seconds_per_tile`` is the time of the function for one tile, for detectors that are paid by
    it. With ``reuse`` a tile that looks exactly like one before takes the answer of that one.
    """

    name: str
    detector: DetectorName
    dpi: int
    tile_size: int
    overlap: int
    max_dpi: int = 0
    max_tiles_per_page: int = 100
    colour: Colour = "grey"
    alphabet: AlphabetName = DEFAULT_ALPHABET
    second_scale: SecondScale = 0.0
    text_layer: TextLayer = "off"
    find: tuple[Find, ...] = ()
    labels: tuple[str, ...] = ()
    min_confidence: dict[str, float] = field(default_factory=dict)
    include: tuple[Region, ...] = ()
    exclude: tuple[Region, ...] = ()
    exclude_regions: tuple[str, ...] = ()
    max_pages: int = 10_000
    max_tiles_per_document: int = 100_000
    budget_usd: float = 25.0
    deadline_minutes: int = 60
    model_project: str = ""
    max_inference_units: int = 2
    tiles_per_second_per_unit: float = 1.0
    start_minutes: int = 40
    start_when: StartWhen = field(default_factory=StartWhen)
    use_running_model: bool = False
    seconds_per_tile: float = 0.25
    reuse: bool = True

    @property
    def model(self) -> str:
        """The name of the lease: the model project, or the detector where there is none."""
        return self.model_project or self.detector

    @property
    def kind(self) -> DetectorKind:
        """The facts about the profile's detector."""
        return KINDS[self.detector]

    @property
    def has_auto_dpi(self) -> bool:
        """True where the lettering of a page decides at which dpi it is rendered."""
        return self.max_dpi > self.dpi and self.kind.reads_pixels

    def may_render_at(self, dpi: int) -> bool:
        """Tells if a page of this profile may be rendered at ``dpi``."""
        return dpi == self.dpi or (self.has_auto_dpi and self.dpi < dpi <= self.max_dpi)

    @property
    def needs_model(self) -> bool:
        """True where a model must be started, and is paid by the hour, before a tile is sent."""
        return self.kind.needs_start

    @property
    def needs_version(self) -> bool:
        """True where a version of a model must be in use before a tile is sent."""
        return self.kind.needs_version

    def confidence_floor(self, label: str) -> float:
        """The smallest confidence (0-100) kept for ``label``."""
        return self.min_confidence.get(label, self.min_confidence.get("*", 0.0))
