"""A token bucket: the way in which a service limits the calls per second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class TokenBucket:
    """A bucket that holds the tokens of one second, at least one, and starts full.

    A caller that comes exactly at the rate is never refused.
    """

    filled_at: float = float("-inf")
    tokens: float = 0.0

    def take(self, now: float, per_second: float) -> bool:
        """Tells whether one more call may pass now, and takes its token."""
        brought = max(0.0, now - self.filled_at) * per_second if per_second > 0 else 0.0
        self.tokens = min(max(1.0, per_second), self.tokens + brought)
        self.filled_at = now
        # The sum of many small fillings may be slightly under one.
        if self.tokens < 1 - 1e-9:
            return False
        self.tokens -= 1
        return True
