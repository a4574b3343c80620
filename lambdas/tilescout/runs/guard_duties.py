"""The guard's duties about the leases that it sees (protocol rule 9), as pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tilescout.runs.lease_rules import Lease

Duty = Literal["none", "revoke", "wait", "take over"]


def guard_duty(lease: Lease, now: int, *, owner_runs: bool) -> Duty:
    """Returns what the guard does about a lease (rule 9). ``owner_runs`` matters to live ones only.

    "wait" lasts for the grace of an owner that is gone, while an owned model may be up.
    """
    if lease.is_live(now):
        return "none" if owner_runs else "revoke"
    if not lease.owned:
        return "none"
    return "take over" if lease.is_free(now) else "wait"


def guard_order(leases: Sequence[Lease], now: int) -> list[Lease]:
    """Returns ``leases`` in the order in which one look of the guard takes them.

    Models without a live owner come first. Each minute begins with another lease, as one whose
    calls hang may use up the whole look.
    """
    if not leases:
        return []
    first = now // 60 % len(leases)
    turned = [*leases[first:], *leases[:first]]
    return sorted(turned, key=lambda lease: lease.is_live(now) or not lease.owned)
