"""How well and how fast boxes of overlapping tiles are merged, beside the public packages."""

from __future__ import annotations
