"""Measures how high the lettering of a page is. Runs in the rendering child only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.rendering.layer_words import Annotation, LayerWord, layer_words
from tilescout.rendering.lettering import lettering
from tilescout.rendering.port import ShownPage
from tilescout.rendering.requests import LetteringHeight, MeasuredLettering
from tilescout.rendering.text_layer import MAX_PROBE_PIXELS, drawn_marks, read_text

MEASURING_DPI = 300
"""Capitals of 1 pt have 4 px: the height of a mark is known to a quarter and less."""
SMOOTHING_PX = 1.0
"""Antialiasing makes a mark so much higher: half a pixel on each side."""
MIN_LETTERS = 50
"""Fewer letters of ink tell less than the words of the layer do."""


def lettering_height(
    page: ShownPage, annotations: Sequence[Annotation], wanted: MeasuredLettering
) -> LetteringHeight:
    """Returns the height of the lettering in the drawn pixels.

    Where they show hardly any, as of filled or overprinted letters, the words of the text layer
    tell it, those under drawn strokes too. With ``wanted`` "outside-words" it is that of the
    lettering that the layer leaves out.
    """
    drawing = page.in_grey(_measuring_dpi(page))
    if wanted == "outside-words":
        return _height(_sharp(read_text(drawing, annotations).open_lettering), drawing.dpi)
    seen = _height(_sharp(lettering(drawn_marks(drawing))), drawing.dpi)
    named = _height(_with_capitals(layer_words(page.lines(), annotations)), POINTS_PER_INCH)
    return seen if seen.letters >= min(MIN_LETTERS, named.letters) else named


def _measuring_dpi(page: ShownPage) -> float:
    """Returns the dpi at which a page is measured; less for one that would be too large."""
    inches = page.width * page.height / page.dpi**2
    return min(MEASURING_DPI, math.sqrt(MAX_PROBE_PIXELS / inches))


def _sharp(boxes: Iterable[Box]) -> list[Box]:
    """Returns the boxes of marks (px) without the smoothing around them."""
    return [box.grow(-SMOOTHING_PX / 2, -SMOOTHING_PX / 2) for box in boxes]


def _with_capitals(words: Iterable[LayerWord]) -> list[Box]:
    """Returns the boxes of words that are as high as a capital."""
    return [word.box for word in words if any(map(_is_high, word.text))]


def _is_high(character: str) -> bool:
    return character.isupper() or character.isdigit()


def _height(boxes: Iterable[Box], dpi: float) -> LetteringHeight:
    heights = [height for box in boxes for height in _letters(box)]
    if not heights:
        return LetteringHeight()
    typical, small = np.percentile(heights, (50, 10)) * POINTS_PER_INCH / dpi
    return LetteringHeight(
        letters=len(heights), typical_pt=round(float(typical), 2), small_pt=round(float(small), 2)
    )


def _letters(box: Box) -> list[float]:
    """Returns the height of each letter of a row, as many as are about as wide as high."""
    height, length = sorted((box.width, box.height))
    return [height] * max(1, round(length / height)) if height > 0 else []
