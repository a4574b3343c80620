"""`tilescout model stop` as a person follows it: what may be stopped, consent, progress, result."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import typer

from tilescout_cli.console import clock, terminal
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.models import projects, stopping
from tilescout_cli.models import status as model_status
from tilescout_cli.models.status import ModelStatus
from tilescout_cli.models.stopping import Stopped, Waiting
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request with what a person allows; ``seconds`` is how long to wait, 0 for not at all."""

    stack: Stack
    seconds: float
    abort: bool
    unmanaged: bool
    yes: bool


def stop(request: Request, project: str | None, *, as_json: bool) -> None:
    """Waits until no model of the project is up, and prints what came of it.

    Ends the command with 1 where one is still up. Raises BadUsage where an option is needed.
    """
    stack = request.stack
    name = projects.chosen(stack, project)
    status = model_status.look(stack, name, clock.now(), cdk_profiles.prices())
    aborted = _aborted(request, status)
    stopped = _wait(request, status, aborted)
    if stopped.is_down and status.unmanaged():
        stopped = _stop_unmanaged(request, status, stopped)
    _report(stopped, is_waited_for=bool(request.seconds), as_json=as_json)


def _aborted(request: Request, status: ModelStatus) -> str:
    """Returns the stopped execution, or empty. Raises BadUsage where an option is needed."""
    if status.unmanaged() and not request.unmanaged and not status.lease.owned:
        raise BadUsage(_unmanaged_text(status))
    if stopping.need(request.stack, status, clock.now()) != "abort":
        return ""
    what = stopping.interrupted(request.stack, status)
    if not request.abort:
        raise BadUsage(
            f"{what} is at work with {status.project} and stops the model itself when it ends; "
            "--abort ends it now: answers are kept, the documents stay due"
        )
    stopping.abort(request.stack, status.lease)
    terminal.say(f"aborted {what}; unfinished documents stay due, so the next run starts it again")
    return status.lease.owner


def _unmanaged_text(status: ModelStatus) -> str:
    up = ", ".join(model_status.version_words(status, each) for each in status.unmanaged())
    return (
        f"{status.project}: {up}; Tilescout did not start it and leaves it alone. Ask who did; "
        "--unmanaged stops it in your own name"
    )


def _wait(request: Request, status: ModelStatus, aborted: str) -> Stopped:
    stack = request.stack
    seen = Stopped(project=status.project, aborted=aborted)
    if not aborted and stopping.need(stack, status, clock.now()) != "wait":
        return seen
    try:
        with ProgressView() as view:
            return Waiting(
                stack=stack,
                project=status.project,
                prices=cdk_profiles.prices(),
                view=view,
                seconds=request.seconds,
                seen=seen,
            ).until_down()
    except KeyboardInterrupt:
        terminal.say(f"no longer waiting, the guard goes on; {_see(status.project, stack)}")
        raise


def _see(project: str, stack: Stack) -> str:
    return f"see `tilescout model status --project {project} {stack.option}`"


def _stop_unmanaged(request: Request, status: ModelStatus, before: Stopped) -> Stopped:
    if not request.unmanaged:
        raise BadUsage(_unmanaged_text(status))
    names = ", ".join(each.name for each in status.unmanaged())
    question = f"stop {names} of {status.project}, which Tilescout did not start?"
    if not request.yes and not typer.confirm(question, err=True):
        raise CommandFailed(f"{names} was left up")
    try:
        with ProgressView() as view:
            down = stopping.stop_unmanaged(request.stack, status, view, seconds=request.seconds)
    except KeyboardInterrupt:
        see = _see(status.project, request.stack)
        terminal.say(f"no longer waiting; AWS goes on stopping. {see}")
        raise
    return replace(before, version=names, is_down=down, by="person")


def _report(stopped: Stopped, *, is_waited_for: bool, as_json: bool) -> None:
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
    if not stopped.is_down and is_waited_for:
        raise typer.Exit(CommandFailed.exit_code)
