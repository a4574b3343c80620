"""Executions of the workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from tilescout.errors import RunNotDescribed

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def is_running(step_functions: SFNClient, execution: str) -> bool:
    """False for an execution that has ended, was aborted, or never was.

    Raises RunNotDescribed where the service does not say.
    """
    try:
        status = step_functions.describe_execution(executionArn=execution)["status"]
    except (ClientError, BotoCoreError) as error:
        if _says_no_such(error):
            return False
        raise RunNotDescribed(
            f"{execution} could not be described ({error}); look again in a minute"
        ) from error
    return status == "RUNNING"


def _says_no_such(error: Exception) -> bool:
    codes = ("ExecutionDoesNotExist", "InvalidArn")
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in codes
