"""`tilescout promote`: the version that runs start, if its evaluation is good enough."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from tilescout_cli import model_projects, stacks, terminal, version_promotion
from tilescout_cli.options import Json, Local, ProjectName, StackName, VersionName, example
from tilescout_cli.stacks import Stack
from tilescout_cli.terminal import counted
from tilescout_cli.version_promotion import LEAST_F1, Promotion


def register(app: typer.Typer) -> None:
    text = example("tilescout promote --project valves --min-f1 0.9")
    app.command("promote", epilog=text)(promote)


def promote(
    project: ProjectName = None,
    version: VersionName = None,
    min_f1: Annotated[
        float, typer.Option("--min-f1", min=0, max=1, help="On its test images, at least.")
    ] = LEAST_F1,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Put a trained version to use if it was right often enough on its test images.

    Ends as `tilescout model use` does; a version that is not good enough is refused.
    """
    found = stacks.find(local=local, stack=stack)
    name = model_projects.chosen(found, project)
    promotion = version_promotion.promote(found, name, version, least_f1=min_f1)
    if as_json:
        terminal.print_json(_rows(promotion))
    else:
        _tell(promotion, found)


def _rows(promotion: Promotion) -> dict[str, object]:
    version = promotion.evaluation.version
    return {
        "project": version.project,
        "version": version.name,
        "f1": version.f1,
        "weak": promotion.weak,
        "profiles": promotion.profiles,
        "misfits": promotion.misfits,
        "in_use": asdict(promotion.used.model),
        "before": promotion.used.before,
        "queued": promotion.used.queued,
    }


def _tell(promotion: Promotion, stack: Stack) -> None:
    version, used = promotion.evaluation.version, promotion.used
    instead = f" instead of {used.before}" if used.before not in ("", version.name) else ""
    typer.echo(f"{version.project}: version {version.name} is in use{instead}, F1 {version.f1:.3f}")
    for weak in promotion.weak:
        terminal.say(f"tilescout: {weak} is under the figure; more annotations of it help")
    for misfit in promotion.misfits:
        terminal.say(f"tilescout: {misfit}")
    if not promotion.profiles:
        terminal.say(
            f"tilescout: no profile of cdk.json has model_project {version.project!r}; name it in "
            "one, so that documents are looked at with it"
        )
    if used.queued:
        command = f"tilescout start --model {version.project} {stack.option}"
        typer.echo(f"{counted(used.queued, 'document')} queued; `{command}` starts a run now")
