"""Makes queues, event source mappings and schedules of the emulator behave as on AWS."""

from __future__ import annotations

import json
import logging
import threading
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ministack.core.concurrency import esm_wake
from ministack.services import eventbridge, lambda_svc, scheduler, sqs

from tilescout_local.role_calls import RoleCalls

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
TICK_SECONDS = 1.0
# The fewest real seconds between two polls of schedules or queues, however fast the clock is.
MIN_TICK_SECONDS = 0.05

_invoke_target = eventbridge._invoke_target
_mapping_response = lambda_svc._esm_response
_update_mapping = lambda_svc._update_esm


def install(clock_scale: float, role_calls: RoleCalls) -> None:
    """Replaces functions of the emulator and starts the wake-up of its queue poller.

    Schedules, polls and retries keep to a clock ``clock_scale`` times as fast as the real one.
    ``role_calls`` counts what schedules start.
    """
    tick = max(MIN_TICK_SECONDS, TICK_SECONDS / clock_scale)
    scheduler._SCHEDULE_TICK_INTERVAL = tick
    eventbridge._SCHEDULER_TICK_INTERVAL = tick
    lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS /= clock_scale
    eventbridge._invoke_target = partial(invoke_target, role_calls)
    eventbridge._dispatch_to_lambda = dispatch_to_lambda
    lambda_svc._run_sqs_batch = run_sqs_batch
    lambda_svc._esm_response = mapping_response
    lambda_svc._update_esm = update_mapping
    poll = max(MIN_TICK_SECONDS, POLL_SECONDS / clock_scale)
    threading.Thread(target=_keep_polling, args=(poll,), daemon=True, name="poller-wake").start()


def _keep_polling(seconds: float) -> None:
    """Wakes the poller for delayed and returned messages, which otherwise wait up to a second."""
    pause = threading.Event()
    while not pause.wait(seconds):
        esm_wake.set()


def run_sqs_batch(mapping: Any, function: Any, event: Any, batch: Any, url: str, name: str) -> None:
    """Invokes for one batch and deletes the messages done; the others return after their
    visibility."""
    result = lambda_svc._execute_function(function, event)
    done = _processed(mapping, result, {message["id"] for message in batch})
    failures = len(batch) - len(done)
    handles = {message["receipt_handle"] for message in batch if message["id"] in done}
    sqs._delete_messages_for_esm(url, handles)
    mapping["LastProcessingResult"] = f"{len(done)} done, {failures} failed"
    if failures:
        logger.info(
            "%s: %d of %d messages failed from %s",
            mapping["FunctionName"],
            failures,
            len(batch),
            name,
        )
    if not done:
        lambda_svc._esm_backoff_until[mapping["UUID"]] = time.time() + POLL_SECONDS


def _processed(mapping: dict[str, Any], result: dict[str, Any], sent: set[str]) -> set[str]:
    """Returns the ids of the messages to delete.

    A partial response that is malformed or names no message of the batch fails the whole batch
    (Lambda, implementing partial batch responses).
    """
    if result.get("error"):
        return set()
    body = result.get("body")
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", []) or body is None:
        return sent
    failures = body.get("batchItemFailures") if isinstance(body, dict) else "malformed"
    if failures is None:
        return sent
    if not isinstance(failures, list):
        return set()
    named = {item.get("itemIdentifier") for item in failures if isinstance(item, dict)}
    return sent - named if named <= sent and len(named) == len(failures) else set()


def _enabled(mapping: dict[str, Any]) -> bool:
    """Tells whether a mapping polls. Templates pass booleans as text too; to the emulator "false"
    is true."""
    return str(mapping.get("Enabled", True)).lower() != "false"


def mapping_response(mapping: dict[str, Any]) -> Any:
    """Returns a mapping whose State tells if it polls; the emulator says Enabled for each new
    stack."""
    response = _mapping_response(mapping)
    response["State"] = "Enabled" if _enabled(mapping) else "Disabled"
    return response


def update_mapping(identifier: str, data: dict[str, Any]) -> Any:
    """Enables or disables a mapping at once, so that its state is never a transient one."""
    if "Enabled" in data:
        data = {**data, "Enabled": _enabled(data)}
    return _update_mapping(identifier, data)


def dispatch_to_lambda(arn: str, payload: str) -> None:
    """Invokes asynchronously, as rules do, with two retries after an error; the emulator has
    none."""
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if function is not None and config is not None:
        record = lambda_svc._execution_record_for_config(function, config)
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))


def invoke_target(
    role_calls: RoleCalls, target: dict[str, Any], event: Any, rule: Any, view: Any = None
) -> None:
    """Fills in the context attributes of a target's input, as EventBridge Scheduler does."""
    if event.get("Source") == "aws.scheduler" and target.get("Input"):
        target = {**target, "Input": _filled(target["Input"], event)}
        asked = {"stateMachineArn": target["Arn"]}
        role_calls.note(target.get("RoleArn", ""), "states", "StartExecution", asked)
    _invoke_target(target, event, rule, view)


def _filled(text: str, event: dict[str, Any]) -> str:
    fired = datetime.fromtimestamp(event["Time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    attributes = {
        "scheduled-time": fired,
        "execution-id": event["EventId"],
        "schedule-arn": event["Resources"][0],
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def advance(seconds: float) -> None:
    """Makes schedules and rules fire as if ``seconds`` more had passed since they last fired."""
    _set_back(scheduler._schedule_last_fired, scheduler._schedules._data, "CreationDate", seconds)
    _set_back(eventbridge._rule_last_fired, eventbridge._rules._data, "CreationTime", seconds)


def _set_back(fired: dict[Any, float], items: Any, created: str, seconds: float) -> None:
    for key, item in list(items.items()):
        fired[key] = fired.get(key, item.get(created) or time.time()) - seconds
