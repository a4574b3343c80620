"""The definition as a graph: whatever happens after StartModel, StopModel comes before the end."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tilescout import errors
from tilescout.runs.lease_rules import MAX_WAIT, TTL

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = ROOT / "statemachine" / "detection_run.asl.json"
TERMINAL = ("Succeed", "Fail")
WITH_MODEL = ("StartModel", "DetectTiles")
AFTER_MODEL = ("StopModel", "MergePages", "CloseRun")


@pytest.fixture(scope="module")
def definition() -> dict[str, Any]:
    return dict(json.loads(DEFINITION.read_text()))


@pytest.fixture(scope="module")
def states(definition: dict[str, Any]) -> dict[str, Any]:
    return dict(definition["States"])


def _followers(state: dict[str, Any]) -> Iterator[str]:
    for edge in (state, *state.get("Choices", []), *state.get("Catch", [])):
        if "Next" in edge:
            yield edge["Next"]
    if "Default" in state:
        yield state["Default"]


def _reached(states: dict[str, Any], start: str, *, without: str = "") -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in seen and name != without:
            seen.add(name)
            waiting += _followers(states[name])
    return seen


def _terminal(states: dict[str, Any], names: set[str]) -> set[str]:
    return {name for name in names if states[name]["Type"] in TERMINAL or "End" in states[name]}


def test_every_state_can_be_reached(definition: dict[str, Any]) -> None:
    states = definition["States"]
    assert _reached(states, definition["StartAt"]) == set(states)


def test_every_edge_leads_to_a_state(states: dict[str, Any]) -> None:
    edges = {follower for state in states.values() for follower in _followers(state)}
    assert edges - set(states) == set()


@pytest.mark.parametrize("start", WITH_MODEL)
def test_no_end_is_reached_with_the_model_running(states: dict[str, Any], start: str) -> None:
    around = _reached(states, start, without="StopModel")
    assert _terminal(states, around) == set()


@pytest.mark.parametrize("start", WITH_MODEL)
def test_nothing_is_merged_or_closed_with_the_model_running(
    states: dict[str, Any], start: str
) -> None:
    around = _reached(states, start, without="StopModel")
    assert around & {"MergePages", "CloseRun"} == set()


def test_an_end_is_reached_from_every_state(states: dict[str, Any]) -> None:
    assert [name for name in states if not _terminal(states, _reached(states, name))] == []


def test_every_task_between_start_and_stop_is_caught_into_stop_model(
    states: dict[str, Any],
) -> None:
    between = _reached(states, "StartModel", without="StopModel")
    tasks = {name: states[name] for name in between if states[name]["Type"] == "Task"}
    assert set(tasks) == set(WITH_MODEL)
    for task in tasks.values():
        assert [(each["ErrorEquals"], each["Next"]) for each in task["Catch"]] == [
            (["States.ALL"], "StopModel")
        ]


@pytest.mark.parametrize(
    ("task", "next_"),
    [("StopModel", "CloseRun"), ("MergePages", "CloseRun"), ("CloseRun", "RunFailed")],
)
def test_a_failure_after_the_model_still_closes_the_run(
    states: dict[str, Any], task: str, next_: str
) -> None:
    assert [(each["ErrorEquals"], each["Next"]) for each in states[task]["Catch"]] == [
        (["States.ALL"], next_)
    ]


@pytest.mark.parametrize("task", [*WITH_MODEL, *AFTER_MODEL])
def test_what_was_caught_is_kept_beside_the_run(states: dict[str, Any], task: str) -> None:
    assert {each["ResultPath"] for each in states[task]["Catch"]} == {"$.error"}


def test_a_run_with_an_error_ends_failed(states: dict[str, Any]) -> None:
    """The first choice that holds is taken: closing goes on, and then it must be this one."""
    assert states["DidAnyStepFail"]["Choices"][0]["Next"] == "CloseRun"
    assert states["DidAnyStepFail"]["Choices"][1] == {
        "Variable": "$.error",
        "IsPresent": True,
        "Next": "RunFailed",
    }
    assert states["RunFailed"]["Type"] == "Fail"


def test_a_task_gives_its_own_name_as_the_step(states: dict[str, Any]) -> None:
    steps = {
        name: state["Parameters"]["step"]
        for name, state in states.items()
        if state.get("Resource") == "${AdvanceRunFunctionArn}"
    }
    assert steps == {name: name for name in ("OpenRun", *WITH_MODEL, *AFTER_MODEL)}


def test_the_next_run_is_the_same_machine_s_and_its_failure_is_not_this_one_s(
    states: dict[str, Any],
) -> None:
    state = states["StartNextRun"]
    assert state["Resource"] == "${StartExecutionArn}"
    assert state["Parameters"]["StateMachineArn.$"] == "$$.StateMachine.Id"
    assert [each["Next"] for each in state["Catch"]] == ["RunSucceeded"]


def test_a_task_gives_up_soon_after_its_function_does(states: dict[str, Any]) -> None:
    """advance_run has 30 s; a task that waited longer would hold the lease for nothing."""
    timeouts = {state["TimeoutSeconds"] for state in states.values() if state["Type"] == "Task"}
    assert timeouts == {40}


def test_only_arns_are_substituted() -> None:
    placeholders = re.findall(r"\$\{(\w+)\}", DEFINITION.read_text())
    assert set(placeholders) == {"AdvanceRunFunctionArn", "StartExecutionArn"}


def waits(rule: dict[str, Any]) -> list[float]:
    """The longest seconds before each try; jitter only shortens them."""
    delays = (
        rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2.0) ** n
        for n in range(rule.get("MaxAttempts", 3))
    )
    return [min(delay, rule.get("MaxDelaySeconds", delay)) for delay in delays]


def test_no_retrier_waits_longer_than_half_a_lease_without_a_heartbeat(
    states: dict[str, Any],
) -> None:
    """A throttled step keeps no lease: after the longest Wait the lease outlasts its retries."""
    longest = {
        (name, *rule["ErrorEquals"]): sum(waits(rule))
        for name, state in states.items()
        for rule in state.get("Retry", [])
    }
    assert len(longest) == 14
    assert {key: wait for key, wait in longest.items() if wait > TTL / 2} == {}
    assert MAX_WAIT + max(longest.values()) < TTL


@pytest.mark.parametrize("task", ["OpenRun", *WITH_MODEL, *AFTER_MODEL])
def test_a_step_that_lambda_had_no_room_for_is_tried_for_more_than_a_minute(
    states: dict[str, Any], task: str
) -> None:
    """Nothing was done, so it may be repeated at once."""
    [rule] = [
        rule
        for rule in states[task]["Retry"]
        if rule["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
    ]
    assert sum(waits(rule)) > 60


@pytest.mark.parametrize("task", [*WITH_MODEL, "StopModel"])
def test_a_step_that_may_act_on_a_model_is_repeated_only_once_it_must_have_ended(
    states: dict[str, Any], task: str
) -> None:
    """advance_run has 30 s; the repeated step looks at the lease and the model before it acts."""
    for rule in states[task]["Retry"]:
        if rule["ErrorEquals"] not in (["LeaseLost"], ["Lambda.TooManyRequestsException"]):
            assert rule["IntervalSeconds"] > 30
            assert rule["BackoffRate"] >= 1


@pytest.mark.parametrize("task", [*WITH_MODEL, "MergePages"])
@pytest.mark.parametrize(
    "error",
    [
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.Unknown",
        "Lambda.ServiceException",
        "Sandbox.Timedout",
    ],
)
def test_one_time_out_of_lambda_ends_no_run(states: dict[str, Any], task: str, error: str) -> None:
    named = {name for rule in states[task]["Retry"] for name in rule["ErrorEquals"]}
    assert error in named


def test_errors_named_by_the_definition_exist(states: dict[str, Any]) -> None:
    """A name in ErrorEquals is matched exactly; one that was renamed would never match."""
    named = {
        error
        for state in states.values()
        for rule in (*state.get("Retry", []), *state.get("Catch", []))
        for error in rule["ErrorEquals"]
        if not error.startswith(("States.", "Lambda.", "Sandbox.", "Runtime."))
    }
    known = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    assert named - known == set()


def test_an_execution_ends_by_itself_within_twelve_hours(definition: dict[str, Any]) -> None:
    assert definition["TimeoutSeconds"] <= 12 * 3600
