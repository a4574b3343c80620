"""Rectangles as columns: 4 x n arrays with the rows left, top, right and bottom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

OUTWARD = np.array([[-1.0], [-1.0], [1.0], [1.0]])
"""The direction in which each side leaves its rectangle."""


def shared(one: Floats, two: Floats) -> Floats:
    """Column by column what both have in common; turned inside out where that is nothing."""
    return np.concatenate((np.maximum(one[:2], two[:2]), np.minimum(one[2:], two[2:])))


def areas(sides: Floats) -> Floats:
    """0 for what is turned inside out."""
    size = np.maximum(sides[2:] - sides[:2], 0.0)
    return np.asarray(size[0] * size[1])


def ious(one: Floats, two: Floats) -> Floats:
    """Column by column intersection over union, 0 to 1."""
    both = areas(shared(one, two))
    return np.asarray(both / np.maximum(areas(one) + areas(two) - both, 1e-9))
