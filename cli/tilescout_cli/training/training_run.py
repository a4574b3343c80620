"""A training of a Custom Labels version as a person follows it: price, consent and progress."""

from __future__ import annotations

from pathlib import Path

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import counted
from tilescout_cli.stack import cdk_profiles, target
from tilescout_cli.training import uploaded_set, version_evaluation, version_training
from tilescout_cli.training import view as training_view
from tilescout_cli.training.version_training import IN_TRAINING, Request, TrainedVersion


def requested(
    folder: Path,
    project: str,
    version: str | None,
    iterations: int | None,
    *,
    local: bool,
    stack: str | None,
) -> Request:
    """Returns what the options ask for. Raises BadUsage, TargetUnreachable."""
    if iterations and not local:
        raise BadUsage(
            "--iterations is for training on this machine, and Custom Labels decides it itself; "
            "leave it out, or train with --local"
        )
    training_set = uploaded_set.read(folder)
    return Request(
        stack=target.find(local=local, stack=stack),
        project=project,
        version=version or version_training.default_version(training_set),
        training_set=training_set,
        iterations=iterations,
    )


def train(request: Request, max_cost: float | None, *, yes: bool, as_json: bool) -> None:
    """Trains the version once a person agreed, waits for it, and shows how right it is.

    Raises CommandFailed where the person does not agree or the training fails.
    """
    prices, stack = cdk_profiles.prices(), request.stack
    begun = version_training.known(request)
    if begun is None:
        _agree(request, max_cost, yes=yes)
    else:
        terminal.say(_found(begun))
    with ProgressView() as view:
        try:
            if begun is None:
                begun = version_training.begin(request, view.step)
                view.tell(f"version {begun.name} of {request.project} is in training")
            ended = version_training.watch(request, begun, prices, view.step)
        except KeyboardInterrupt:
            view.tell(_left(request, begun))
            raise
    if not ended.is_trained:
        raise CommandFailed(f"version {ended.name} is {ended.status}: {ended.message}")
    evaluation = version_evaluation.of(stack, ended)
    if as_json:
        terminal.print_json(training_view.as_rows(evaluation, prices))
        return
    training_view.show(evaluation, prices, stack)
    options = f"{ended.name} --project {request.project} {stack.option}"
    typer.echo(f"if that is good enough, activate it: tilescout model promote {options}")


def _agree(request: Request, max_cost: float | None, *, yes: bool) -> None:
    """Prints what is trained where and what that may cost; on AWS asks for consent."""
    training_set, stack = request.training_set, request.stack
    tiles = ", ".join(
        counted(len(training_set.tiles[part]), f"{part} tile") for part in training_set.tiles
    )
    left_out = (
        f" ({training_set.left_out} with over 50 boxes left out)" if training_set.left_out else ""
    )
    terminal.say(
        f"version {request.version} of {request.project}: {tiles}{left_out}, stored under "
        f"s3://{stack.results_bucket}/{request.prefix}"
    )
    if stack.home:
        terminal.say("it is trained on this machine; nothing is paid")
        return
    terminal.say(version_training.quote(cdk_profiles.prices(), max_cost))
    if not yes and not typer.confirm("train it?", err=True):
        raise CommandFailed("no training was started")


def _found(begun: TrainedVersion) -> str:
    if begun.status == IN_TRAINING:
        return f"version {begun.name} is in training already; nothing more is paid for watching"
    return f"version {begun.name} was trained with this very set; nothing is paid again"


def _left(request: Request, begun: TrainedVersion | None) -> str:
    option = f"--project {request.project} {request.stack.option}"
    again = (
        f"the same command continues: tilescout model train {request.training_set.folder} {option}"
    )
    if begun is None:
        return f"interrupted before the training was seen to start; {again}"
    end = (
        "`tilescout local down` ends it"
        if request.stack.home
        else "AWS trains and bills on until it ends by itself; nothing can end it sooner"
    )
    return f"no longer watching, version {begun.name} is still in training: {end}; {again}"
