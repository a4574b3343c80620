"""The lease of a run: who may work, who may stop, and for how long (protocol rules 1 to 9).

Every function is pure: it takes the lease as read and the time, and returns the lease to be
written, to be swapped in only if the stored one is still the one that was read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tilescout.errors import LeaseLost

TTL = 180
"""Seconds for which a heartbeat keeps the lease."""
GRACE = 60
"""Seconds after which the last call of a lost owner has landed: the timeout of its function plus
the clocks' skew.
"""
MAX_WAIT = TTL // 2 - 5
"""The longest Wait of the workflow and the longest control step, in seconds."""
SETTLE = 60
"""Seconds after which a Start or Stop that was requested has landed or never will."""
GUARD_HOLD = 60
"""Seconds that the guard holds a lease: longer than its function's timeout."""
GUARD = "guard:"
"""The beginning of an owner's name that is no execution."""

Phase = Literal["working", "closing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The lease of one model. ``token`` grows by one at each acquire and is never reset.

    ``owned``: the model's ``version`` (an ARN) was started with ``units`` by an owner of this
    lease at ``start_requested_at`` and was not seen stopped since. ``starts`` counts requests.
    A call without an answer may land up to ``SETTLE`` after it was requested.
    """

    model: str
    owner: str = ""
    token: int = 0
    expires_at: int = 0
    hard_deadline: int = 0
    phase: Phase = "working"
    owned: bool = False
    start_requested_at: int = 0
    version: str = ""
    units: int = 0
    starts: int = 0
    stop_requested_at: int = 0

    def is_live(self, now: int) -> bool:
        """True while its owner may work."""
        return bool(self.owner) and now < self.expires_at

    def is_free(self, now: int) -> bool:
        """True if nobody owns it, or its owner has been silent for the grace as well."""
        return not self.owner or now > self.expires_at + GRACE

    @property
    def settles_at(self) -> int:
        """The last second in which a Start or Stop already sent may still take effect."""
        return max(self.start_requested_at, self.stop_requested_at) + SETTLE

    def may_detect(self, token: int, now: int) -> bool:
        """True while tiles may be sent to a detector in the name of ``token`` (rule 15a)."""
        return self.token == token and self.is_live(now) and self.phase == "working"


def acquire(lease: Lease, me: str, now: int, hard_deadline: int) -> Lease | None:
    """Returns the lease with the owner ``me``, or None while another owner holds it.

    ``owned`` survives a change of owner. A lease that is mine already stays as it is, so that a
    retried OpenRun finds its token.
    """
    if lease.owner == me and lease.is_live(now):
        return lease
    if not lease.is_free(now):
        return None
    return replace(
        lease,
        owner=me,
        token=lease.token + 1,
        expires_at=min(now + TTL, hard_deadline),
        hard_deadline=hard_deadline,
        phase="working",
    )


def _held(lease: Lease, token: int, now: int) -> Lease:
    if lease.token != token or not lease.owner:
        raise LeaseLost(
            f"the lease of {lease.model} has token {lease.token}, this run holds {token}; "
            "another owner took over, so this run ends and does nothing more"
        )
    if now >= lease.expires_at:
        raise LeaseLost(
            f"the lease of {lease.model} ran out at {lease.expires_at}, now is {now}; "
            "it was revoked, silent for too long, or past its hard deadline"
        )
    return lease


def heartbeat(lease: Lease, token: int, now: int, phase: Phase | None = None) -> Lease:
    """Returns the lease, kept for another ``TTL`` seconds. Closing never goes back to working.

    Raises LeaseLost if the token is not mine or the time is over.
    """
    held = _held(lease, token, now)
    closing = "closing" in (held.phase, phase)
    return replace(
        held,
        expires_at=min(now + TTL, held.hard_deadline),
        phase="closing" if closing else "working",
    )


def release(lease: Lease, token: int, now: int) -> Lease:
    """Returns the lease without an owner. Raises LeaseLost if the token is not mine.

    While a Start or Stop already sent may still land the lease only ends, so that nobody takes it
    before the grace is over: it would hit the next owner's model.
    """
    if lease.token != token:
        raise LeaseLost(f"the lease of {lease.model} has token {lease.token}, not {token}")
    if lease.owned and now <= lease.settles_at:
        return replace(lease, expires_at=min(lease.expires_at, now), phase="closing")
    return replace(lease, owner="", expires_at=0, phase="closing")


def revoke(lease: Lease, owner: str, token: int, now: int) -> Lease | None:
    """Returns the lease, ended for an owner known to be dead; None if another owner has it."""
    if (lease.owner, lease.token) != (owner, token):
        return None
    return replace(lease, expires_at=min(lease.expires_at, now))


def request_start(lease: Lease, token: int, now: int, version: str, units: int) -> Lease:
    """Returns the lease to be written before the call that starts ``version`` (rule 6).

    Raises LeaseLost.
    """
    held = _held(lease, token, now)
    if held.phase == "closing":
        raise LeaseLost(
            f"the lease of {lease.model} is closing since token {token} ended its work; "
            "no model is started any more"
        )
    return replace(
        held,
        owned=True,
        start_requested_at=now,
        version=version,
        units=units,
        starts=held.starts + 1,
    )


def undo_start(lease: Lease, before: Lease, requested: Lease) -> Lease | None:
    """Returns the lease after Start was refused for certain, or None if it must stay as it is.

    ``before`` and ``requested`` are the lease around ``request_start``. What an earlier request
    set stays; and nothing is undone once another attempt has requested a start.
    """
    if (lease.token, lease.starts) != (requested.token, requested.starts):
        return None
    return replace(
        lease,
        owned=before.owned,
        start_requested_at=before.start_requested_at,
        version=before.version,
        units=before.units,
    )


def request_stop(lease: Lease, token: int, now: int) -> Lease:
    """Returns the lease to be written before the call that stops its model (rule 8).

    So a late try of the same step stops nothing that has a new owner, and nobody takes the model
    for done while a Stop may still land. Raises LeaseLost, also where no model is owned any more.
    """
    held = _held(lease, token, now)
    if not held.owned:
        raise LeaseLost(f"the model of {lease.model} was seen down already; nothing is stopped")
    return replace(held, stop_requested_at=now)


def stop_landed(lease: Lease, before: Lease, requested: Lease) -> Lease | None:
    """Returns the lease after Stop was answered, whatever the answer: it is not on its way.

    ``before`` and ``requested`` are the lease around ``request_stop``. None where another owner
    or another try has requested a stop since.
    """
    mine = (requested.token, requested.stop_requested_at)
    if (lease.token, lease.stop_requested_at) != mine:
        return None
    return replace(lease, stop_requested_at=before.stop_requested_at)


def stopped(lease: Lease, token: int, now: int) -> Lease | None:
    """Returns the lease once its model was seen down for certain (rule 8), None before that.

    Raises LeaseLost.
    """
    held = _held(lease, token, now)
    return replace(held, owned=False) if now > held.settles_at else None
