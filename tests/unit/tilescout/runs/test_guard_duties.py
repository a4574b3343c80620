from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.runs.guard_duties import guard_duty, guard_order
from tilescout.runs.lease_rules import GRACE, Lease


def held(**values: Any) -> Lease:
    lease = Lease(model="valves", owner="run", token=3, expires_at=1_180, hard_deadline=9_000)
    return replace(lease, **values)


@pytest.mark.parametrize(
    ("lease", "now", "owner_runs", "duty"),
    [
        (held(owned=True), 1_000, True, "none"),
        (held(), 1_000, False, "revoke"),
        (held(owned=True), 1_180, False, "wait"),
        (held(owned=True), 1_180 + GRACE, False, "wait"),
        (held(owned=True), 1_181 + GRACE, False, "take over"),
        (held(owned=True, owner=""), 1_000, False, "take over"),
        (held(), 1_181 + GRACE, False, "none"),
        (Lease(model="valves"), 1_000, False, "none"),
    ],
)
def test_the_guards_duty(lease: Lease, now: int, owner_runs: bool, duty: str) -> None:
    assert guard_duty(lease, now, owner_runs=owner_runs) == duty


def named(*leases: Lease) -> list[str]:
    return [lease.model for lease in leases]


LIVE = held(model="live", owned=True, expires_at=99_999)
DEAD = held(model="dead", owned=True, expires_at=500)
DEAD_TOO = held(model="dead too", owned=True, expires_at=500)
IDLE = Lease(model="idle")


def test_models_without_a_live_owner_are_looked_at_first() -> None:
    assert named(*guard_order([IDLE, LIVE, DEAD], 1_020)) == ["dead", "idle", "live"]


def test_each_minute_begins_with_another_model() -> None:
    firsts = [guard_order([DEAD, DEAD_TOO], minute)[0].model for minute in (960, 1_020, 1_080)]
    assert firsts == ["dead", "dead too", "dead"]


def test_without_leases_there_is_no_order() -> None:
    assert guard_order([], 1_000) == []


@given(st.lists(st.sampled_from([LIVE, DEAD, DEAD_TOO, IDLE])), st.integers(900, 9_000))
def test_no_lease_is_left_out(leases: list[Lease], now: int) -> None:
    assert sorted(named(*guard_order(leases, now))) == sorted(named(*leases))
