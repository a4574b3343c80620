"""Makes the emulator's Step Functions as strict as AWS."""

from __future__ import annotations

import json
import re
import threading
from functools import partial
from typing import Any

from ministack.services import stepfunctions as sfn

from tilescout.runs.history_budget import MAX_EVENTS
from tilescout_local.role_calls import RoleCalls

MAX_PAYLOAD_BYTES = 262_144
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
# "States.ALL" cannot catch these (Step Functions, error names).
_NEVER_CAUGHT_BY_ALL = ("States.DataLimitExceeded", "States.Runtime")

_add_event = sfn._add_event
_error_matches = sfn._error_matches
_fail_execution = sfn._fail_execution
_run_execution = sfn._run_execution
_start_execution = sfn._start_execution


def install(clock_scale: float, role_calls: RoleCalls) -> None:
    """Replaces the functions of the emulator that are more lenient than AWS.

    A machine's TimeoutSeconds are those of a clock ``clock_scale`` times as fast as the real one.
    ``role_calls`` counts the tasks of machines.
    """

    def run(arn: str) -> None:
        run_execution(arn, clock_scale)

    sfn._add_event = partial(add_event, role_calls)
    sfn._error_matches = error_matches
    sfn._fail_execution = fail_execution
    sfn._run_execution = run
    sfn._start_execution = start_execution


def start_execution(data: dict[str, Any]) -> Any:
    """Checks name and input; the same name and input while running returns the same execution."""
    name = data.get("name")
    if name is not None and not _NAME.fullmatch(name):
        return sfn.error_response_json("InvalidName", f"Invalid Name: '{name}'", 400)
    if len(data.get("input", "{}").encode()) > MAX_PAYLOAD_BYTES:
        message = "1 validation error detected: input exceeds the maximum length of 262144 bytes"
        return sfn.error_response_json("ValidationException", message, 400)
    running = _running_twin(data)
    if running is not None:
        answer = {"executionArn": running["executionArn"], "startDate": running["startDate"]}
        return sfn.json_response(answer)
    return _start_execution(data)


def _running_twin(data: dict[str, Any]) -> dict[str, Any] | None:
    machine = sfn._resolve_state_machine_arn(data.get("stateMachineArn", ""))
    if machine is None or data.get("name") is None:
        return None
    name = sfn._state_machines[machine]["name"]
    account = f"{sfn.get_region()}:{sfn.get_account_id()}"
    execution: dict[str, Any] | None = sfn._executions.get(
        f"arn:aws:states:{account}:execution:{name}:{data['name']}"
    )
    if execution is None or execution["status"] != "RUNNING":
        return None
    return execution if execution["input"] == data.get("input", "{}") else None


def run_execution(arn: str, clock_scale: float) -> None:
    """Ends the execution as TIMED_OUT after the machine's TimeoutSeconds, whatever its Catch
    says."""
    execution = sfn._executions.get(arn)
    timer = _deadline(execution, clock_scale) if execution is not None else None
    if timer is not None:
        timer.start()
    _run_execution(arn)
    if timer is not None:
        timer.cancel()


def _deadline(execution: dict[str, Any], clock_scale: float) -> threading.Timer | None:
    machine = sfn._state_machines.get(execution["stateMachineArn"])
    seconds = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    if seconds is None:
        return None
    scope = sfn.contextvars.copy_context()
    timer = threading.Timer(seconds / clock_scale, scope.run, (_time_out, execution))
    timer.daemon = True
    return timer


def _time_out(execution: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution["status"] = "TIMED_OUT"
    execution["stopDate"] = sfn.now_iso()
    _add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
    sfn._emit_execution_status_event(execution)


def fail_execution(execution: dict[str, Any], error: str, cause: str) -> None:
    """Fails an execution, unless it was aborted or timed out before its last task failed."""
    if execution["status"] == "RUNNING":
        _fail_execution(execution, error, cause)


def error_matches(names: list[str], error: str) -> bool:
    """Tells whether a Catch or Retry matches; States.ALL does not match terminal errors."""
    if error in _NEVER_CAUGHT_BY_ALL:
        return error in names
    matches: bool = _error_matches(names, error)
    return matches


def add_event(
    role_calls: RoleCalls,
    execution: dict[str, Any],
    kind: str,
    details: dict[str, Any] | None = None,
) -> Any:
    """Adds an event within the limits of AWS: 256 KiB per state and 25,000 events per execution.

    TaskStarted is added and counted as AWS does. Raises sfn._ExecutionError over a limit, which
    fails the execution.
    """
    if not kind.startswith("Execution"):
        _check_limits(execution, kind, details or {})
    event = _add_event(execution, kind, details)
    if kind == "TaskScheduled" and details is not None:
        resource = details["taskScheduledEventDetails"]
        _note_task(role_calls, execution["stateMachineArn"], str(resource["resource"]))
        _add_event(execution, "TaskStarted", {"taskStartedEventDetails": dict(resource)})
    return event


def _note_task(role_calls: RoleCalls, machine: str, resource: str) -> None:
    """Counts what a machine asks under its role: a function, or another execution of itself."""
    role = str(sfn._state_machines[machine]["roleArn"])
    if resource.endswith(":startExecution"):
        role_calls.note(role, "states", "StartExecution", {"stateMachineArn": machine})
    else:
        role_calls.note(role, "lambda", "Invoke", {"FunctionName": resource})


def _check_limits(execution: dict[str, Any], kind: str, details: dict[str, Any]) -> None:
    if len(execution["events"]) >= MAX_EVENTS - 1:
        raise sfn._ExecutionError(
            "States.Runtime", f"The execution reached the maximum of {MAX_EVENTS} history events"
        )
    for detail in details.values():
        for payload in (detail.get("input"), detail.get("output")):
            if isinstance(payload, str) and len(payload.encode()) > MAX_PAYLOAD_BYTES:
                raise sfn._ExecutionError(
                    "States.DataLimitExceeded",
                    f"{kind}: a size exceeding the maximum number of bytes service limit",
                )
