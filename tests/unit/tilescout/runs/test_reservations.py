from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.ledger import Reservation, TileRow
from tilescout.runs.reservations import (
    MARGIN,
    MAX_ATTEMPTS,
    MAX_REFUSALS,
    MAX_SERVER_ERRORS,
    Drop,
    commit,
    fail,
    forgive,
    give_back,
    has_failed,
    is_reserved,
    is_stuck,
    others_answered,
    refuse,
    relieve,
    reserve,
    with_billed_calls,
    with_lost_call,
)

TOKEN = 5
TIMEOUT = 60
PENDING = TileRow(page=1, tile=0, box=(0, 0, 100, 100), image="tiles/d/00001/g/000000")


def reserved(row: TileRow, name: str = "r1", now: int = 1_000, token: int = TOKEN) -> TileRow:
    result = reserve(row, name, token, now, TIMEOUT)
    assert isinstance(result, TileRow)
    return result


def written(row: TileRow | Drop) -> TileRow:
    assert isinstance(row, TileRow)
    return row


def test_a_reservation_counts_an_attempt_and_outlives_the_function() -> None:
    row = reserved(PENDING)
    assert row.attempts == 1
    assert row.reservation == Reservation(id="r1", until=1_000 + TIMEOUT + MARGIN, token=TOKEN)


def test_a_tile_in_another_hand_is_dropped() -> None:
    assert reserve(reserved(PENDING), "r2", TOKEN, 1_119, TIMEOUT) == Drop(
        "reserved by another worker"
    )


@pytest.mark.parametrize("state", ["answered", "failed"])
def test_a_tile_that_has_ended_is_dropped(state: str) -> None:
    row = replace(PENDING, state=state)
    assert reserve(row, "r1", TOKEN, 1_000, TIMEOUT) == Drop(f"already {state}")


def test_a_tile_asked_often_enough_is_dropped() -> None:
    row = replace(PENDING, attempts=MAX_ATTEMPTS)
    assert reserve(row, "r1", TOKEN, 1_000, TIMEOUT) == Drop("no attempts are left in this run")


def test_a_tile_refused_often_enough_is_dropped() -> None:
    row = replace(PENDING, attempts=2, refusals=MAX_REFUSALS)
    assert reserve(row, "r1", TOKEN, 1_000, TIMEOUT) == Drop("no attempts are left in this run")


def test_a_reservation_that_ran_out_is_asked_once_more_in_the_same_run_uncounted() -> None:
    row = reserved(reserved(PENDING), "r2", now=1_120)
    assert row.attempts == 1
    assert row.reservation is not None
    assert row.reservation.again


def test_a_time_out_counts_once_a_run() -> None:
    row = reserved(reserved(PENDING), "r2", now=1_120)
    assert is_stuck(row, TOKEN, 1_240)
    assert reserve(row, "r3", TOKEN, 1_240, TIMEOUT) == Drop("no attempts are left in this run")


def test_the_next_run_asks_a_tile_that_ran_out_twice() -> None:
    row = reserved(reserved(PENDING), "r2", now=1_120)
    again = reserved(row, "r3", now=2_000, token=TOKEN + 1)
    assert again.attempts == 2


def test_an_answer_ends_the_tile_and_its_reservation() -> None:
    row = written(commit(reserved(PENDING), "answers/a", calls=1))
    assert (row.state, row.answer, row.calls, row.reservation) == ("answered", "answers/a", 1, None)


def reserved_with_calls(row: TileRow, name: str, now: int, token: int = TOKEN) -> TileRow:
    return written(with_lost_call(row, reserve(row, name, token, now, TIMEOUT)))


def test_calls_whose_answer_was_lost_count_in_this_run_and_the_next() -> None:
    first = reserved_with_calls(PENDING, "r1", 1_000)
    second = reserved_with_calls(first, "r2", 1_120)
    third = reserved_with_calls(second, "r3", 2_000, TOKEN + 1)
    assert [row.calls for row in (first, second, third)] == [0, 1, 2]
    assert written(commit(third, "answers/a", calls=1)).calls == 3


def test_a_lost_call_is_counted_once_though_the_next_attempt_is_given_back() -> None:
    second = reserved_with_calls(reserved_with_calls(PENDING, "r1", 1_000), "r2", 1_120)
    back = written(give_back(second, "r2", 1_135, "throttled"))
    assert reserved_with_calls(back, "r3", 1_200).calls == 1


def test_the_lost_call_of_a_tile_that_failed_is_counted() -> None:
    row = replace(
        PENDING, attempts=MAX_ATTEMPTS, reservation=Reservation(id="r3", until=1_000, token=TOKEN)
    )
    failed = written(with_lost_call(row, replace(row, state="failed", reservation=None)))
    assert failed.calls == 1


def test_billed_calls_of_a_refused_attempt_are_counted() -> None:
    refused = refuse(reserved(PENDING), "r1", "bad image")
    assert written(with_billed_calls(refused, 3)).calls == 3


