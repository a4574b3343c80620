from __future__ import annotations

from dataclasses import replace

from tilescout.runs.detecting import DetectingTurn, detecting_turn
from tilescout.runs.pacing import NO_PROGRESS, Pace
from tilescout.runs.records import Run, RunState
from tilescout.runs.survey import Survey

NOW = 10_000
RUN = Run(id="run", model="parts", execution="e", token=1, status="OPEN", opened_at=1, calls_left=9)
TEXT = RunState(model="textract", execution="e", deadline=20_000)
PARTS = replace(TEXT, model="parts", needs_model=True, needs_version=True, version="v1")


def tiles(count: int) -> Survey:
    return Survey(since={("document", 1, tile): 0 for tile in range(count)})


def turn(state: RunState, seen: Survey, *, is_model_up: bool = False) -> DetectingTurn:
    return detecting_turn(state, RUN, seen, NOW, is_model_up=is_model_up)


def test_hints_are_sent_for_tiles_that_wait() -> None:
    made = turn(TEXT, tiles(2))
    assert made.tiles == [("document", 1, 0), ("document", 1, 1)]
    assert (made.state.next, made.state.wait_seconds, made.is_last) == ("", 2, False)


def test_a_run_without_open_tiles_stops_detecting() -> None:
    made = turn(TEXT, Survey(answered=5))
    assert (made.state.next, made.state.finished) == ("StopModel", "every tile has ended")
    assert made.is_last


def test_tiles_wait_for_a_model_that_is_down() -> None:
    made = turn(replace(PARTS, ready_at=9_000, give_up_at=1), tiles(2))
    assert (made.state.next, made.state.ready_at, made.state.give_up_at) == ("StartModel", 0, 0)
    assert (made.tiles, made.is_last) == ((), False)


def test_a_model_that_is_up_gets_its_tiles() -> None:
    assert turn(PARTS, tiles(2), is_model_up=True).tiles == tiles(2).sendable


def test_a_run_that_opened_without_a_version_leaves_open_tiles_to_the_next() -> None:
    made = turn(replace(PARTS, version=""), tiles(2))
    assert (made.state.next, made.state.deferred) == ("StopModel", True)
    assert (
        made.state.finished == "open tiles were found that need the model; the next run starts it"
    )


def test_a_model_is_stopped_sooner_than_a_detector_without_one() -> None:
    silent = Pace(ended_at=NOW - 600)
    costly = turn(replace(PARTS, pace=silent), tiles(1), is_model_up=True)
    assert costly.state.finished == "no progress"
    assert turn(replace(TEXT, pace=silent), tiles(1)).state.finished == ""
    quiet = Pace(ended_at=NOW - NO_PROGRESS)
    assert turn(replace(TEXT, pace=quiet), tiles(1)).state.finished == "no progress"


def test_a_model_is_kept_a_little_longer_for_tiles_that_may_be_at_fault() -> None:
    failing = with_errors(tiles(1), has_answers=True, server_errors=1)
    silent = replace(PARTS, pace=Pace(ended_at=NOW - 600))
    assert turn(silent, failing, is_model_up=True).state.finished == ""


def with_errors(seen: Survey, *, has_answers: bool, server_errors: int) -> Survey:
    seen.has_answers, seen.server_errors = has_answers, server_errors
    return seen
