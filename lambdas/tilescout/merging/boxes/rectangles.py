"""Rectangles as the columns of 4 x n arrays with the rows left, top, right and bottom.

The merge is several times faster over columns than over the n x 4 rows of ``neighbours``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

OUTWARD = np.array([[-1.0], [-1.0], [1.0], [1.0]])
"""The direction in which each side leaves its rectangle."""


def intersections(one: Floats, two: Floats) -> Floats:
    """Returns the intersection of each pair of columns; its sides are swapped where it is empty."""
    return np.concatenate((np.maximum(one[:2], two[:2]), np.minimum(one[2:], two[2:])))


def areas(sides: Floats) -> Floats:
    """Returns the area of each column; 0 where its sides are swapped."""
    size = np.maximum(sides[2:] - sides[:2], 0.0)
    return np.asarray(size[0] * size[1])


def ious(one: Floats, two: Floats) -> Floats:
    """Returns the intersection over union, 0 to 1, of each pair of columns."""
    both = areas(intersections(one, two))
    return np.asarray(both / np.maximum(areas(one) + areas(two) - both, 1e-9))
