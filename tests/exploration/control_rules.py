"""The decisions that the control plane's steps call: the project's own, each replaceable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tilescout.runs import guard_duties, lease_rules, model_lifecycle
from tilescout.runs.guard_duties import Duty
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_lifecycle import DEFINITE, Action


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Decisions of the project, then the order in which its handlers apply them.

    A field that differs from its default is a rule taken away.
    """

    acquire: Callable[..., Lease | None] = lease_rules.acquire
    heartbeat: Callable[..., Lease] = lease_rules.heartbeat
    release: Callable[..., Lease] = lease_rules.release
    revoke: Callable[..., Lease | None] = lease_rules.revoke
    request_start: Callable[..., Lease] = lease_rules.request_start
    undo_start: Callable[..., Lease | None] = lease_rules.undo_start
    request_stop: Callable[..., Lease] = lease_rules.request_stop
    stop_landed: Callable[..., Lease | None] = lease_rules.stop_landed
    stopped: Callable[..., Lease | None] = lease_rules.stopped
    guard_duty: Callable[..., Duty] = guard_duties.guard_duty
    next_start: Callable[..., Action] = model_lifecycle.next_start
    next_stop: Callable[..., Action] = model_lifecycle.next_stop
    after_refused_start: Callable[..., Action] = model_lifecycle.after_refused_start
    definite: frozenset[str] = DEFINITE
    asks_before_stopping: bool = True
    guard_looks: bool = True
    guard_acquires: bool = True
    beats_before_calls: bool = True
    waits_for_stopped: bool = True
    asks_before_starting: bool = True
    requests_once: bool = True
    keeps_lost_starts: bool = True
    guard_rereads: bool = True
    stops_only_ours: bool = True
    retries_after_first: bool = True


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One configuration of a search. ``slots`` runs at once; ticks bound starting, stopping, and
    how long a call without answer may still be on its way.
    """

    faults: tuple[str, ...] = ()
    slots: int = 1
    versions: int = 1
    stops_while_starting: bool = True
    may_share: bool = False
    start_ticks: int = 2
    stop_ticks: int = 1
    call_ticks: int = 1
    patience: int = 3
    turns: int = 1
    rules: Rules = Rules()
