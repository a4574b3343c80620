from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.errors import LeaseLost
from tilescout.runs.lease_rules import (
    GRACE,
    MAX_WAIT,
    SETTLE,
    TTL,
    Lease,
    acquire,
    heartbeat,
    release,
    request_start,
    request_stop,
    revoke,
    stop_landed,
    stopped,
    undo_start,
)

FREE = Lease(model="textract")
FAR = 100_000
HELD = Lease(
    model="textract", owner="run-a", token=7, expires_at=1_180, hard_deadline=FAR, phase="working"
)


def owned(**values: Any) -> Lease:
    held = Lease(model="valves", owner="run", token=3, expires_at=1_180, hard_deadline=9_000)
    return replace(held, **values)


def test_a_lease_never_taken_is_acquired_with_token_one() -> None:
    lease = acquire(FREE, "run-a", now=1_000, hard_deadline=FAR)
    assert lease == Lease(
        model="textract", owner="run-a", token=1, expires_at=1_180, hard_deadline=FAR
    )


def test_a_live_lease_is_not_taken_over() -> None:
    assert acquire(HELD, "run-b", now=1_179, hard_deadline=FAR) is None


def test_an_expired_lease_is_not_taken_over_within_the_grace() -> None:
    assert acquire(HELD, "run-b", now=1_180 + GRACE, hard_deadline=FAR) is None


def test_a_lease_is_taken_over_only_after_the_grace() -> None:
    lease = acquire(HELD, "run-b", now=1_181 + GRACE, hard_deadline=FAR)
    assert lease is not None
    assert (lease.owner, lease.token) == ("run-b", 8)


def test_a_retried_open_run_finds_its_own_token() -> None:
    assert acquire(HELD, "run-a", now=1_100, hard_deadline=FAR + 50) == HELD


def test_a_revoked_owner_does_not_find_its_token_again() -> None:
    revoked = revoke(HELD, "run-a", 7, now=1_100)
    assert revoked is not None
    assert acquire(revoked, "run-a", now=1_101, hard_deadline=FAR) is None


def test_a_takeover_keeps_what_is_known_of_the_model() -> None:
    started = Lease(model="m", owner="run-a", token=3, owned=True, start_requested_at=900)
    lease = acquire(started, "run-b", now=2_000, hard_deadline=FAR)
    assert lease is not None
    assert (lease.owned, lease.start_requested_at) == (True, 900)


def test_a_takeover_of_a_closing_lease_is_working_again() -> None:
    closing = release(heartbeat(HELD, 7, 1_100, "closing"), 7, 1_100)
    lease = acquire(closing, "run-b", now=1_101, hard_deadline=FAR)
    assert lease is not None
    assert lease.phase == "working"


def test_a_heartbeat_lives_for_the_ttl() -> None:
    assert heartbeat(HELD, 7, now=1_100).expires_at == 1_100 + TTL


def test_a_heartbeat_never_lives_past_the_hard_deadline() -> None:
    lease = acquire(FREE, "run-a", now=1_000, hard_deadline=1_100)
    assert lease is not None
    assert lease.expires_at == 1_100
    assert heartbeat(lease, 1, now=1_050).expires_at == 1_100


def test_a_heartbeat_with_another_token_raises() -> None:
    with pytest.raises(LeaseLost, match="token 7, this run holds 6"):
        heartbeat(HELD, 6, now=1_100)


def test_a_heartbeat_after_expiry_raises_although_nobody_took_over() -> None:
    with pytest.raises(LeaseLost, match="ran out at 1180"):
        heartbeat(HELD, 7, now=1_180)


def test_a_heartbeat_after_release_raises() -> None:
    with pytest.raises(LeaseLost):
        heartbeat(release(HELD, 7, 1_100), 7, now=1_100)


def test_closing_never_goes_back_to_working() -> None:
    closing = heartbeat(HELD, 7, 1_100, "closing")
    assert heartbeat(closing, 7, 1_110).phase == "closing"
    assert heartbeat(closing, 7, 1_110, "working").phase == "closing"


def test_a_release_keeps_token_and_ours() -> None:
    held = Lease(model="m", owner="run-a", token=3, expires_at=500, owned=True)
    assert release(held, 3, 400) == Lease(model="m", token=3, owned=True, phase="closing")


def test_a_lease_whose_last_call_may_still_land_is_free_only_after_the_grace() -> None:
    held = owned(owned=True, stop_requested_at=1_000)
    ended = release(held, 3, 1_000 + SETTLE)
    assert (ended.owner, ended.expires_at, ended.phase) == ("run", 1_060, "closing")
    assert not ended.is_free(1_060 + GRACE)
    assert release(held, 3, 1_001 + SETTLE).owner == ""


def test_a_release_with_another_token_raises() -> None:
    with pytest.raises(LeaseLost, match="token 7, not 6"):
        release(HELD, 6, 1_100)


def test_a_revoke_ends_the_work_at_once_and_leaves_the_grace() -> None:
    revoked = revoke(HELD, "run-a", 7, now=1_100)
    assert revoked is not None
    assert not revoked.may_detect(7, 1_100)
    assert acquire(revoked, "run-b", now=1_100 + GRACE, hard_deadline=FAR) is None
    assert acquire(revoked, "run-b", now=1_101 + GRACE, hard_deadline=FAR) is not None


@pytest.mark.parametrize(("owner", "token"), [("run-b", 7), ("run-a", 6)])
def test_a_revoke_never_hits_the_next_owner(owner: str, token: int) -> None:
    assert revoke(HELD, owner, token, now=1_100) is None


