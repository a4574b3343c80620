from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilescout.runs.history_budget import MAX_DETECTING_TURNS
from tilescout.runs.lease_rules import MAX_WAIT
from tilescout.runs.pacing import (
    FIRST_WINDOW,
    MIN_WAIT,
    RESEND_AFTER,
    Limits,
    Pace,
    Progress,
    next_turn,
    wait_for,
    why_finished,
)

FAR = Limits(deadline=9_000, calls_left=99, calls_per_tile=1)


def progress(
    sendable: int, *, answered: int = 0, reserved: int = 0, attempts: int = 0, stuck: int = 0
) -> Progress:
    return Progress(
        answered=answered,
        failed=0,
        reserved=reserved,
        sendable=sendable,
        stuck=stuck,
        attempts=attempts,
    )


def test_the_first_turn_sends_a_first_window_and_looks_again_soon() -> None:
    turn = next_turn(Pace(), progress(1_000), now=100, calls_per_second=10)
    assert (turn.skip, turn.send, turn.wait_seconds) == (0, FIRST_WINDOW, MIN_WAIT)


def test_a_small_run_sends_all_it_has() -> None:
    assert next_turn(Pace(), progress(3), now=100, calls_per_second=10).send == 3


def test_hints_still_in_the_queue_are_not_sent_twice() -> None:
    first = next_turn(Pace(), progress(100), now=100, calls_per_second=10)
    second = next_turn(first.pace, progress(100), now=102, calls_per_second=10)
    assert (second.skip, second.send) == (40, 0)


def test_a_tile_given_back_is_sent_again_although_others_are_in_the_queue() -> None:
    first = next_turn(Pace(), progress(30), now=100, calls_per_second=10)
    seen = progress(30, attempts=5)
    second = next_turn(first.pace, seen, now=102, calls_per_second=10)
    assert (second.skip, second.send) == (25, 5)


def test_hints_are_taken_for_lost_after_a_while_without_an_attempt() -> None:
    first = next_turn(Pace(), progress(10), now=100, calls_per_second=10)
    later = next_turn(first.pace, progress(10), now=100 + RESEND_AFTER, calls_per_second=10)
    assert (later.skip, later.send) == (0, 10)


def test_hints_in_flight_never_exceed_what_the_service_takes() -> None:
    pace = Pace(attempts=0, ended=0, moved_at=90, turn=5)
    seen = progress(10_000, answered=5_000, attempts=5_000)
    turn = next_turn(pace, seen, now=100, calls_per_second=2)
    assert turn.send == 2 * turn.wait_seconds + 20


def test_tiles_not_looked_at_are_open_and_not_sent() -> None:
    seen = Progress(answered=0, failed=0, reserved=0, sendable=3, stuck=0, unread=500)
    assert seen.open == 503
    assert next_turn(Pace(), seen, now=100, calls_per_second=10).send == 3


@given(st.integers(0, 10_000), st.integers(0, 10**7), st.floats(0, 1_000))
def test_a_wait_is_never_over_half_a_heartbeat(turn: int, tiles: int, rate: float) -> None:
    assert MIN_WAIT <= wait_for(turn, tiles, rate) <= MAX_WAIT


@pytest.mark.parametrize(
    ("seen", "now", "calls_left", "reason"),
    [
        (progress(0), 10, 100, "every tile has ended"),
        (progress(0, stuck=2), 10, 100, "the remaining tiles cannot be sent now"),
        (progress(5), 500, 100, "deadline"),
        (progress(5), 10, 4, "budget"),
        (progress(5, reserved=1), 10, 4, ""),
        (progress(5), 10, 5, ""),
        (progress(0, reserved=1), 10, 0, ""),
    ],
)
def test_a_run_ends_when_it_has_done_what_it_can(
    seen: Progress, now: int, calls_left: int, reason: str
) -> None:
    limits = Limits(deadline=500, calls_left=calls_left, calls_per_tile=5)
    assert why_finished(seen, Pace(), limits, now) == reason


def test_a_run_in_which_nothing_ends_for_twenty_minutes_stops() -> None:
    pace = Pace(ended_at=1_000)
    seen = progress(5)

    def reason(now: int) -> str:
        return why_finished(seen, pace, FAR, now)

    assert (reason(2_199), reason(2_200)) == ("", "no progress")


def test_a_run_stops_before_its_history_is_full() -> None:
    pace = Pace(ended_at=1_000, turn=MAX_DETECTING_TURNS)
    assert why_finished(progress(5), pace, FAR, 1_001) == "the run's history is full"


