"""Executions of the workflow.

A module of its own: of the functions only the guard may call Step Functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tilescout.errors import RunNotDescribed

if TYPE_CHECKING:
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


def _is_unknown(error: Exception) -> bool:
    codes = ("ExecutionDoesNotExist", "InvalidArn")
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in codes