def test_a_late_revoke_never_prolongs_a_lease() -> None:
    revoked = revoke(HELD, "run-a", 7, now=5_000)
    assert revoked is not None
    assert revoked.expires_at == 1_180


@pytest.mark.parametrize(
    ("token", "now", "closing"),
    [(6, 1_100, False), (7, 1_180, False), (7, 1_100, True)],
    ids=["another token", "expired", "closing"],
)
def test_a_detector_is_not_asked_without_a_live_working_lease(
    token: int, now: int, closing: bool
) -> None:
    lease = heartbeat(HELD, 7, 1_000, "closing" if closing else None)
    assert not lease.may_detect(token, now)


def test_a_detector_is_asked_under_a_live_working_lease() -> None:
    assert HELD.may_detect(7, 1_179)


def test_a_wait_and_a_step_fit_into_half_the_ttl() -> None:
    assert MAX_WAIT < TTL / 2


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["acquire", "heartbeat", "close", "release", "revoke"]),
        st.sampled_from(["run-a", "run-b", "run-c"]),
        st.integers(0, 150),
    ),
    max_size=40,
)


@given(STEPS)
def test_at_most_one_run_at_a_time_believes_that_it_may_detect(
    steps: list[tuple[str, str, int]],
) -> None:
    lease, now = FREE, 1_000
    tokens: dict[str, int] = {}
    for what, run, pause in steps:
        now += pause
        before = lease
        try:
            if what == "acquire":
                lease = acquire(lease, run, now, now + 600) or lease
                tokens[run] = lease.token if lease.owner == run else tokens.get(run, 0)
            elif what == "revoke":
                lease = revoke(lease, run, tokens.get(run, 0), now) or lease
            elif what == "release":
                lease = release(lease, tokens.get(run, 0), now)
            else:
                phase = "closing" if what == "close" else None
                lease = heartbeat(lease, tokens.get(run, 0), now, phase)
        except LeaseLost:
            assert lease == before
        able = [name for name, token in tokens.items() if lease.may_detect(token, now)]
        assert able in ([], [lease.owner])
        assert lease.token >= before.token
        assert lease.expires_at <= max(now + TTL, before.expires_at)
        if lease.owner != before.owner and lease.owner and before.owner:
            assert now > before.expires_at + GRACE


def test_a_start_is_written_down_before_it_is_requested() -> None:
    asked = request_start(owned(starts=4), 3, 1_000, "v2", 2)
    assert (asked.owned, asked.start_requested_at, asked.version, asked.units, asked.starts) == (
        True,
        1_000,
        "v2",
        2,
        5,
    )


def test_a_closing_run_starts_nothing() -> None:
    with pytest.raises(LeaseLost, match="no model is started any more"):
        request_start(owned(phase="closing"), 3, 1_000, "v2", 1)


def test_a_lost_lease_starts_nothing() -> None:
    with pytest.raises(LeaseLost):
        request_start(owned(), 2, 1_000, "v2", 1)


def test_a_refused_start_is_as_if_it_had_never_been_asked() -> None:
    before = owned()
    asked = request_start(before, 3, 1_000, "v2", 1)
    undone = undo_start(asked, before, asked)
    assert undone == replace(before, starts=1)


def test_a_refused_start_leaves_what_an_earlier_one_may_have_started() -> None:
    before = owned(owned=True, start_requested_at=900, version="v2", units=1, starts=1)
    asked = request_start(before, 3, 1_000, "v2", 1)
    assert undo_start(asked, before, asked) == replace(before, starts=2)


def test_an_attempt_does_not_undo_what_a_later_one_asked() -> None:
    before = owned()
    first = request_start(before, 3, 1_000, "v2", 1)
    second = request_start(first, 3, 1_001, "v2", 1)
    assert undo_start(second, before, first) is None


def test_a_stop_is_written_down_before_it_is_requested() -> None:
    assert request_stop(owned(owned=True), 3, 1_000).stop_requested_at == 1_000


def test_a_stop_that_was_answered_is_no_longer_on_its_way() -> None:
    before = owned(owned=True, stop_requested_at=940)
    asked = request_stop(before, 3, 1_000)
    assert stop_landed(asked, before, asked) == before


def test_an_answer_says_nothing_of_another_tries_stop() -> None:
    before = owned(owned=True)
    first = request_stop(before, 3, 1_000)
    second = request_stop(first, 3, 1_010)
    assert stop_landed(second, before, first) is None
    assert stop_landed(second, first, second) == first


@pytest.mark.parametrize("lease", [owned(owned=True, token=4), owned(), owned(owner="")])
def test_a_late_try_stops_nothing_that_is_no_longer_its_own(lease: Lease) -> None:
    with pytest.raises(LeaseLost):
        request_stop(lease, 3, 1_000)


def test_ours_ends_only_when_its_owner_saw_the_model_down() -> None:
    ended = stopped(owned(owned=True), 3, 1_000)
    assert ended is not None
    assert not ended.owned
    with pytest.raises(LeaseLost):
        stopped(owned(owned=True), 2, 1_000)


@pytest.mark.parametrize("asked", ["start_requested_at", "stop_requested_at"])
def test_ours_does_not_end_while_a_call_may_still_land(asked: str) -> None:
    lease = owned(owned=True, expires_at=2_000, **{asked: 1_000})
    assert stopped(lease, 3, 1_000 + SETTLE) is None
    assert stopped(lease, 3, 1_001 + SETTLE) is not None