def test_one_stubborn_tile_after_a_fast_start_is_looked_at_less_and_less_often() -> None:
    pace, now, looks = Pace(ended_at=1, moved_at=1, rate=20.0, ended=100, attempts=100), 10, 0
    while now < 1_200:
        turn = next_turn(pace, progress(1), now, 10.0)
        pace, now, looks = turn.pace, now + turn.wait_seconds, looks + 1
    assert looks < 60


@dataclass
class World:
    """A queue, workers and a ledger of tiles: what a run's loop sees of the world."""

    tiles: int
    workers: int
    seconds_a_call: int
    lose: float
    throttle: float
    seed: int
    now: int = 1_000
    attempts: int = 0
    duplicates: int = 0
    queue: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.pending = dict.fromkeys(range(self.tiles), 0)  # tile: sendable since
        self.asking: list[tuple[int, int]] = []  # ends at, tile

    def look(self) -> tuple[Progress, list[int]]:
        held = {tile for _, tile in self.asking}
        waiting = [tile for tile, since in self.pending.items() if since > self.now]
        free = [t for t, since in self.pending.items() if t not in held and since <= self.now]
        free.sort(key=lambda tile: self.pending[tile])
        seen = Progress(
            answered=self.tiles - len(self.pending),
            failed=0,
            reserved=len(held) + len(waiting),
            sendable=len(free),
            stuck=0,
            attempts=self.attempts,
        )
        return seen, free

    def send(self, tiles: list[int]) -> None:
        self.duplicates += sum(tile in self.queue for tile in tiles)
        self.queue += [tile for tile in tiles if self.dice.random() >= self.lose]

    def run_for(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            while self.asking and self.asking[0][0] <= self.now:
                self._end(heapq.heappop(self.asking)[1])
            while self.queue and len(self.asking) < self.workers:
                self._take(self.queue.pop(0))

    def _end(self, tile: int) -> None:
        if self.dice.random() < self.throttle:
            self.pending[tile] = self.now + 15
        else:
            del self.pending[tile]

    def _take(self, tile: int) -> None:
        held = {tile for _, tile in self.asking}
        if tile not in held and self.pending.get(tile, self.now + 1) <= self.now:
            self.attempts += 1
            heapq.heappush(self.asking, (self.now + self.seconds_a_call, tile))


def drive(world: World, calls_per_second: float, most_turns: int = 3_000) -> int:
    """Turns until every tile has ended."""
    pace = Pace()
    for turns in range(most_turns):
        seen, free = world.look()
        if not seen.open:
            return turns
        turn = next_turn(pace, seen, world.now, calls_per_second)
        assert MIN_WAIT <= turn.wait_seconds <= MAX_WAIT
        assert turn.skip + turn.send <= len(free)
        world.send(free[turn.skip : turn.skip + turn.send])
        pace = turn.pace
        world.run_for(turn.wait_seconds)
    raise AssertionError(f"{len(world.pending)} tiles are still open after {most_turns} turns")


@settings(deadline=None, max_examples=60)
@given(
    tiles=st.integers(1, 400),
    workers=st.integers(1, 30),
    seconds_a_call=st.integers(1, 20),
    lose=st.floats(0, 0.6),
    throttle=st.floats(0, 0.6),
    seed=st.integers(0, 10**6),
)
def test_every_tile_ends_whatever_is_lost_slow_or_throttled(
    tiles: int, workers: int, seconds_a_call: int, lose: float, throttle: float, seed: int
) -> None:
    world = World(tiles, workers, seconds_a_call, lose, throttle, seed)
    drive(world, calls_per_second=10)


def test_a_calm_run_keeps_its_workers_busy_and_sends_no_duplicates() -> None:
    world = World(tiles=2_000, workers=10, seconds_a_call=2, lose=0, throttle=0, seed=1)
    drive(world, calls_per_second=10)
    assert world.duplicates == 0
    assert world.now - 1_000 < 1.25 * (2_000 * 2 / 10)


def test_a_throttled_run_goes_on_without_standing_still() -> None:
    world = World(tiles=1_000, workers=10, seconds_a_call=2, lose=0, throttle=0.3, seed=1)
    drive(world, calls_per_second=10)
    asks = 1_000 / 0.7
    assert world.now - 1_000 < 1.5 * (asks * 2 / 10)
