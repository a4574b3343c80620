"""Models of the embedded AWS: what a profile needs is activated without being asked for."""

from __future__ import annotations

from tilescout.aws.tables import model_table
from tilescout.profiles import Profile
from tilescout_cli.console import terminal
from tilescout_cli.console.terminal import counted
from tilescout_cli.models import activation, versions
from tilescout_cli.models.activation import Activation
from tilescout_cli.models.versions import Version
from tilescout_cli.promotion import onnx
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_local.models.registry import SAMPLE_VERSION

SAMPLE_ONNX_PROJECT = "sample-symbols-onnx"


def activate_all(stack: Stack) -> None:
    """Activates the newest version that can run of each project that has no active one; says so.

    On AWS this is a person's decision. A project that the embedded AWS does not know is left:
    its documents become WAITING_FOR_MODEL.
    """
    profiles = cdk_profiles.read().by_name.values()
    for project in sorted({each.model_project for each in profiles if each.needs_model}):
        if model_table.in_use(stack.ledger, project) is None:
            _put(stack, project, _usable(stack, project))
    of_sample = [each for each in profiles if each.model_project == SAMPLE_ONNX_PROJECT]
    if of_sample and model_table.in_use(stack.ledger, SAMPLE_ONNX_PROJECT) is None:
        _promote_sample(stack, of_sample)


def _promote_sample(stack: Stack, profiles: list[Profile]) -> None:
    checked = onnx.check(SAMPLE_MODEL, profiles)
    used = onnx.promote(stack, SAMPLE_ONNX_PROJECT, SAMPLE_VERSION, checked)
    _say(used)


def _usable(stack: Stack, project: str) -> list[Version]:
    rekognition = stack.clients.rekognition
    arn = versions.find_project(rekognition, project)
    known = versions.versions(rekognition, arn) if arn else []
    return [version for version in known if version.can_run]


def _put(stack: Stack, project: str, usable: list[Version]) -> None:
    if not usable:
        return
    _say(activation.activate(stack, project, usable[0].name))


def _say(activated: Activation) -> None:
    waited = f", {counted(activated.queued, 'document')} queued" if activated.queued else ""
    model = activated.model
    terminal.say(f"model {model.project}: version {model.version} is active{waited}")
