"""`tilescout start`: a detection run now, not at the next moment of the schedule."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage
from tilescout_cli.console.options import Json, Local, ProfileName, StackName, example
from tilescout_cli.documents import lookup
from tilescout_cli.runs import executions
from tilescout_cli.stack import cdk_profiles, target
from tilescout_cli.stack.target import Stack

Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="M",
        help="The model, or the detector where none is started.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    app.command("start", epilog=example("tilescout start --profile text"))(start)


def start(
    model: Model = None,
    profile: ProfileName = None,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Start a run: for one model, or for each that has documents in the queue."""
    if model and profile:
        raise BadUsage("--model and --profile exclude each other; give one of them")
    found = target.find(local=local, stack=stack)
    started = {
        name: executions.start(found, name, "start") for name in _models(found, model, profile)
    }
    if as_json:
        terminal.print_json([{"model": name, "execution": arn} for name, arn in started.items()])
        return
    for name, arn in started.items():
        typer.echo(f"{name}: {arn}")
    if not started:
        terminal.say("nothing is queued, so nothing was started")


def _models(stack: Stack, model: str | None, profile: str | None) -> list[str]:
    if model:
        return [model]
    if profile:
        return [cdk_profiles.read().named(profile).model]
    queued = (each for each in lookup.every(stack) if each.status == "QUEUED")
    return sorted({each.profile.model for each in queued})
