"""10,000 pages in one run: its history and its payloads stay within what Step Functions takes.

Computed from the definition, the loop's own waits and the messages themselves.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from tilescout import messages, pacing, page_ranges
from tilescout.handlers.run_steps import merge_pages, merging_hints
from tilescout.messages import MergeHint, PageRange, TileHint, Upload
from tilescout.pacing import Pace, Progress
from tilescout.runs import CLOSING_MARGIN, RunState

DEFINITION = Path(__file__).resolve().parents[2] / "statemachine" / "detection_run.asl.json"
MOST_EVENTS = 25_000
MOST_PAYLOAD = 256 * 1024
MOST_MESSAGE = 64 * 1024
EVENTS = {"Task": 5, "Choice": 2, "Wait": 2, "Succeed": 1, "Fail": 1}
"""Of one visit to a state. A Lambda task: entered, scheduled, started, succeeded, exited."""
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
            answered=ended, failed=0, reserved=0, sendable=tiles - ended, stuck=0, asked=ended
        )
        turn = pacing.next_turn(pace, progress, now, asked_per_second)
        in_queue += turn.send
        worked = min(in_queue, per_second * turn.wait_seconds, tiles - done)
        done, in_queue = done + worked, in_queue - int(worked)
        pace, now, turns = turn.pace, now + turn.wait_seconds, turns + 1
        assert turns <= pacing.MOST_TURNS, "the tiles never end"
    return turns


def merging_turns(pages: int, per_second: float) -> int:
    """Turns of MergePages while so many pages are merged a second."""
    turns = 0
    left = float(pages)
    while left > 0:
        wait = min(merge_pages.LONGEST_WAIT_SECONDS, max(merge_pages.WAIT_SECONDS, int(left) // 20))
        left -= min(merging_hints.HINTS_PER_TURN, per_second * wait)
        turns += 1
    return turns


@pytest.mark.fault("R13")
@pytest.mark.parametrize("per_second", [5, 10, 25, 50, 100])
def test_the_history_of_ten_thousand_pages_fits(states: dict[str, Any], per_second: float) -> None:
    detecting = detecting_turns(PAGES * TILES_PER_PAGE, per_second) * turn_of(states, "DetectTiles")
    merging = merging_turns(PAGES, per_second / TILES_PER_PAGE) * turn_of(states, "MergePages")
    once = events_of(states, *states)
    assert detecting + merging + once < MOST_EVENTS


@pytest.mark.fault("R13")
def test_a_run_ends_detecting_before_its_history_leaves_no_room(states: dict[str, Any]) -> None:
    """However it goes: the most turns, and then half an hour of merging at its longest waits."""
    detecting = pacing.MOST_TURNS * turn_of(states, "DetectTiles")
    turns = math.ceil(CLOSING_MARGIN / merge_pages.LONGEST_WAIT_SECONDS)
    merging = turns * turn_of(states, "MergePages")
    assert detecting + merging + events_of(states, *states) < MOST_EVENTS


@pytest.mark.fault("R13")
def test_what_goes_from_state_to_state_does_not_grow_with_the_pages() -> None:
    large = 10**12
    state = RunState(model="m" * 255, execution=EXECUTION, id="run#000000#" + "e" * 80, version=ARN)
    numbers = {name: large for name, value in asdict(state).items() if type(value) is int}
    full = replace(
        state,
        **numbers,
        finished="f" * 200,
        pace=Pace(in_queue=large, asked=large, ended=large, moved_at=large, ended_at=large),
    )
    assert len(json.dumps(asdict(full))) < MOST_PAYLOAD / 50


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
    assert len(messages.body(message).encode()) < MOST_MESSAGE / 50


@pytest.mark.fault("I11")
def test_the_longest_key_makes_no_large_event() -> None:
    event = messages.upload_event(Upload("b" * 63, "\u00e9" * 512, "v" * 1024))
    assert len(json.dumps(event).encode()) < MOST_MESSAGE / 5


@pytest.mark.fault("R13")
def test_ten_thousand_pages_are_some_thousand_messages_at_most() -> None:
    ranges = page_ranges.page_ranges(1, PAGES, tiles_per_page=TILES_PER_PAGE)
    assert len(ranges) <= PAGES
    assert (ranges[0][0], ranges[-1][1]) == (1, PAGES)
