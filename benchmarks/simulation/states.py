"""An interpreter of the part of the Amazon States Language that the two workflows use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.simulation.clock import Clock, Process, Sleeping
from benchmarks.simulation.faults import Faults

TASK_SECONDS = 1.0
"""Seconds from one state to the next: the function's time and the service's own."""

Task = Callable[[Any], Any]


class TaskFailed(Exception):
    """A task's error by name; the cause is of no matter here."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def look_up(path: str, data: Any, context: Any) -> Any:
    """Returns what a reference path such as $.run.model points to."""
    root, _, rest = path.partition(".")
    found = context if root == "$$" else data
    for key in filter(None, rest.split(".")):
        found = found[key]
    return found


def fill(template: Any, data: Any, context: Any) -> Any:
    """Returns the parameters with every "name.$" replaced by what its path points to."""
    if isinstance(template, list):
        return [fill(each, data, context) for each in template]
    if not isinstance(template, dict):
        return template
    return {
        key.removesuffix(".$"): look_up(value, data, context)
        if key.endswith(".$")
        else fill(value, data, context)
        for key, value in template.items()
    }


def put(data: Any, path: str | None, result: Any) -> Any:
    """Returns the state's data with its result at ``path``; dropped if that is null."""
    if path is None:
        return data
    key = path.removeprefix("$").removeprefix(".")
    return {**data, key: result} if key else result


def holds(rule: Mapping[str, Any], data: Any) -> bool:
    """True if one rule of a Choice holds.

    Raises NotImplementedError for a comparison that neither workflow used so far.
    """
    if "And" in rule:
        return all(holds(each, data) for each in rule["And"])
    if "Or" in rule:
        return any(holds(each, data) for each in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data)
    try:
        value = look_up(rule["Variable"], data, {})
        present = True
    except (KeyError, TypeError):
        value, present = None, False
    if "IsPresent" in rule:
        return present is bool(rule["IsPresent"])
    if "StringEquals" in rule:
        # A value of another type is no error: the rule does not hold.
        return bool(value == rule["StringEquals"])
    raise NotImplementedError(f"the comparison {sorted(rule)} of a Choice")


def _matches(errors: list[str], name: str) -> bool:
    return name in errors or "States.ALL" in errors


class Execution:
    """One execution; ``functions`` are by the task's Resource, with whatever it names."""

    def __init__(
        self,
        clock: Clock,
        definition: Mapping[str, Any],
        functions: Mapping[str, Task],
        faults: Faults,
        name: str,
        payload: Any,
    ) -> None:
        self.clock = clock
        self.name = name
        self.status = "RUNNING"
        self.transitions = 0
        self._definition = definition
        self._functions = functions
        self._faults = faults
        self._context = {
            "Execution": {"Id": name, "Input": payload},
            "StateMachine": {"Id": "machine"},
        }
        self._process: Process = clock.spawn(self._walk(payload))
        if "TimeoutSeconds" in definition:
            clock.after(definition["TimeoutSeconds"], lambda: self._end("TIMED_OUT"))

    def abort(self) -> None:
        """Ends the execution as StopExecution does: no Catch runs."""
        self._end("ABORTED")

    def _end(self, status: str) -> None:
        if self.status == "RUNNING":
            self.status = status
            self._process.kill()

    def _walk(self, data: Any) -> Sleeping:
        name: str | None = self._definition["StartAt"]
        while name is not None:
            state = self._definition["States"][name]
            self.transitions += 1
            kind = state["Type"]
            if kind in ("Succeed", "Fail"):
                self.status = "SUCCEEDED" if kind == "Succeed" else "FAILED"
                return
            if kind == "Wait":
                yield float(state.get("Seconds") or look_up(state["SecondsPath"], data, {}))
                name = state["Next"]
            elif kind == "Choice":
                chosen = (rule for rule in state["Choices"] if holds(rule, data))
                name = next(chosen, {"Next": state.get("Default")})["Next"]
            else:
                name, data = yield from self._task(name, state, data)

    def _task(
        self, name: str, state: Mapping[str, Any], data: Any
    ) -> Any:  # a generator that returns (next state or None, data)
        payload = fill(state["Parameters"], data, self._context) if "Parameters" in state else data
        retried: dict[int, int] = {}
        while True:
            try:
                result = self._invoke(name, state["Resource"], payload)
            except TaskFailed as error:
                yield TASK_SECONDS
                pause = _retry(state, error.name, retried)
                if pause is not None:
                    yield pause
                    continue
                return self._caught(state, data, error.name)
            yield TASK_SECONDS
            return state.get("Next"), put(data, state.get("ResultPath", "$"), result)

    def _invoke(self, name: str, resource: str, payload: Any) -> Any:
        fault = self._faults.at(f"lambda:{name}", self.clock.now_ms)
        if fault is not None and fault.effect == "before":
            raise TaskFailed(fault.code)
        result = self._functions[resource](payload)
        if fault is not None:
            raise TaskFailed(fault.code)
        return result

    def _caught(self, state: Mapping[str, Any], data: Any, error: str) -> tuple[str | None, Any]:
        for catcher in state.get("Catch", []):
            if _matches(catcher["ErrorEquals"], error):
                caught = {"Error": error, "Cause": ""}
                return catcher["Next"], put(data, catcher.get("ResultPath", "$"), caught)
        self.status = "FAILED"
        return None, data


def _retry(state: Mapping[str, Any], error: str, retried: dict[int, int]) -> float | None:
    """Returns the seconds until the next try, or None. ``retried`` counts tries by rule."""
    for index, rule in enumerate(state.get("Retry", [])):
        if _matches(rule["ErrorEquals"], error):
            done = retried.get(index, 0)
            if done >= rule.get("MaxAttempts", 3):
                return None
            retried[index] = done + 1
            seconds: float = rule.get("IntervalSeconds", 1) * rule.get("BackoffRate", 2.0) ** done
            longest: float = rule.get("MaxDelaySeconds", seconds)
            return min(seconds, longest)
    return None