def test_a_second_answer_is_dropped() -> None:
    row = written(commit(reserved(PENDING), "answers/a", calls=1))
    assert commit(row, "answers/b", calls=1) == Drop("already answered")


def test_a_late_answer_is_a_good_answer() -> None:
    in_other_hands = reserved(reserved(PENDING), "r2", now=1_120)
    assert written(commit(in_other_hands, "answers/a", calls=1)).state == "answered"


def test_a_late_answer_is_taken_after_the_loop_gave_the_tile_up() -> None:
    given_up = replace(PENDING, state="failed", attempts=3)
    assert written(commit(given_up, "answers/a", calls=1)).state == "answered"


def test_a_throttled_attempt_is_not_counted() -> None:
    row = written(give_back(reserved(PENDING), "r1", 1_015, "throttled"))
    assert (row.attempts, row.reservation, row.retry_at) == (0, None, 1_030)
    assert row.last_error == "throttled"


def test_only_the_holder_gives_back() -> None:
    assert give_back(reserved(PENDING), "r2", 1_030, "throttled") == Drop(
        "the reservation is no longer mine"
    )


def test_a_second_attempt_given_back_stays_the_second() -> None:
    second = reserved(reserved(PENDING), "r2", now=1_120)
    back = written(give_back(second, "r2", 1_135, "throttled"))
    third = reserved(back, "r3", now=1_140)
    assert third.attempts == 1
    assert third.reservation is not None
    assert third.reservation.again


def test_a_second_attempt_that_is_refused_stays_the_second() -> None:
    second = reserved(reserved(PENDING), "r2", now=1_120)
    refused = written(refuse(second, "r2", "bad image"))
    assert reserved(refused, "r3", now=1_140).attempts == 1


def test_a_refusal_counts_and_frees_the_tile() -> None:
    row = written(refuse(reserved(PENDING), "r1", "bad image"))
    assert (row.attempts, row.refusals, row.reservation) == (1, 1, None)
    assert row.last_error == "bad image"


def test_a_second_attempt_is_refused_once_though_its_write_is_decided_again() -> None:
    first = reserved(PENDING)
    second = reserved(first, "r2", 1_000 + TIMEOUT + MARGIN)
    struck = written(refuse(second, "r2", "bad image"))
    assert isinstance(refuse(struck, "r2", "bad image"), Drop)


def test_a_second_attempt_is_given_back_once_though_its_write_is_decided_again() -> None:
    first = reserved(PENDING)
    second = reserved(first, "r2", 1_000 + TIMEOUT + MARGIN)
    given = written(give_back(second, "r2", 1_200, "slow down", server_error=True))
    assert isinstance(give_back(given, "r2", 1_200, "slow down", server_error=True), Drop)


def test_only_the_holder_counts_a_refusal() -> None:
    assert isinstance(refuse(reserved(PENDING), "r2", "bad image"), Drop)


def test_two_refusals_fail_a_tile_in_any_run() -> None:
    row = replace(PENDING, attempts=2, refusals=MAX_REFUSALS)
    assert has_failed(row, TOKEN, 1_000, run_has_answers=False)


def test_time_outs_fail_a_tile_only_where_the_run_has_answers() -> None:
    row = replace(PENDING, attempts=MAX_ATTEMPTS)
    assert has_failed(row, TOKEN, 1_000, run_has_answers=True)
    assert not has_failed(row, TOKEN, 1_000, run_has_answers=False)


def test_a_tile_in_a_hand_has_not_failed() -> None:
    row = replace(reserved(PENDING), attempts=MAX_ATTEMPTS, refusals=MAX_REFUSALS)
    assert not has_failed(row, TOKEN, 1_000, run_has_answers=True)


def test_a_third_attempt_that_ran_out_is_repeated_before_the_tile_fails() -> None:
    row = reserved(replace(PENDING, attempts=MAX_ATTEMPTS - 1))
    assert not has_failed(row, TOKEN, 1_120, run_has_answers=True)
    twice = reserved(row, "r2", now=1_120)
    assert has_failed(twice, TOKEN, 1_240, run_has_answers=True)


def test_a_tile_given_up_is_failed() -> None:
    row = replace(PENDING, attempts=MAX_ATTEMPTS)
    assert written(fail(row, TOKEN, 1_000, run_has_answers=True)).state == "failed"


def test_an_answer_that_came_meanwhile_is_never_overwritten_by_a_failure() -> None:
    row = replace(
        PENDING, attempts=MAX_ATTEMPTS, refusals=MAX_REFUSALS, state="answered", answer="a"
    )
    assert fail(row, TOKEN, 1_000, run_has_answers=True) == Drop("already answered")


def test_a_tile_reserved_meanwhile_is_not_failed() -> None:
    row = replace(reserved(PENDING), attempts=MAX_ATTEMPTS)
    assert isinstance(fail(row, TOKEN, 1_000, run_has_answers=True), Drop)


