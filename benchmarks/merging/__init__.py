"""Measures how well and how fast boxes of overlapping tiles are merged, beside public packages."""

from __future__ import annotations
