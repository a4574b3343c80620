"""Activating a version: runs start it from then on."""

from __future__ import annotations

from dataclasses import dataclass

from tilescout.aws.documents import intake
from tilescout.aws.tables import model_table
from tilescout.runs.model_lifecycle import NOT_YET
from tilescout.runs.model_records import ModelInUse
from tilescout_cli.console import clock
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.models import versions
from tilescout_cli.models.versions import Version
from tilescout_cli.stack.target import Stack

MAX_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """The record of the active version, the version before it or empty, and the number of documents
    that waited for one.
    """

    model: ModelInUse
    before: str
    queued: int


def activate(stack: Stack, project: str, version: str) -> Activation:
    """Writes the record and queues waiting documents; an active version keeps its measurements.

    Raises BadUsage for a project or version that is not there or cannot run.
    """
    rekognition = stack.clients.rekognition
    arn = versions.find_project(rekognition, project)
    if not arn:
        raise BadUsage(_no_project(project, versions.projects(rekognition)))
    chosen = _named(project, version, versions.versions(rekognition, arn))
    before = model_table.in_use(stack.ledger, project)
    if before and before.version_arn == chosen.arn:
        model = before
    else:
        model = ModelInUse(
            project=project,
            project_arn=arn,
            version=chosen.name,
            version_arn=chosen.arn,
            used_since=clock.now(),
        )
        model_table.use(stack.ledger, model)
    queued = intake.queue_waiting(stack.documents, stack.ledger, project, clock.now())
    return Activation(model=model, before=before.version if before else "", queued=queued)


def _no_project(project: str, known: list[str]) -> str:
    others = _some(known) if known else "none at all"
    return (
        f"there is no Custom Labels project {project!r} in this account and region, there is "
        f"{others}; correct --project, or model_project in cdk.json"
    )


def _named(project: str, version: str, known: list[Version]) -> Version:
    found = next((each for each in known if each.name == version), None)
    if found is None:
        there = f"it has {_some([each.name for each in known])}" if known else "it has none"
        raise BadUsage(f"project {project} has no version {version!r}, {there}; name one of these")
    if found.status in NOT_YET:
        raise BadUsage(
            f"version {version} is {found.status} and cannot run yet; wait until it is "
            f"{found.status.replace('IN_PROGRESS', 'COMPLETED')}, then activate it"
        )
    if not found.can_run:
        raise BadUsage(_unusable(found, [each.name for each in known if each.can_run]))
    return found


def _unusable(found: Version, others: list[str]) -> str:
    said = f" ({found.message})" if found.message else ""
    remedy = f"use {_some(others)}" if others else "train or copy another version"
    return f"version {found.name} is {found.status}{said} and can never run; {remedy}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more
