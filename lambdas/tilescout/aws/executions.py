"""Executions of the workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tilescout.errors import RunNotDescribed

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


def is_running(step_functions: SFNClient, execution: str) -> bool:
    """False for an execution that has ended, was aborted, or never was.

    Raises RunNotDescribed where the service does not say.
    """
    try:
        status = step_functions.describe_execution(executionArn=execution)["status"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ExecutionDoesNotExist", "InvalidArn"):
            return False
        raise RunNotDescribed(
            f"{execution} could not be described ({error}); asked again"
        ) from error
    return status == "RUNNING"
