"""The seconds over which a turn's hints are sent, as run_steps/detect_tiles.py does."""

from __future__ import annotations

EVENLY = True
"""True sends hints over the whole time of the turn, False as fast as the service takes them."""


def spread_seconds(
    hints: int, wait_seconds: int, calls_per_second: float, *, evenly: bool = EVENLY
) -> float:
    """Returns 0 to ``wait_seconds``, over which the hints are sent."""
    return wait_seconds if evenly else min(wait_seconds, hints / calls_per_second)
