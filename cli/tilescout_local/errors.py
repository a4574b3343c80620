"""The errors of the embedded AWS.

EmbeddedAwsError
  WrongEmulatorVersion   the installed ministack is not the pinned one
  StartFailed            the process did not become ready
  DeployFailed           CloudFormation refused or rolled back the stack
  SynthesisFailed        the CDK app did not synthesise
  ControlRefused         the control endpoint refused a request
  WorkerDied             a worker process ended before it answered
  WorkerTimedOut         a worker process did not answer in time
ApiError                 an emulated service answers with an error; callers get it from boto3
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class EmbeddedAwsError(Exception):
    """The base of every error that the embedded AWS raises."""


class WrongEmulatorVersion(EmbeddedAwsError):
    """The installed ministack is not the pinned one."""


class StartFailed(EmbeddedAwsError):
    """The embedded AWS did not become ready."""


class DeployFailed(EmbeddedAwsError):
    """CloudFormation refused or rolled back the stack."""


class SynthesisFailed(EmbeddedAwsError):
    """The CDK app did not synthesise."""


class ControlRefused(EmbeddedAwsError):
    """The control endpoint refused a request; the message tells why."""


class WorkerDied(EmbeddedAwsError):
    """A worker process ended before it answered."""


class WorkerTimedOut(EmbeddedAwsError):
    """A worker process did not answer within its time."""


class EngineBusy(EmbeddedAwsError):
    """An engine has no answer yet; the same call has it later."""


class ApiError(Exception):
    """An error response of an emulated service; boto3 raises a class that is named ``code``."""

    def __init__(self, code: str, message: str, members: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.members = members or {}


def invalid_parameters() -> ApiError:
    """Returns the error of a request that breaks a rule of the service's own model."""
    return ApiError("InvalidParameterException", "Request has invalid parameters")
