"""The pixels of tiles, kept once they are decoded."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tilescout.detectors.onnx.answers import whitened
from tilescout.detectors.onnx.model import decoded

CACHED_TILES = 1500

Place = tuple[int, float, float]
"""A tile's number and a point in its pixels."""


@lru_cache(maxsize=CACHED_TILES)
def pixels_of(file: Path) -> NDArray[np.uint8]:
    """The grey pixels of a tile."""
    return decoded(file.read_bytes())


@lru_cache(maxsize=CACHED_TILES)
def white_pixels_of(file: Path) -> NDArray[np.uint8]:
    """Returns the grey pixels of a tile whose paper was made white."""
    return whitened(decoded(file.read_bytes()))
