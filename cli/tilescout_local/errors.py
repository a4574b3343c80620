"""Errors of the embedded AWS.

EmbeddedAwsError
  WrongEmulatorVersion   another ministack than the one whose seams are known
  StartFailed            the process did not become ready
  DeployFailed           CloudFormation refused or rolled back the stack
  SynthesisFailed        the CDK app did not synthesise
  ControlRefused         the control endpoint refused an order
  WorkerDied             a worker process ended while it was asked something
  WorkerTimedOut         a worker did not answer in time
"""

from __future__ import annotations


class EmbeddedAwsError(Exception):
    """Base of every error raised by the embedded AWS."""


class WrongEmulatorVersion(EmbeddedAwsError):
    """The installed ministack is not the pinned one."""


class StartFailed(EmbeddedAwsError):
    """The embedded AWS did not become ready."""


class DeployFailed(EmbeddedAwsError):
    """CloudFormation refused or rolled back the stack."""


class SynthesisFailed(EmbeddedAwsError):
    """The CDK app did not synthesise."""


class ControlRefused(EmbeddedAwsError):
    """The control endpoint refused an order; the message tells why."""


class WorkerDied(EmbeddedAwsError):
    """A worker process ended before it answered."""


class WorkerTimedOut(EmbeddedAwsError):
    """A worker process did not answer within its time."""
