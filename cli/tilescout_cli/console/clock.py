"""Time of day, and waiting."""

from __future__ import annotations

import time


def now() -> int:
    """Epoch seconds, as leases and starts are written in."""
    return int(time.time())


def wait(seconds: float) -> None:
    time.sleep(seconds)
