"""`tilescout train`: a version of a Custom Labels project, or a detector as a file."""

from __future__ import annotations

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.options import Json, Local, StackName, example
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import counted
from tilescout_cli.stack import cdk_profiles, target
from tilescout_cli.training import (
    local_training,
    uploaded_set,
    version_evaluation,
    version_training,
)
from tilescout_cli.training import view as training_view
from tilescout_cli.training.options import (
    DataSet,
    Device,
    Iterations,
    MaxCost,
    Out,
    Project,
    Seed,
    Start,
    Threads,
    VersionName,
    Yes,
)
from tilescout_cli.training.version_training import IN_TRAINING, Request, TrainedVersion


def register(app: typer.Typer) -> None:
    text = example("tilescout train out/set --project valves --stack Tilescout")
    app.command("train", epilog=text)(train)


def train(
    folder: DataSet,
    project: Project = None,
    version_name: VersionName = None,
    out: Out = None,
    local: Local = False,
    stack: StackName = None,
    max_cost: MaxCost = None,
    yes: Yes = False,
    start: Start = None,
    iterations: Iterations = None,
    seed: Seed = 1,
    threads: Threads = 2,
    device: Device = "auto",
    as_json: Json = False,
) -> None:
    """Train a detector from a data set and tell how right it is on held-out pages.

    With --project a version of a Custom Labels project: on AWS, which is paid by the hour, or with
    --local behind the embedded AWS. The same command again goes on watching; nothing is begun
    twice. With --local --out a file.
    """
    if (project is None) == (out is None):
        raise BadUsage(
            "a version of a project is trained with --project P, a file with --local --out FILE; "
            "give one of them"
        )
    if out is not None:
        settings = local_training.Options(
            iterations=iterations, seed=seed, threads=threads, device=device
        )
        local_training.train_file(folder, out, settings, start, local=local, as_json=as_json)
        return
    assert project is not None, "one of the two is given"
    if start is not None or (iterations and not local):
        raise BadUsage(
            "--start and --iterations are for training on this machine, and Custom Labels decides "
            "both itself; leave them out, or train with --local"
        )
    found = uploaded_set.read(folder)
    request = Request(
        stack=target.find(local=local, stack=stack),
        project=project,
        version=version_name or version_training.default_version(found),
        found=found,
        iterations=iterations,
    )
    _train_version(request, max_cost, yes=yes, as_json=as_json)


def _train_version(request: Request, max_cost: float | None, *, yes: bool, as_json: bool) -> None:
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
    typer.echo(f"put it to use, if that is good enough: tilescout promote {options}")


def _agree(request: Request, max_cost: float | None, *, yes: bool) -> None:
    """Say what is trained where, and what that may cost; on AWS ask."""
    found, stack = request.found, request.stack
    tiles = ", ".join(counted(len(found.tiles[part]), f"{part} tile") for part in found.tiles)
    left_out = f" ({found.left_out} with over 50 boxes left out)" if found.left_out else ""
    terminal.say(
        f"version {request.version} of {request.project}: {tiles}{left_out}, stored under "
        f"s3://{stack.results_bucket}/{request.prefix}"
    )
    if stack.home:
        terminal.say("it is trained on this machine; nothing is paid")
        return
    terminal.say(version_training.quote(cdk_profiles.prices(), max_cost))
    if not yes and not typer.confirm("train it?", err=True):
        raise CommandFailed("nothing was begun")


def _found(begun: TrainedVersion) -> str:
    if begun.status == IN_TRAINING:
        return f"version {begun.name} is in training already; nothing more is paid for watching"
    return f"version {begun.name} was trained with this very set; nothing is paid again"


def _left(request: Request, begun: TrainedVersion | None) -> str:
    option = f"--project {request.project} {request.stack.option}"
    again = f"the same command goes on: tilescout train {request.found.folder} {option}"
    if begun is None:
        return f"left before a training was seen to begin; {again}"
    end = (
        "`tilescout local down` ends it"
        if request.stack.home
        else "AWS trains and bills on until it ends by itself; nothing can end it sooner"
    )
    return f"left watching, version {begun.name} is still in training: {end}; {again}"
