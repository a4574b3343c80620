"""10,000 pages in one run: its history and its payloads stay within what Step Functions takes.

Computed from the definition, the loop's own waits and the messages themselves.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from math import ceil
from pathlib import Path
from typing import Any

import pytest

from tilescout import messages
from tilescout.handlers.run_steps import claims, close_run
from tilescout.intake import page_ranges
from tilescout.messages import MergeHint, PageRange, TileHint, Upload
from tilescout.runs import history_budget, lease_rules, merge_pacing, model_lifecycle, pacing
from tilescout.runs.pacing import Pace, Progress
from tilescout.runs.records import RunState

DEFINITION = Path(__file__).resolve().parents[2] / "statemachine" / "detection_run.asl.json"
MAX_PAYLOAD = 256 * 1024
MAX_MESSAGE = 64 * 1024
EVENTS = {"Task": 5, "Choice": 2, "Wait": 2, "Succeed": 1, "Fail": 1}
"""Of one visit to a state. A Lambda task: entered, scheduled, started, succeeded, exited."""
EVENTS_OF_A_RETRY = 3
"""Scheduled, started, failed."""
LOOPS = ("StartModel", "DetectTiles", "StopModel", "MergePages")
HOURS_12 = 43_200
"""The longest execution, in seconds; the definition's own limit."""
MAX_START = 120 * 60
"""Seconds; the most that a profile's ``start_minutes`` may be."""
PAGES = 10_000
TILES_PER_PAGE = 12
ARN = (
    "arn:aws:rekognition:ap-southeast-2:123456789012:project/" + "p" * 255 + "/version/" + "v" * 100
)
EXECUTION = "arn:aws:states:ap-southeast-2:123456789012:execution:" + "m" * 80 + ":" + "e" * 80


@pytest.fixture(scope="module")
def states() -> dict[str, Any]:
    return dict(json.loads(DEFINITION.read_text())["States"])


def events_of(states: dict[str, Any], *names: str) -> int:
    return sum(EVENTS[states[name]["Type"]] for name in names)


def turn_of(states: dict[str, Any], first: str) -> int:
    """Events of one turn: the task, its choice, the wait, and back at the task."""
    choice = states[first]["Next"]
    wait = states[choice]["Default"]
    assert states[wait]["Next"] == first
    return events_of(states, first, choice, wait)


def detecting_turns(tiles: int, per_second: float, asked_per_second: float = 100.0) -> int:
    """Turns of DetectTiles while workers end so many tiles a second."""
    pace, now, turns = Pace(), 1_000, 0
    done = 0.0
    in_queue = 0
    while done < tiles:
        ended = int(done)
        progress = Progress(
            answered=ended, failed=0, reserved=0, sendable=tiles - ended, stuck=0, attempts=ended
        )
        turn = pacing.next_turn(pace, progress, now, asked_per_second)
        in_queue += turn.send
        worked = min(in_queue, per_second * turn.wait_seconds, tiles - done)
        done, in_queue = done + worked, in_queue - int(worked)
        pace, now, turns = turn.pace, now + turn.wait_seconds, turns + 1
        assert turns <= history_budget.MAX_DETECTING_TURNS, "the tiles never end"
    return turns


def merging_turns(pages: int, per_second: float, turns: int = 0) -> int:
    """Turns of MergePages while so many pages are merged a second, after ``turns`` of others."""
    before, now, left = turns, 0, float(pages)
    while left > 0:
        turn = merge_pacing.next_turn(ceil(left), turns=turns, idle=0, seconds_left=HOURS_12 - now)
        assert not turn.ends, turn.ends
        left -= min(turn.hints, per_second * turn.wait_seconds)
        turns, now = turns + 1, now + turn.wait_seconds
    return turns - before


