"""Removing the stack: its runs end, its models are stopped, then the rest is deleted."""

from __future__ import annotations

import typer

from tilescout_cli.console import terminal
from tilescout_cli.console.failures import CommandFailed
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import counted
from tilescout_cli.deployment import teardown
from tilescout_cli.stack import cdk_profiles
from tilescout_cli.stack.target import Stack

KEPT = ("DocumentsBucketName", "ResultsBucketName", "ModelsBucketName")
"""Outputs that name buckets which outlive the stack; an older stack has fewer."""


def destroy(stack: Stack, seconds: float, *, abort: bool, yes: bool) -> None:
    """Removes the stack once a person agreed; each wait lasts at most ``seconds``.

    Raises CommandFailed where the person does not agree or something is not down in time.
    """
    region = stack.clients.cloudformation.meta.region_name
    question = f"remove the stack {stack.name} in {region}? documents and results stay"
    if not yes and not typer.confirm(question, err=True):
        raise CommandFailed(f"{stack.name} was left as it is")
    with ProgressView() as view:
        with teardown.without_schedules(stack):
            _end_work(stack, view, seconds, abort=abort)
            tiles = teardown.empty_tiles(stack, view)
            # A schedule may have fired a last time, and people start runs too.
            _end_work(stack, view, seconds, abort=abort)
            for line in teardown.left_up(stack, cdk_profiles.prices()):
                view.tell(line)
            stack_id = teardown.delete_stack(stack)
        teardown.until_gone(stack, stack_id, view, seconds)
    _report(stack, tiles)


def _end_work(stack: Stack, view: ProgressView, seconds: float, *, abort: bool) -> None:
    if aborted := teardown.end_runs(stack, abort=abort):
        view.tell(f"aborted {counted(aborted, 'run')}")
    teardown.models_down(stack, view, cdk_profiles.prices(), seconds)


def _report(stack: Stack, tiles: int) -> None:
    typer.echo(f"{stack.name} is removed, and {counted(tiles, 'tile')} with it")
    kept = [stack.outputs[name] for name in KEPT if name in stack.outputs]
    tables = [table.name for table in (stack.documents, stack.detections, stack.ledger)]
    terminal.say(f"kept, and billed for what they hold: {', '.join([*kept, *tables])}")
