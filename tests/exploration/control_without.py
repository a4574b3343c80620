"""The control plane with one rule taken away each time, and the faults under which that shows."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, NamedTuple

from tests.exploration.control_rules import Rules, Setup
from tilescout.runs import guard_duties, lease_rules, model_lifecycle
from tilescout.runs.guard_duties import Duty
from tilescout.runs.lease_rules import Lease, Phase, release
from tilescout.runs.model_lifecycle import Action, StartTerms


class Missing(NamedTuple):
    """A rule's number, what of it is missing, and the smallest setup in which that shows."""

    rule: str
    what: str
    setup: Setup


def acquire_at_any_time(lease: Lease, me: str, now: int, hard_deadline: int) -> Lease | None:
    return lease_rules.acquire(replace(lease, owner=""), me, now, hard_deadline)


def acquire_without_grace(lease: Lease, me: str, now: int, hard_deadline: int) -> Lease | None:
    free = replace(lease, owner="") if now >= lease.expires_at else lease
    return lease_rules.acquire(free, me, now, hard_deadline)


def acquire_with_the_same_token(
    lease: Lease, me: str, now: int, hard_deadline: int
) -> Lease | None:
    mine = lease_rules.acquire(lease, me, now, hard_deadline)
    return mine and replace(mine, token=max(1, lease.token))


def acquire_forgetting(lease: Lease, me: str, now: int, hard_deadline: int) -> Lease | None:
    mine = lease_rules.acquire(lease, me, now, hard_deadline)
    return mine if mine is None or mine is lease else replace(mine, owned=False)


def heartbeat_of_anybody(lease: Lease, token: int, now: int, phase: Phase | None = None) -> Lease:
    return lease_rules.heartbeat(lease, lease.token, now, phase)


def heartbeat_after_expiry(lease: Lease, token: int, now: int, phase: Phase | None = None) -> Lease:
    live = replace(lease, expires_at=max(lease.expires_at, now + 1))
    return lease_rules.heartbeat(live, token, now, phase)


def release_of_anybody(lease: Lease, token: int, now: int) -> Lease:
    return release(lease, lease.token, now)


def release_forgetting(lease: Lease, token: int, now: int) -> Lease:
    return replace(release(lease, token, now), owned=False)


def release_at_once(lease: Lease, token: int, now: int) -> Lease:
    settled = replace(lease, start_requested_at=0, stop_requested_at=0)
    released = release(settled, token, now)
    return replace(lease, owner="", expires_at=0, phase=released.phase)


def revoke_of_anybody(lease: Lease, owner: str, token: int, now: int) -> Lease | None:
    return lease_rules.revoke(lease, lease.owner, lease.token, now)


def never_revoke(lease: Lease, now: int, *, owner_runs: bool) -> Duty:
    return guard_duties.guard_duty(lease, now, owner_runs=True)


def never_take_over(lease: Lease, now: int, *, owner_runs: bool) -> Duty:
    duty = guard_duties.guard_duty(lease, now, owner_runs=owner_runs)
    return "none" if duty == "take over" else duty


def undo_of_anybody(lease: Lease, before: Lease, requested: Lease) -> Lease | None:
    same = replace(requested, token=lease.token, starts=lease.starts)
    return lease_rules.undo_start(lease, before, same)


def undo_all(lease: Lease, before: Lease, requested: Lease) -> Lease | None:
    return lease_rules.undo_start(lease, replace(before, owned=False), requested)


def never_undo(lease: Lease, before: Lease, requested: Lease) -> Lease | None:
    return None


def request_while_closing(lease: Lease, token: int, now: int, version: str, units: int) -> Lease:
    asked = lease_rules.request_start(replace(lease, phase="working"), token, now, version, units)
    return replace(asked, phase=lease.phase)


def stopped_by_anybody(lease: Lease, token: int, now: int) -> Lease | None:
    return lease_rules.stopped(lease, lease.token, now)


def request_stop_whosever(lease: Lease, token: int, now: int) -> Lease:
    asked = lease_rules.request_stop(replace(lease, owned=True), token, now)
    return replace(asked, owned=lease.owned, version="v1")


def stopped_at_once(lease: Lease, token: int, now: int) -> Lease | None:
    settled = replace(lease, start_requested_at=0, stop_requested_at=0)
    cleared = lease_rules.stopped(settled, token, now)
    return cleared and replace(lease, owned=False)


def stop_without_settling(lease: Lease, status: str, now: int) -> Action:
    settled = replace(lease, start_requested_at=0, stop_requested_at=0)
    return model_lifecycle.next_stop(settled, status, now)


