"""What a person sees once a version that was trained has been put to use."""

from __future__ import annotations

from dataclasses import asdict

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.terminal import counted
from tilescout_cli.promotion.custom_labels import Promotion
from tilescout_cli.stack.target import Stack


def as_json(promotion: Promotion) -> dict[str, object]:
    """What was put to use, and why it may be."""
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


def show(promotion: Promotion, stack: Stack) -> None:
    """The version in use, then what about it could be better."""
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
