"""Answers of detectors and detections: page pixels, confidence 0-100, pages from 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tilescout.geometry import Box

Direction = Literal["right", "up", "down", "left"]
Side = Literal["left", "top", "right", "bottom"]

TEXT_LAYER_TILE = -1
"""The tile index of the answer that is the PDF's own text, which beats any reading of pixels."""
UNREAD_LETTERING = "lettering"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word as a tile (or the PDF's own text layer) shows it.

    ``direction`` is the one in which its text runs; ``line`` numbers the line within one answer.
    """

    text: str
    confidence: float
    box: Box
    line: int
    direction: Direction = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSeen:
    """One labelled object as one tile shows it.

    ``angle`` (0 to 180 degrees, clockwise) is by how much its longer side is turned from level;
    None for a detector that does not tell. ``likeness`` (0 to 1) is that to the reference which
    names it; None for a detector that knows its labels.
    """

    label: str
    confidence: float
    box: Box
    angle: float | None = None
    likeness: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldSeen:
    """A place that resembles an object and is not given as one, with the reason in words.

    The label ``UNREAD_LETTERING`` is that of places that look like lettering and were not read.
    """

    label: str
    confidence: float
    box: Box
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a detector for one tile, in page pixels. ``calls`` counts billed requests.

    ``model_version`` is the ARN of the model version that answered; empty without a model.
    ``scale`` is the number of page pixels to one pixel of the tile's image. ``left_out`` counts
    lines of ink without the look of lettering that the detector did not answer. ``withheld`` are
    not among the ``objects``.
    """

    tile: int
    tile_box: Box
    words: tuple[Word, ...] = ()
    objects: tuple[ObjectSeen, ...] = ()
    calls: int = 1
    warnings: tuple[str, ...] = ()
    model_version: str = ""
    scale: float = 1.0
    left_out: int = 0
    withheld: tuple[WithheldSeen, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """A line of text after stitching; ``words`` in reading order."""

    text: str
    confidence: float
    box: Box
    words: tuple[Word, ...]
    tiles: tuple[int, ...]
    direction: Direction = "right"
    open_sides: tuple[Side, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """One thing found on a page after merging. ``tiles`` are the indices that saw it.

    ``text`` is what was read; ``corrections`` is the number of its characters that
    ``normalised_text`` has corrected to what a snippet's pattern wants. ``angle`` is that of
    `ObjectSeen`, on the page as it is shown.
    """

    page: int
    label: str
    confidence: float
    box: Box
    text: str = ""
    normalised_text: str = ""
    tiles: tuple[int, ...] = ()
    open_sides: tuple[Side, ...] = ()
    corrections: int = 0
    is_match: bool = False
    """True for an object or a snippet: such rows are in the label index, plain lines are not."""
    angle: float | None = None
