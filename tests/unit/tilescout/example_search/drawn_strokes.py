"""Pages of strokes for the tests of the search by example: symbols placed where a test wants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tilescout.geometry import Box
from tilescout.rendering.page_strokes import Floats, PageStrokes, PageWord, Style

BLACK = Style("stroke", (0.0, 0.0, 0.0), 1.0)
RED = Style("stroke", (1.0, 0.0, 0.0), 1.0)
VALVE = np.array(
    [[-10, -6, -10, 6], [10, -6, 10, 6], [-10, -6, 10, 6], [-10, 6, 10, -6], [0, 0, 0, -12],
     [-5, -12, 5, -12]],
    float,
)  # fmt: skip
"""Two triangles that meet, with a stem and a handle: 20 by 18 pt round its centre."""
VALVE_BOX = Box(-10.5, -12.5, 10.5, 6.5)
PUMP = np.array(
    [[-8, -8, 8, -8], [8, -8, 8, 8], [8, 8, -8, 8], [-8, 8, -8, -8], [-8, 0, 8, 0]], float
)
QUARTER = np.array([[0.0, 1.0], [-1.0, 0.0]])
MIRROR = np.array([[-1.0, 0.0], [0.0, 1.0]])


def placed(
    symbol: Floats, x: float, y: float, *, turns: int = 0, mirrored: bool = False, scale: float = 1
) -> Floats:
    """Returns the symbol's segments with its centre at x, y."""
    matrix = scale * np.linalg.matrix_power(QUARTER, turns)
    if mirrored:
        matrix = MIRROR @ matrix
    return (symbol.reshape(-1, 2) @ matrix + [x, y]).reshape(-1, 4)


def page_of(parts: Sequence[Floats], styles: Sequence[Style] | None = None) -> PageStrokes:
    """Returns a page of 600 by 400 pt with the parts, each in its style."""
    segments = np.concatenate(list(parts))
    given = list(styles or [BLACK] * len(parts))
    kinds = list(dict.fromkeys(given))
    ids = np.concatenate(
        [np.full(len(part), kinds.index(style)) for part, style in zip(parts, given, strict=True)]
    )
    return PageStrokes(
        segments=segments,
        style_ids=ids,
        styles=tuple(kinds),
        corners=np.ones((len(segments), 2), bool),
        width=600,
        height=400,
    )


def word_at(text: str, x: float, y: float) -> PageWord:
    """Returns a small word with its centre at x, y."""
    return PageWord(text, Box(x - 2, y - 3, x + 2, y + 3))


def box_at(x: float, y: float) -> Box:
    """Returns the box that a person would draw round an upright valve."""
    return VALVE_BOX.shift(x, y)
