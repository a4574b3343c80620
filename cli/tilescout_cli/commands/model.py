"""`tilescout model`: which version runs start, what is up and what it costs, and stopping it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any

import typer
from rich.table import Table

from tilescout.pricing import PriceTable
from tilescout_cli.console import clock, terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.options import Json, Local, ProjectName, StackName, example
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import counted
from tilescout_cli.models import activation, onnx_status, projects, stopping
from tilescout_cli.models import status as model_status
from tilescout_cli.models import view as model_view
from tilescout_cli.models.onnx_status import OnnxStanding
from tilescout_cli.models.status import ModelStanding
from tilescout_cli.models.stopping import Stopped, Waiting
from tilescout_cli.stack import cdk_profiles, target
from tilescout_cli.stack.target import Stack

SECONDS_PER_MINUTE = 60

app = typer.Typer(
    help="Models: the version in use, what is up, what it costs.",
    epilog=example("tilescout model status"),
    no_args_is_help=True,
)


@app.command("status", epilog=example("tilescout model status --project valves"))
def status(
    project: ProjectName = None,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Show versions, leases, minutes and dollars of every project, or of one."""
    found = target.find(local=local, stack=stack)
    now, prices = clock.now(), cdk_profiles.prices()
    of_onnx = cdk_profiles.onnx_projects()
    names = [project] if project else [*projects.every(found), *of_onnx]
    standings = [
        onnx_status.look(found, name)
        if name in of_onnx
        else model_status.look(found, name, now, prices)
        for name in names
    ]
    if as_json:
        terminal.print_json([_standing_json(each, now, prices) for each in standings])
        return
    for number, each in enumerate(standings):
        if number:
            terminal.out.print()
        terminal.out.print(_standing_facts(each, now, prices, found.option))
    if not standings:
        terminal.say("no profile has a model_project, and no model was ever started")


def _standing_json(
    standing: ModelStanding | OnnxStanding, now: int, prices: PriceTable
) -> dict[str, Any]:
    if isinstance(standing, OnnxStanding):
        return onnx_status.as_json(standing, now)
    return model_view.as_json(standing, now, prices)


def _standing_facts(
    standing: ModelStanding | OnnxStanding, now: int, prices: PriceTable, option: str
) -> Table:
    if isinstance(standing, OnnxStanding):
        return onnx_status.facts(standing, now, option)
    return model_view.facts(standing, now, prices, option)


@app.command("use", epilog=example("tilescout model use v2 --project valves"))
def use(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="Its name in the project.")],
    project: ProjectName = None,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """Make runs start this version from now on, and queue what waited for one.

    A run that is at work ends with the version it began with.
    """
    found = target.find(local=local, stack=stack)
    used = activation.put_to_use(found, projects.chosen(found, project), version)
    if as_json:
        terminal.print_json(
            {"in_use": asdict(used.model), "before": used.before, "queued": used.queued}
        )
        return
    model = used.model
    if used.before == model.version:
        typer.echo(f"{model.project}: version {model.version} was in use already")
    else:
        instead = f" instead of {used.before}" if used.before else ""
        typer.echo(f"{model.project}: version {model.version} is in use{instead}")
    if used.queued:
        command = f"tilescout start --model {model.project} {found.option}"
        typer.echo(f"{counted(used.queued, 'document')} queued; `{command}` starts a run now")


