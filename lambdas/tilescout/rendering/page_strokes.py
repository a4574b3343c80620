"""The strokes of a page: every path that is painted, as straight segments; and its words."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tilescout.geometry import Box

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MIN_SEGMENTS = 20
"""A page with fewer strokes is a scan, or empty."""
MAX_IMAGE_SHARE = 0.5
"""Share of a page that images may cover before it is a scan, whatever is drawn over them."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a path is painted; colours are 0 to 1, ``width`` is in points and 0 for fills."""

    kind: Literal["stroke", "fill"]
    colour: tuple[float, ...]
    width: float

    def is_like(self, other: Style) -> bool:
        """Returns whether both look the same on paper; widths may differ by 30 %."""
        same_paint = self.kind == other.kind and self.colour == other.colour
        return same_paint and abs(self.width - other.width) <= 0.3 * max(other.width, 0.1) + 0.01


@dataclass(frozen=True, slots=True)
class PageWord:
    """A word of text set in a font; its box is in points of the page as it is shown."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStrokes:
    """Straight segments of a page of ``width`` x ``height`` points.

    ``segments`` is n x 4 (x0, y0, x1, y1); ``style_ids`` has an index into ``styles`` per segment;
    ``corners`` is n x 2 and tells which ends are ends of a drawn line or curve, and not just
    points in between that a curve was divided at. ``image_share`` is the share of the page that
    its largest image covers, from 0 to 1.
    """

    segments: Floats
    style_ids: Integers
    styles: tuple[Style, ...]
    corners: Flags
    width: float
    height: float
    words: tuple[PageWord, ...] = ()
    image_share: float = 0.0

    def resized(self, factor: float) -> PageStrokes:
        """Returns the page with everything ``factor`` times as large, but for widths of lines."""
        if factor == 1:
            return self
        words = tuple(PageWord(word.text, word.box.scale(factor)) for word in self.words)
        return replace(
            self,
            segments=self.segments * factor,
            width=self.width * factor,
            height=self.height * factor,
            words=words,
        )

    @property
    def is_scan(self) -> bool:
        """True where the strokes do not stand for the page: a scan, or nearly empty."""
        return len(self.segments) < MIN_SEGMENTS or self.image_share > MAX_IMAGE_SHARE


def no_strokes(width: float, height: float) -> PageStrokes:
    """Returns those of a scan of ``width`` x ``height`` points, which has none."""
    return PageStrokes(
        segments=np.empty((0, 4)),
        style_ids=np.empty(0, np.int64),
        styles=(),
        corners=np.empty((0, 2), bool),
        width=width,
        height=height,
        image_share=1.0,
    )


def to_archive(strokes: PageStrokes) -> bytes:
    """Returns the strokes as a compressed archive of arrays, which `from_archive` reads."""
    facts = {
        "styles": [asdict(style) for style in strokes.styles],
        "words": [(word.text, *astuple(word.box)) for word in strokes.words],
        "width": strokes.width,
        "height": strokes.height,
        "image_share": strokes.image_share,
    }
    file = io.BytesIO()
    np.savez_compressed(
        file,
        segments=strokes.segments,
        style_ids=strokes.style_ids,
        corners=strokes.corners,
        facts=np.frombuffer(json.dumps(facts).encode(), np.uint8),
    )
    return file.getvalue()


def from_archive(body: bytes) -> PageStrokes:
    """Returns the strokes of an archive."""
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        facts = json.loads(arrays["facts"].tobytes())
        return PageStrokes(
            segments=arrays["segments"],
            style_ids=arrays["style_ids"],
            corners=arrays["corners"],
            styles=tuple(_style(style) for style in facts.pop("styles")),
            words=tuple(PageWord(text, Box(*sides)) for text, *sides in facts.pop("words")),
            **facts,
        )


def _style(facts: Mapping[str, Any]) -> Style:
    return Style(**{**facts, "colour": tuple(facts["colour"])})
