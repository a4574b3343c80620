"""Models of the embedded AWS: what a profile needs is put to use without being asked for."""

from __future__ import annotations

from tilescout.aws import model_table
from tilescout_cli import cdk_profiles, model_use, model_versions, places, terminal
from tilescout_cli.model_versions import Version
from tilescout_cli.stacks import Stack
from tilescout_cli.terminal import counted


def put_to_use(stack: Stack) -> None:
    """The newest version that can run, of each project that has none in use; says so.

    On AWS this is a person's decision. A project that the embedded AWS does not know is left:
    its documents become WAITING_FOR_MODEL.
    """
    profiles = cdk_profiles.read(places.sources() / "cdk.json").by_name.values()
    for project in sorted({each.model_project for each in profiles if each.needs_model}):
        if model_table.in_use(stack.ledger, project) is None:
            _put(stack, project, _usable(stack, project))


def _usable(stack: Stack, project: str) -> list[Version]:
    rekognition = stack.clients.rekognition
    arn = model_versions.find_project(rekognition, project)
    known = model_versions.versions(rekognition, arn) if arn else []
    return [version for version in known if version.can_run]


def _put(stack: Stack, project: str, usable: list[Version]) -> None:
    if not usable:
        return
    used = model_use.put_to_use(stack, project, usable[0].name)
    waited = f", {counted(used.queued, 'document')} queued" if used.queued else ""
    terminal.say(f"model {project}: version {used.model.version} is put to use{waited}")
