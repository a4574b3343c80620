"""Executions of the workflow: which run, starting one, and keeping the guard from it for a while.

A module of its own: of the functions only the guard may call Step Functions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tilescout import keys
from tilescout.errors import RunNotDescribed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_stepfunctions import SFNClient


def is_running(step_functions: SFNClient, execution: str) -> bool:
    """Returns False for an execution that has ended, was aborted or never existed.

    Raises RunNotDescribed where Step Functions gives no answer.
    """
    try:
        status = step_functions.describe_execution(executionArn=execution)["status"]
    except (ClientError, BotoCoreError) as error:
        if _is_unknown(error):
            return False
        raise RunNotDescribed(
            f"{execution} could not be described ({error}); try again in a minute"
        ) from error
    return status == "RUNNING"


def start_run(step_functions: SFNClient, machine: str, model: str, now: int) -> bool:
    """Starts a run of the model, at most one per minute; returns False where it was started.

    The name follows from the model and the minute, so that a repeated call starts no other.
    """
    digest = hashlib.sha256(model.encode()).hexdigest()[:16]
    try:
        step_functions.start_execution(
            stateMachineArn=machine,
            name=f"upload-{digest}-{now // 60}",
            input=json.dumps({"model": model, "reason": "an upload is due"}),
        )
    except step_functions.exceptions.ExecutionAlreadyExists:
        return False
    return True


def pause_starts(ledger: Table, until: int, *, besides: str = "") -> None:
    """Keeps the guard from starting runs until then, ``besides`` those of one model.

    It goes on with its other duties.
    """
    ledger.put_item(Item={**keys.STARTS_PAUSED, "until": until, "besides": besides})


def startable(ledger: Table, models: Sequence[str], now: int) -> list[str]:
    """Returns those of the models of which nobody keeps the guard from starting runs."""
    if not models:
        return []
    paused = ledger.get_item(Key=keys.STARTS_PAUSED, ConsistentRead=True).get("Item", {})
    is_paused = now < int(str(paused.get("until", 0)))
    return [model for model in models if not is_paused or model == paused.get("besides")]


def _is_unknown(error: Exception) -> bool:
    codes = ("ExecutionDoesNotExist", "InvalidArn")
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in codes
