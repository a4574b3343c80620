"""Draws sample drawings with known contents, for a first try and for measurements."""

from __future__ import annotations

from tilescout_samples.writing import write_samples

__all__ = ["write_samples"]
