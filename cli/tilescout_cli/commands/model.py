"""`tilescout model`: versions of model projects, from training to stopping."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tilescout_cli.console.command_list import command_app
from tilescout_cli.console.options import Json, Local, ProjectName, StackName, Yes, example

SECONDS_PER_MINUTE = 60
MIN_F1 = 0.8

Version = Annotated[
    str, typer.Argument(metavar="VERSION", help="A version of the project.", show_default=False)
]
TrainedVersion = Annotated[
    str | None,
    typer.Argument(
        metavar="[VERSION]",
        help="A version of the project.",
        show_default="the newest trained one",
    ),
]
DataSet = Annotated[
    Path,
    typer.Argument(
        metavar="DIR", help="A data set of `tilescout dataset build`.", show_default=False
    ),
]
NewProject = Annotated[
    str,
    typer.Option(
        "--project", metavar="P", help="The Custom Labels project.", show_default=False
    ),
]  # fmt: skip
VersionName = Annotated[
    str | None,
    typer.Option(
        "--version-name",
        metavar="V",
        help="The name of the new version.",
        show_default="made of the content of the data set",
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost", metavar="USD", min=0, help="Do not train if it may cost more.",
        show_default=False,
    ),
]  # fmt: skip
Iterations = Annotated[
    int | None,
    typer.Option(
        "--iterations", min=1, help="At most, with --local.", show_default=False
    ),
]  # fmt: skip
MinF1 = Annotated[
    float | None,
    typer.Option(
        "--min-f1", min=0, max=1, help="The F1 to reach on test images.", show_default=False
    ),
]
MinF1ToActivate = Annotated[
    float,
    typer.Option("--min-f1", min=0, max=1, help="The F1 to reach on test images."),
]
Abort = Annotated[bool, typer.Option("--abort", help="Stop the run that works with it, too.")]
Unmanaged = Annotated[
    bool, typer.Option("--unmanaged", help="Stop also a model that Tilescout did not start.")
]
WatchedProfile = Annotated[
    str, typer.Argument(metavar="PROFILE", help="A profile of cdk.json.", show_default=False)
]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE.svg", help="Draw what moved.", show_default=False),
]
NextCount = Annotated[
    int, typer.Option("--next", min=1, max=100, help="Documents to annotate next.")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until it is stopped.")]
Timeout = Annotated[
    float, typer.Option("--timeout", metavar="MIN", min=0.1, help="Minutes to wait.")
]
app = command_app(
    help="Versions of model projects: train, evaluate, activate, show and stop them.",
    epilog=example("tilescout model status"),
)


@app.command("status", epilog=example("tilescout model status --project valves"))
def status(
    project: ProjectName = None,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Show versions, leases, minutes and dollars of every project, or of one."""
    from tilescout_cli.models import overview
    from tilescout_cli.stack import target

    overview.show(target.find(local=local, stack=stack), project, as_json=as_json)


@app.command("train", epilog=example("tilescout model train out/set --project valves"))
def train(
    folder: DataSet,
    project: NewProject,
    version_name: VersionName = None,
    max_cost: MaxCost = None,
    yes: Yes = False,
    iterations: Iterations = None,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Train a version of a Custom Labels project, and evaluate it on held-out pages.

    On AWS training is paid by the hour, and the price is shown first; with --local the embedded
    AWS trains on this machine. The same command again goes on watching: nothing is begun twice.
    """
    from tilescout_cli.training import training_run

    training_run.train(
        training_run.requested(folder, project, version_name, iterations, local=local, stack=stack),
        max_cost,
        yes=yes,
        as_json=as_json,
    )


@app.command("evaluate", epilog=example("tilescout model evaluate v2 --project valves"))
def evaluate(
    version: TrainedVersion = None,
    project: ProjectName = None,
    min_f1: MinF1 = None,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Show how right a trained version was on its test images, by label.

    Exit code 1: the F1 is under --min-f1.
    """
    from tilescout_cli.models import projects
    from tilescout_cli.stack import target
    from tilescout_cli.training import view

    deployed = target.find(local=local, stack=stack)
    view.evaluate(deployed, projects.chosen(deployed, project), version, min_f1, as_json=as_json)


@app.command("promote", epilog=example("tilescout model promote --project valves"))
def promote(
    version: TrainedVersion = None,
    project: ProjectName = None,
    min_f1: MinF1ToActivate = MIN_F1,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Activate a trained version if it was right often enough on its test images.

    Runs start it from now on, and documents that waited for a model are queued. A run that is at
    work ends with the version it began with.

    Exit code 0: it is active; 1: it is not good enough; 2: an option cannot be used; 3: the target
    cannot be reached.
    """
    from tilescout_cli.models import projects
    from tilescout_cli.promotion import custom_labels, view
    from tilescout_cli.stack import target

    deployed = target.find(local=local, stack=stack)
    name = projects.chosen(deployed, project)
    promotion = custom_labels.promote(deployed, name, version, min_f1=min_f1)
    view.show_promotion(promotion, deployed, as_json=as_json)


@app.command("use", epilog=example("tilescout model use v2 --project valves"))
def use(
    version: Version,
    project: ProjectName = None,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Activate a version without asking how good it is, and queue documents that waited.

    The version is one of a Custom Labels project, or a model file that was promoted before. A run
    that is at work ends with the version it began with.
    """
    from tilescout_cli.models import projects
    from tilescout_cli.promotion import onnx, view
    from tilescout_cli.stack import target

    deployed = target.find(local=local, stack=stack)
    used = onnx.activate_by_name(deployed, projects.chosen(deployed, project), version)
    view.show_activation(used, deployed, as_json=as_json)


@app.command("drift", epilog=example("tilescout model drift symbols"))
def drift(
    profile: WatchedProfile,
    plot: Plot = None,
    count: NextCount = 10,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Compare the documents of the last two days with the first of the version in use.

    Shows which figures moved, such as confidence or a label per tile, which documents differ
    most, and which to annotate next.

    Exit code 0: nothing moved; 1: something did; 2: an option cannot be used; 3: the target
    cannot be reached.
    """
    from tilescout_cli.models import drift as model_drift
    from tilescout_cli.stack import cdk_profiles, target

    deployed = target.find(local=local, stack=stack)
    found = model_drift.look(deployed, cdk_profiles.read().named(profile), count)
    if plot:
        model_drift.plot(found, plot)
    model_drift.show(found, deployed, as_json=as_json)


@app.command("stop", epilog=example("tilescout model stop --project valves"))
def stop(
    project: ProjectName = None,
    abort: Abort = False,
    unmanaged: Unmanaged = False,
    yes: Yes = False,
    no_wait: NoWait = False,
    timeout: Timeout = 45.0,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Ensure that the model is stopped, and wait until it is.

    The guard stops what a run left up; a run that works keeps its model unless --abort.

    Exit code 0: nothing is up; 1: it is still up; 2: an option is needed;
    3: the target cannot be reached; 130: interrupted, the guard goes on.
    """
    from tilescout_cli.models import stop
    from tilescout_cli.stack import target

    request = stop.Request(
        stack=target.find(local=local, stack=stack),
        seconds=0.0 if no_wait else timeout * SECONDS_PER_MINUTE,
        abort=abort,
        unmanaged=unmanaged,
        yes=yes,
    )
    stop.stop(request, project, as_json=as_json)