@pytest.mark.fault("R13")
@pytest.mark.parametrize("per_second", [5, 10, 25, 50, 100])
def test_the_history_of_ten_thousand_pages_fits(states: dict[str, Any], per_second: float) -> None:
    """Pages are merged no faster than their tiles were answered, all of them only afterwards."""
    detecting = detecting_turns(PAGES * TILES_PER_PAGE, per_second)
    merging = merging_turns(PAGES, per_second / TILES_PER_PAGE, turns=detecting)
    events = detecting * turn_of(states, "DetectTiles") + merging * turn_of(states, "MergePages")
    assert events + events_of(states, *states) < history_budget.MAX_EVENTS


@pytest.mark.fault("R13")
def test_a_turn_of_each_loop_takes_as_many_events_as_the_budget_counts(
    states: dict[str, Any],
) -> None:
    assert {turn_of(states, name) for name in LOOPS} == {history_budget.EVENTS_PER_TURN}
    closing = events_of(states, "CloseRun", states["CloseRun"]["Next"])
    assert closing == history_budget.CLOSING_EVENTS_PER_TURN


@pytest.mark.fault("R13")
def test_no_execution_fills_its_history_however_it_goes(states: dict[str, Any]) -> None:
    """Detecting, stopping and merging end by their turns, closing soon after its own."""
    turns = 1 + max(
        history_budget.MAX_DETECTING_TURNS,
        history_budget.MAX_STOPPING_TURNS,
        history_budget.MAX_MERGING_TURNS,
    )
    retried = 50 * EVENTS_OF_A_RETRY
    open_at_last = ceil(claims.MAX_OPEN_CLAIMS / close_run.REQUEUED_PER_TURN)
    closing = max(0, history_budget.MAX_CLOSING_TURNS - turns) + open_at_last + 1
    looping = turns * history_budget.EVENTS_PER_TURN
    closing *= history_budget.CLOSING_EVENTS_PER_TURN
    assert looping + closing + events_of(states, *states) + retried < history_budget.MAX_EVENTS


@pytest.mark.fault("R13")
def test_after_the_last_turn_of_detecting_a_model_that_starts_is_still_waited_for() -> None:
    stopping = (MAX_START + lease_rules.SETTLE) // model_lifecycle.STOP_POLL
    assert history_budget.MAX_DETECTING_TURNS + stopping < history_budget.MAX_STOPPING_TURNS


@pytest.mark.fault("R13")
def test_what_goes_from_state_to_state_does_not_grow_with_the_pages() -> None:
    large = 10**12
    state = RunState(model="m" * 255, execution=EXECUTION, id="run#000000#" + "e" * 80, version=ARN)
    numbers = {name: large for name, value in asdict(state).items() if type(value) is int}
    full = replace(
        state,
        **numbers,
        finished="f" * 200,
        pace=Pace(in_queue=large, attempts=large, ended=large, moved_at=large, ended_at=large),
    )
    assert len(json.dumps(asdict(full))) < MAX_PAYLOAD / 50


@pytest.mark.fault("I11", "R13")
@pytest.mark.parametrize(
    "message",
    [
        PageRange(document_id="d" * 32, first_page=1, last_page=PAGES),
        MergeHint(document_id="d" * 32, claim_token=10**9, page=PAGES),
        TileHint(
            model="m" * 255,
            token=10**9,
            run_id="run#000000#" + "e" * 80,
            document_id="d" * 32,
            page=PAGES,
            tile=10**6,
            model_version=ARN,
        ),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_holds_ids_and_keys_only(message: object) -> None:
    assert len(messages.body(message).encode()) < MAX_MESSAGE / 50


@pytest.mark.fault("I11")
def test_the_longest_key_makes_no_large_event() -> None:
    event = messages.upload_event(Upload("b" * 63, "\u00e9" * 512, "v" * 1024))
    assert len(json.dumps(event).encode()) < MAX_MESSAGE / 5


@pytest.mark.fault("R13")
def test_ten_thousand_pages_are_some_thousand_messages_at_most() -> None:
    ranges = page_ranges.page_ranges(1, PAGES, tiles_per_page=TILES_PER_PAGE)
    assert len(ranges) <= PAGES
    assert (ranges[0][0], ranges[-1][1]) == (1, PAGES)