def test_an_outage_does_not_count_against_a_tile() -> None:
    row = forgive(reserved(PENDING), TOKEN, 1_120)
    assert (row.attempts, row.reservation) == (0, None)


def test_only_the_runs_own_attempt_is_forgiven() -> None:
    row = reserved(PENDING, token=TOKEN - 1)
    assert forgive(row, TOKEN, 1_120) == row


def test_a_tile_still_in_a_hand_is_not_freed_by_forgiving() -> None:
    row = reserved(PENDING)
    assert forgive(row, TOKEN, 1_119) == row


def test_forgiving_twice_forgives_once() -> None:
    row = reserved(replace(PENDING, attempts=1))
    assert forgive(forgive(row, TOKEN, 1_120), TOKEN, 1_120).attempts == 1


OUTCOMES = st.sampled_from(["commit", "give back", "refuse", "crash", "linger"])
HINTS = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 20), OUTCOMES), max_size=60)


@given(HINTS)
def test_no_interleaving_asks_too_often_or_gives_a_tile_to_two_workers(
    hints: list[tuple[int, int, str]],
) -> None:
    """Unanswered attempts: two per run, and the counted ones bounded; a hand at a time."""
    row, now, token = PENDING, 1_000, 1
    lost: Counter[int] = Counter()
    holder = ""
    held_until = 0
    for number, (pause, new_run, outcome) in enumerate(hints):
        now += pause
        token += new_run == 0
        name = f"r{number}"
        asked = reserve(row, name, token, now, TIMEOUT)
        if isinstance(asked, Drop):
            continue
        assert not (holder and now < held_until)
        row = asked
        holder, held_until = name, now + TIMEOUT
        assert is_reserved(row, held_until)
        if outcome == "give back":
            row, holder = written(give_back(row, name, now, "throttled")), ""
        elif outcome == "refuse":
            row, holder = written(refuse(row, name, "refused")), ""
        elif outcome == "commit":
            row, holder = written(commit(row, name, 1)), ""
        else:
            lost[token] += 1
        assert row.attempts <= MAX_ATTEMPTS
        assert row.refusals <= MAX_REFUSALS
        assert lost[token] <= 2
    assert len(lost) <= MAX_ATTEMPTS


def test_an_attempt_of_which_a_part_was_billed_stays_counted() -> None:
    row = written(give_back(reserved(PENDING), "r1", 1_015, "throttled", billed=True))
    assert (row.attempts, row.reservation) == (1, None)


def test_a_broken_answer_leaves_the_tile_alone_for_ever_longer() -> None:
    row, pauses = PENDING, []
    for number in range(MAX_SERVER_ERRORS):
        held = written(reserve(row, f"r{number}", 7, row.retry_at, 60))
        row = written(give_back(held, f"r{number}", row.retry_at, "500", server_error=True))
        pauses.append(row.retry_at - sum(pauses))
    assert pauses == [15, 30, 60, 120, 240, 300, 300]
    assert row.attempts == 0


def test_a_tile_that_stays_broken_fails_only_where_others_were_answered() -> None:
    row = replace(PENDING, server_errors=MAX_SERVER_ERRORS)
    assert is_stuck(row, 7, 1_000)
    assert not has_failed(row, 7, 1_000, run_has_answers=False)
    assert has_failed(row, 7, 1_000, run_has_answers=True)


def test_after_a_run_without_any_answer_a_broken_tile_starts_afresh() -> None:
    assert forgive(replace(PENDING, server_errors=MAX_SERVER_ERRORS), 7, 1_000).server_errors == 0


def used_up(first_error: int) -> TileRow:
    """A tile that server errors used up, asked again at once after each pause."""
    row, now = PENDING, first_error
    for number in range(MAX_SERVER_ERRORS):
        held = written(reserve(row, f"r{number}", 7, now, 60))
        row = written(give_back(held, f"r{number}", now, "500", server_error=True))
        now = row.retry_at
    return row


@pytest.mark.parametrize(
    ("answered_at", "with_errors", "tells"),
    [
        (0, 1, False),
        (1_000, 1, True),
        (1_000, 10, True),
        (1_000, 11, False),
        (1_030, 11, False),
        (1_031, 11, True),
    ],
)
def test_server_errors_are_an_outage_s_where_many_tiles_make_them_and_no_answer_came_since(
    answered_at: int, with_errors: int, tells: bool
) -> None:
    row = used_up(first_error=1_000)
    assert others_answered(row, answered_at=answered_at, tiles_with_errors=with_errors) is tells


def test_any_answer_of_the_run_tells_of_a_tile_that_was_asked_in_vain() -> None:
    assert others_answered(PENDING, answered_at=1, tiles_with_errors=500)


def test_after_an_outage_a_tile_starts_afresh_and_its_asks_count() -> None:
    row = relieve(replace(PENDING, server_errors=MAX_SERVER_ERRORS, attempts=2), 1_000)
    assert (row.server_errors, row.attempts) == (0, 2)
