"""The time of day, and waiting."""

from __future__ import annotations

import time


def now() -> int:
    """Returns the seconds since the epoch, in which leases and starts are recorded."""
    return int(time.time())


def wait(seconds: float) -> None:
    time.sleep(seconds)
