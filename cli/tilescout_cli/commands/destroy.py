"""`tilescout destroy`: the stack is removed once no owned model is up."""

from __future__ import annotations

from typing import Annotated

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import CommandFailed
from tilescout_cli.console.options import StackName, example
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import counted
from tilescout_cli.deployment import teardown
from tilescout_cli.stack import cdk_profiles, target
from tilescout_cli.stack.target import Stack

KEPT = ("DocumentsBucketName", "ResultsBucketName", "ModelsBucketName")
"""Outputs that name buckets which outlive the stack; an older stack has fewer."""
SECONDS_PER_MINUTE = 60


def register(app: typer.Typer) -> None:
    app.command("destroy", epilog=example("tilescout destroy --stack Tilescout"))(destroy)


def destroy(
    stack: StackName = None,
    abort: Annotated[bool, typer.Option("--abort", help="End the runs that are at work.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="MIN", min=1, help="Minutes for each wait.")
    ] = 60.0,
) -> None:
    """Remove the stack from AWS: its models first, then its tiles, then the rest.

    Documents, results, model files and the three tables stay, and are named at the end. The guard,
    which stops models, is part of the stack: so the stack goes last.
    """
    found = target.find(local=False, stack=stack)
    region = found.clients.cloudformation.meta.region_name
    question = f"remove the stack {found.name} in {region}? documents and results stay"
    if not yes and not typer.confirm(question, err=True):
        raise CommandFailed(f"{found.name} was left as it is")
    seconds = timeout * SECONDS_PER_MINUTE
    with ProgressView() as view:
        with teardown.without_schedules(found):
            _end_work(found, view, seconds, abort=abort)
            tiles = teardown.empty_tiles(found, view)
            # A schedule may have fired a last time, and people start runs too.
            _end_work(found, view, seconds, abort=abort)
            for line in teardown.left_up(found, cdk_profiles.prices()):
                view.tell(line)
            stack_id = teardown.delete_stack(found)
        teardown.until_gone(found, stack_id, view, seconds)
    _report(found, tiles)


def _end_work(found: Stack, view: ProgressView, seconds: float, *, abort: bool) -> None:
    if aborted := teardown.end_runs(found, abort=abort):
        view.tell(f"aborted {counted(aborted, 'run')}")
    teardown.models_down(found, view, cdk_profiles.prices(), seconds)


def _report(found: Stack, tiles: int) -> None:
    typer.echo(f"{found.name} is removed, and {counted(tiles, 'tile')} with it")
    kept = [found.outputs[name] for name in KEPT if name in found.outputs]
    tables = [table.name for table in (found.documents, found.detections, found.ledger)]
    terminal.say(f"kept, and billed for what they hold: {', '.join([*kept, *tables])}")
