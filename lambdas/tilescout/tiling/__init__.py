"""Divides a page into equal overlapping tiles that cover it."""

from __future__ import annotations

from tilescout.tiling.grid import Tile, TileGrid

__all__ = ["Tile", "TileGrid"]
