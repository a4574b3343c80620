"""A check and its result, and the checks that are made one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from tilescout.detector_kinds import DetectorKind
from tilescout.profiles import Profile
from tilescout_cli.console.aws_errors import DENIED, explain
from tilescout_cli.stack.clients import Clients
from tilescout_cli.stack.target import Stack

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The result of one check: what is so, and what a person should do about it."""

    name: str
    level: Level
    what: str
    remedy: str = ""


def ok(name: str, what: str) -> Check:
    return Check(name=name, level="ok", what=what)


def warning(name: str, what: str, remedy: str) -> Check:
    return Check(name=name, level="warning", what=what, remedy=remedy)


def error(name: str, what: str, remedy: str) -> Check:
    return Check(name=name, level="error", what=what, remedy=remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The account that is checked, with or without its ``stack``, and the nearest cdk.json."""

    clients: Clients
    stack: Stack | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    profiles: tuple[Profile, ...] = ()

    @property
    def region(self) -> str:
        return str(self.clients.cloudformation.meta.region_name)

    @property
    def kinds(self) -> list[DetectorKind]:
        """Returns the kinds of the profiles' detectors, each once."""
        return list({each.detector: each.kind for each in self.profiles}.values())

    def resources(self, kind: str) -> list[str]:
        """Returns the physical ids of the stack's resources of a type, such as Events::Rule."""
        if self.stack is None:
            return []
        pages = self.clients.cloudformation.get_paginator("list_stack_resources")
        return [
            resource["PhysicalResourceId"]
            for page in pages.paginate(StackName=self.stack.name)
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == f"AWS::{kind}"
            and resource["ResourceStatus"] != "DELETE_COMPLETE"
        ]


Examine = Callable[[Subject], Iterable[Check]]


def run(subject: Subject, examinations: Mapping[str, Examine]) -> Iterator[Check]:
    """Yields the results; one that AWS refuses or cannot answer is a result as well."""
    for name, examine in examinations.items():
        try:
            yield from examine(subject)
        except (BotoCoreError, ClientError) as failure:
            yield _unknown(name, failure)


def _unknown(name: str, failure: BotoCoreError | ClientError) -> Check:
    if isinstance(failure, ClientError) and failure.response["Error"].get("Code", "") in DENIED:
        operation = failure.operation_name
        remedy = f"ask for the right to call {operation}, or use another AWS_PROFILE"
        return warning(name, f"could not be checked: {operation} is denied", remedy)
    what, _, remedy = str(explain(failure)).rpartition("; ")
    return error(name, what, remedy)
