"""The decisions that the data plane's steps call: the project's own, each replaceable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tilescout.ledger import TileRow
from tilescout.runs import pacing, reservations
from tilescout.runs.lease_rules import Lease
from tilescout.runs.reservations import Drop
from tilescout.transitions import decisions
from tilescout.transitions.status_change import StatusChange

Change = Callable[..., TileRow | Drop]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Decisions of the project, then the order in which its handlers apply them.

    A field that differs from its default is a rule taken away.
    """

    may_detect: Callable[[Lease, int, int], bool] = Lease.may_detect
    reserve: Change = reservations.reserve
    commit: Change = reservations.commit
    give_back: Change = reservations.give_back
    refuse: Change = reservations.refuse
    has_failed: Callable[..., bool] = reservations.has_failed
    fail: Change = reservations.fail
    forgive: Callable[..., TileRow] = reservations.forgive
    is_stuck: Callable[..., bool] = reservations.is_stuck
    why_finished: Callable[..., str] = pacing.why_finished
    claim: Callable[..., StatusChange] = decisions.claim
    finish: Callable[..., StatusChange] = decisions.finish
    requeue: Callable[..., StatusChange] = decisions.requeue
    claims_after_dead_runs: bool = True
    keeps_answers: bool = True
    flips_only_its_claim: bool = True
    merges_only_its_claim: bool = True
    requeues_only_its_claim: bool = True
    repairs_bands: bool = True
    waits_for_complete: bool = True
    closes_first: bool = True
