"""Custom Labels as the command line sees it: the account's projects, and time that tests turn."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tilescout.aws.tables import lease_table
from tilescout.handlers.guard_steps.models import ModelGuard
from tilescout.profiles import Profile
from tilescout.runs.lease_rules import Lease
from tilescout_cli.console import clock
from tilescout_cli.stack.target import Stack

NOW = 1_795_000_000
"""2026-11-18 11:06:40 UTC; the guard looks at each full minute after it."""
PROJECT = "valves"
PROJECT_ARN = "arn:aws:rekognition:us-east-1:123456789012:project/valves/1"
MODEL_PROFILE = Profile(
    name="valves",
    detector="custom-labels",
    dpi=200,
    tile_size=1024,
    overlap=128,
    model_project=PROJECT,
)


def arn(version: str) -> str:
    return f"arn:aws:rekognition:us-east-1:123456789012:project/valves/version/{version}/7"


@dataclass
class Account:
    """Versions of the one project by name, newest last: status, units, message."""

    versions: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    refuses_stop: str = ""

    def have(self, version: str, status: str, units: int = 0, message: str = "") -> None:
        self.versions[version] = (status, units, message)

    def answer(self, operation: str, asked: dict[str, Any]) -> Any:
        if operation == "DescribeProjects":
            wanted = asked.get("ProjectNames", [PROJECT])
            found = [{"ProjectArn": PROJECT_ARN}] if PROJECT in wanted else []
            return {"ProjectDescriptions": found}
        if operation == "StopProjectVersion":
            return self._stop(asked["ProjectVersionArn"].split("/")[3])
        named = asked.get("VersionNames", list(self.versions))
        return {"ProjectVersionDescriptions": [self._described(name) for name in named]}

    def _described(self, name: str) -> dict[str, Any]:
        status, units, message = self.versions[name]
        if status == "STOPPING":
            self.have(name, "STOPPED", units)
        return {
            "ProjectVersionArn": arn(name),
            "Status": status,
            "StatusMessage": message,
            "MinInferenceUnits": units,
            "CreationTimestamp": datetime(2026, 1, 1 + list(self.versions).index(name), tzinfo=UTC),
        }

    def _stop(self, name: str) -> dict[str, str]:
        if self.refuses_stop:
            told = {"Code": self.refuses_stop, "Message": "no"}
            raise ClientError({"Error": told}, "StopProjectVersion")
        self.have(name, "STOPPING", self.versions[name][1])
        return {"Status": "STOPPING"}


@dataclass
class Time:
    """Epoch seconds. Waiting turns it on, and calls ``each_minute`` at each full minute."""

    now: int = NOW
    each_minute: Callable[[], None] = lambda: None

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.now += 1
            if (self.now - NOW) % 60 == 0:
                self.each_minute()


def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """Answers for Rekognition, for the command and the guard alike."""
    made = Account()
    original: Any = getattr(BaseClient, "_make_api_call")  # noqa: B009

    def call(client: Any, operation: str, asked: dict[str, Any]) -> Any:
        if client.meta.service_model.service_name == "rekognition":
            return made.answer(operation, asked)
        return original(client, operation, asked)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return made


def turned(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(clock, "now", lambda: time.now)
    monkeypatch.setattr(clock, "wait", time.wait)
    return time


def guard(stack: Stack, time: Time) -> None:
    """One look of the project's own guard at every lease."""
    looking = ModelGuard(
        ledger=stack.ledger,
        documents=stack.documents,
        step_functions=stack.clients.step_functions,
        open_rekognition=lambda: boto3.client("rekognition"),
        me=str(time.now),
        now=time.now,
    )
    for lease in lease_table.every(stack.ledger):
        looking.look(lease)


def begin(stack: Stack) -> str:
    """The ARN of an execution that runs."""
    answer = stack.clients.step_functions.start_execution(
        stateMachineArn=stack.detection_run, name="noon", input=json.dumps({"model": PROJECT})
    )
    return answer["executionArn"]


def lease(stack: Stack, **changed: Any) -> Lease:
    """Written to the ledger: nobody's, with our v1 up since 20 minutes, unless changed."""
    values: dict[str, Any] = {
        "model": PROJECT,
        "token": 7,
        "hard_deadline": NOW + 7200,
        "phase": "closing",
        "owned": True,
        "start_requested_at": NOW - 1200,
        "version": arn("v1"),
        "units": 2,
        "starts": 1,
    }
    written = Lease(**values | changed)
    lease_table.change(stack.ledger, PROJECT, lambda _: written)
    return written
