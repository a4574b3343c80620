"""The caps of the queues leave room for a run and the guard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.config.concurrency import KEPT, USEFUL_CAPS, check_reserved, queue_caps
from infra.config.errors import BrokenRule


def test_a_new_account_gives_every_queue_the_least_that_sqs_takes() -> None:
    assert set(queue_caps(10, {}).values()) == {2}


def test_a_large_account_gives_every_queue_its_useful_cap() -> None:
    assert queue_caps(1000, {}) == {
        "DocumentsQueue": 20,
        "PagesQueue": 50,
        "TilesQueue": 40,
        "OnnxTilesQueue": 10,
        "MergesQueue": 10,
        "DocumentsDeadLetters": 2,
        "PagesDeadLetters": 2,
    }


@given(account=st.integers(16, 5_000), tiles=st.none() | st.integers(2, 1_000))
def test_the_caps_leave_room_for_a_run_and_the_guard(account: int, tiles: int | None) -> None:
    chosen = {} if tiles is None else {"TilesQueue": tiles}
    try:
        caps = queue_caps(account, chosen)
    except BrokenRule:
        assert tiles is not None
        assert tiles + 2 * (len(USEFUL_CAPS) - 1) + KEPT > account
        return
    assert sum(caps.values()) + KEPT <= account
    assert min(caps.values()) >= 2


def test_the_four_queues_of_one_detector_leave_two_of_ten_executions() -> None:
    caps = queue_caps(10, {})
    of_text = ("DocumentsQueue", "PagesQueue", "TilesQueue", "MergesQueue")
    assert sum(caps[queue] for queue in of_text) == 8


def test_caps_that_leave_no_room_are_refused() -> None:
    with pytest.raises(BrokenRule) as raised:
        queue_caps(50, {"TilesQueue": 40})
    assert str(raised.value) == (
        "the caps of the queues, at least 2 each, leave 2 executions of account_concurrency to "
        "the guard and to a run; account_concurrency is 50, and 54 are needed; lower the caps, "
        "or raise account_concurrency to the quota of the account"
    )


def test_a_reservation_that_aws_would_refuse_is_refused_before_it_deploys() -> None:
    check_reserved(110, [1, 9])
    with pytest.raises(BrokenRule, match="account_concurrency is 100, and 99 are left"):
        check_reserved(100, [1])