def stop_whosever(lease: Lease, status: str, now: int) -> Action:
    return model_lifecycle.next_stop(replace(lease, owned=True, version="v1"), status, now)


def start_whatever_version(lease: Lease, status: str, terms: StartTerms, *, now: int) -> Action:
    alike = replace(lease, version=terms.version)
    return model_lifecycle.next_start(alike, status, terms, now=now)


def _missing(rule: str, what: str, *faults: str, **changes: Any) -> Missing:
    """``changes`` are of the setup where it has such a field, else of the rules."""
    of_setup = {field.name for field in fields(Setup)}
    shape = {name: value for name, value in changes.items() if name in of_setup}
    rules = {name: value for name, value in changes.items() if name not in of_setup}
    return Missing(rule, what, Setup(faults=faults, rules=Rules(**rules), **shape))


MISSING = (
    _missing("1", "no lease: who comes acquires", slots=2, acquire=acquire_at_any_time),
    _missing(
        "1", "the token does not grow", "silence", slots=2, acquire=acquire_with_the_same_token
    ),
    _missing("2", "no grace", "abort", slots=2, acquire=acquire_without_grace),
    _missing("2", "a new owner forgets what is owned", "abort", acquire=acquire_forgetting),
    _missing("3", "a heartbeat of any token", "abort", slots=2, heartbeat=heartbeat_of_anybody),
    _missing("3", "a heartbeat after expiry", "abort", "slow", heartbeat=heartbeat_after_expiry),
    _missing("3", "a release of any token", "duplicate", slots=2, release=release_of_anybody),
    _missing("3", "stopped by any token", "duplicate", stopped=stopped_by_anybody),
    _missing("4", "a revoke of whoever is there", "abort", slots=2, revoke=revoke_of_anybody),
    _missing("4", "no revoke", "abort", guard_duty=never_revoke),
    _missing("5", "no heartbeat before a call", "abort", slots=2, beats_before_calls=False),
    _missing("5", "a retry beside its first try", "duplicate", retries_after_first=False),
    _missing("5", "a call that lands after the grace", "lost Stop", call_ticks=4),
    _missing("6", "owned only after Start", "crash", asks_before_starting=False),
    _missing("6", "a start without answer is undone", "lost Start", keeps_lost_starts=False),
    _missing("6", "a refused start is never undone", "unmanaged start", undo_start=never_undo),
    _missing(
        "6",
        "an undo of any attempt",
        "duplicate",
        "refused Start",
        undo_start=undo_of_anybody,
        requests_once=False,
        retries_after_first=False,
    ),
    _missing(
        "6",
        "an undo clears what was owned",
        "duplicate",
        "refused Start",
        undo_start=undo_all,
        requests_once=False,
        retries_after_first=False,
    ),
    _missing(
        "6",
        "a request for a second time",
        "duplicate",
        requests_once=False,
        retries_after_first=False,
    ),
    _missing(
        "7",
        "whatever is up is owned",
        "unmanaged start",
        next_stop=stop_whosever,
        request_stop=request_stop_whosever,
        stops_only_ours=False,
    ),
    _missing(
        "7",
        "another version is taken for the owned one",
        "other version",
        "abort",
        versions=2,
        next_start=start_whatever_version,
    ),
    _missing(
        "8",
        "done as soon as it is down",
        "crash",
        next_stop=stop_without_settling,
        stopped=stopped_at_once,
    ),
    _missing(
        "8",
        "down is not looked at again before it is noted",
        "duplicate",
        slots=2,
        stopped=stopped_at_once,
        retries_after_first=False,
    ),
    _missing(
        "8",
        "one Stop is enough",
        "crash",
        stops_while_starting=False,
        waits_for_stopped=False,
        stopped=stopped_at_once,
    ),
    _missing("8", "no request before a Stop", "crash", asks_before_stopping=False),
    _missing("8", "a release at once after a lost Stop", "crash", slots=2, release=release_at_once),
    _missing("8", "a release forgets what is owned", "crash", release=release_forgetting),
    _missing("9", "no guard", "abort", guard_looks=False),
    _missing("9", "the guard only revokes", "abort", guard_duty=never_take_over),
    _missing("9", "the guard does not acquire", "crash", "slow guard", guard_acquires=False),
    _missing(
        "9",
        "the guard acts on what it read before",
        "abort",
        "unmanaged start",
        guard_rereads=False,
    ),
    _missing("18", "a start while closing", "duplicate", request_start=request_while_closing),
)
