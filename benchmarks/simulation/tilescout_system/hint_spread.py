"""Over how many seconds a turn's hints are sent, as run_steps/detect_tiles.py does."""

from __future__ import annotations

EVENLY = True
"""False: as fast as the service is said to take them. True: over the whole time of the turn."""


def spread_seconds(
    hints: int, wait_seconds: int, calls_per_second: float, *, evenly: bool = EVENLY
) -> float:
    """0 to ``wait_seconds``."""
    return wait_seconds if evenly else min(wait_seconds, hints / calls_per_second)