@app.command("stop", epilog=example("tilescout model stop --project valves"))
def stop(
    project: ProjectName = None,
    abort: Annotated[
        bool, typer.Option("--abort", help="Stop the run that works with it, too.")
    ] = False,
    unmanaged: Annotated[
        bool, typer.Option("--unmanaged", help="Stop also what Tilescout did not start.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait for it.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="MIN", min=0.1, help="Minutes to wait.")
    ] = 45.0,
    local: Local = False,
    stack: StackName = None,
    as_json: Json = False,
) -> None:
    """See that the model is stopped, and wait until it is.

    The guard stops what a run left up; a run that works keeps its model unless --abort.

    Exit code 0: nothing is up; 1: it is still up; 2: an option is needed;
    3: the target cannot be reached; 130: interrupted, the guard goes on.
    """
    found = target.find(local=local, stack=stack)
    name = projects.chosen(found, project)
    standing = model_status.look(found, name, clock.now(), cdk_profiles.prices())
    seconds = 0.0 if no_wait else timeout * SECONDS_PER_MINUTE
    aborted = _aborted(found, standing, abort=abort, unmanaged=unmanaged)
    stopped = _wait(found, standing, aborted, seconds)
    if stopped.is_down and standing.unmanaged():
        stopped = _stop_unmanaged(found, standing, stopped, seconds, may=unmanaged, yes=yes)
    _report(stopped, no_wait=no_wait, as_json=as_json)


def _aborted(found: Stack, standing: ModelStanding, *, abort: bool, unmanaged: bool) -> str:
    """The execution that was stopped, or empty. Raises BadUsage where an option is needed."""
    if standing.unmanaged() and not unmanaged and not standing.lease.owned:
        raise BadUsage(_why_unmanaged_stays(standing))
    if stopping.need(found, standing, clock.now()) != "abort":
        return ""
    what = stopping.interrupted(found, standing)
    if not abort:
        raise BadUsage(
            f"{what} is at work with {standing.project} and stops the model itself when it ends; "
            "--abort ends it now: what was answered is kept, the documents stay due"
        )
    stopping.abort(found, standing.lease)
    terminal.say(f"aborted {what}; what is unfinished stays due, so the next run starts it again")
    return standing.lease.owner


def _why_unmanaged_stays(standing: ModelStanding) -> str:
    up = ", ".join(model_status.version_words(standing, each) for each in standing.unmanaged())
    return (
        f"{standing.project}: {up}; Tilescout did not start it and leaves it alone. Ask who did; "
        "--unmanaged stops it in your own name"
    )


def _wait(found: Stack, standing: ModelStanding, aborted: str, seconds: float) -> Stopped:
    seen = Stopped(project=standing.project, aborted=aborted)
    if not aborted and stopping.need(found, standing, clock.now()) != "wait":
        return seen
    try:
        with ProgressView() as view:
            return Waiting(
                stack=found,
                project=standing.project,
                prices=cdk_profiles.prices(),
                view=view,
                seconds=seconds,
                seen=seen,
            ).until_down()
    except KeyboardInterrupt:
        terminal.say(f"left waiting, the guard goes on; {_see(standing.project, found)}")
        raise


def _see(project: str, found: Stack) -> str:
    return f"see `tilescout model status --project {project} {found.option}`"


def _stop_unmanaged(
    found: Stack,
    standing: ModelStanding,
    before: Stopped,
    seconds: float,
    *,
    may: bool,
    yes: bool,
) -> Stopped:
    if not may:
        raise BadUsage(_why_unmanaged_stays(standing))
    names = ", ".join(each.name for each in standing.unmanaged())
    question = f"stop {names} of {standing.project}, which Tilescout did not start?"
    if not yes and not typer.confirm(question, err=True):
        raise CommandFailed(f"{names} was left up")
    try:
        with ProgressView() as view:
            down = stopping.stop_unmanaged(found, standing, view, seconds=seconds)
    except KeyboardInterrupt:
        terminal.say(f"left waiting; AWS goes on stopping. {_see(standing.project, found)}")
        raise
    return replace(before, version=names, is_down=down, by="person")


def _report(stopped: Stopped, *, no_wait: bool, as_json: bool) -> None:
    if as_json:
        bill = asdict(stopped.bill) if stopped.bill else None
        terminal.print_json(asdict(stopped) | {"bill": bill})
    elif stopped.is_down:
        price = f"; {stopped.bill}" if stopped.bill else ""
        typer.echo(f"{stopped.project}: no model is up{price}")
    else:
        price = f"; {stopped.bill}" if stopped.bill else ""
        goes_on = "the guard goes on" if stopped.by == "guard" else "AWS was asked to stop it"
        typer.echo(f"{stopped.project}: still up{price}; {goes_on}")
    if not stopped.is_down and not no_wait:
        raise typer.Exit(CommandFailed.exit_code)
