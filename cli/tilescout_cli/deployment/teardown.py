"""Removing a stack so that no model outlives it: its guard is removed with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tilescout.aws import executions
from tilescout.aws.tables import lease_table
from tilescout.pricing import PriceTable
from tilescout_cli.console import clock
from tilescout_cli.console.failures import BadUsage, CommandFailed
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import counted
from tilescout_cli.models import projects, stopping
from tilescout_cli.models import status as model_status
from tilescout_cli.models.stopping import Stopped, Waiting
from tilescout_cli.stack.target import Stack

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

POLL_SECONDS = 5.0
MAX_TEARDOWN_SECONDS = 24 * 3600
"""For so long the guard starts no runs where the command itself is killed."""
SCHEDULE = "AWS::Scheduler::Schedule"
GONE = "DELETE_COMPLETE"


@contextmanager
def without_schedules(stack: Stack) -> Iterator[None]:
    """Switches the stack's schedules off, and on again if the block fails.

    A schedule that a person has switched off stays so. The guard starts no runs meanwhile, either.
    """
    names = [name for name in _schedules(stack) if _is_enabled(stack, name)]
    with ExitStack() as undo:
        undo.callback(executions.pause_starts, stack.ledger, 0)
        executions.pause_starts(stack.ledger, clock.now() + MAX_TEARDOWN_SECONDS)
        for name in names:
            # Each by itself: one that cannot be given back must not keep the others off.
            undo.callback(_set_schedule, stack, name, enabled=True)
            _set_schedule(stack, name, enabled=False)
        yield
        undo.pop_all()


def _schedules(stack: Stack) -> list[str]:
    pages = stack.clients.cloudformation.get_paginator("list_stack_resources")
    return [
        resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=stack.name)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == SCHEDULE and resource["ResourceStatus"] != GONE
    ]


def _is_enabled(stack: Stack, name: str) -> bool:
    return stack.clients.scheduler.get_schedule(Name=name)["State"] == "ENABLED"


def _set_schedule(stack: Stack, name: str, *, enabled: bool) -> None:
    """Updates the state of a schedule; an update replaces it, so all of it is given back."""
    found = stack.clients.scheduler.get_schedule(Name=name)
    stack.clients.scheduler.update_schedule(
        Name=name,
        ScheduleExpression=found["ScheduleExpression"],
        FlexibleTimeWindow=found["FlexibleTimeWindow"],
        Target=found["Target"],
        State="ENABLED" if enabled else "DISABLED",
    )


def end_runs(stack: Stack, *, abort: bool) -> int:
    """Returns how many runs were aborted. Raises BadUsage where one works and may not be."""
    states = stack.clients.step_functions
    pages = states.get_paginator("list_executions").paginate(
        stateMachineArn=stack.detection_run, statusFilter="RUNNING"
    )
    running = [each["executionArn"] for page in pages for each in page["executions"]]
    if running and not abort:
        raise BadUsage(
            f"{counted(len(running), 'run')} at work ({running[0].rsplit(':', 1)[-1]}); wait until "
            "no run is (`tilescout status`), or end them with --abort: documents that are not done "
            "stay as they are, and what was paid for them is lost with the stack"
        )
    for execution in running:
        states.stop_execution(executionArn=execution, cause="tilescout destroy --abort")
    return len(running)


def models_down(stack: Stack, view: ProgressView, prices: PriceTable, seconds: float) -> None:
    """Waits until the guard has stopped every owned model.

    Raises CommandFailed where one is still up after ``seconds``.
    """
    for project in projects.every(stack):
        lease = lease_table.read(stack.ledger, project)
        status = model_status.look(stack, project, clock.now(), prices)
        if stopping.need(stack, status, clock.now()) in ("nothing", "unmanaged"):
            continue
        seen = Stopped(project=project, aborted=lease.owner)
        waiting = Waiting(
            stack=stack, project=project, prices=prices, view=view, seconds=seconds, seen=seen
        )
        if not waiting.until_down().is_down:
            raise CommandFailed(
                f"an owned model is up until the guard has stopped it; that of {project} is up "
                f"after {seconds / 60:g} minutes; see `tilescout model status`, and do not delete "
                "the stack: its guard would go with it"
            )


def left_up(stack: Stack, prices: PriceTable) -> list[str]:
    """Returns a line for each model that is up and that Tilescout did not start.

    It is left alone, and no alarm tells of it once the stack is gone.
    """
    return [
        f"{project}: {version.name} is {version.status}, which Tilescout did not start; it stays "
        "up and is billed; stop it in the Rekognition console"
        for project in projects.every(stack)
        for version in model_status.look(stack, project, clock.now(), prices).unmanaged()
    ]


def empty_tiles(stack: Stack, view: ProgressView) -> int:
    """Deletes the tiles, which can be made again, and returns how many there were."""
    pages = stack.clients.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.tiles_bucket)
    deleted = 0
    for page in pages:
        found: list[ObjectIdentifierTypeDef] = [
            {"Key": each["Key"]} for each in page.get("Contents", [])
        ]
        if found:
            stack.clients.s3.delete_objects(
                Bucket=stack.tiles_bucket, Delete={"Objects": found, "Quiet": True}
            )
        deleted += len(found)
        view.step(f"deleting tiles: {deleted:,}")
    return deleted


def delete_stack(stack: Stack) -> str:
    """Requests the deletion and returns the id by which a deleted stack is known.

    Its termination protection is lifted first: it is there against a deletion by mistake, and the
    person has agreed to this one.
    """
    formation = stack.clients.cloudformation
    (before,) = formation.describe_stacks(StackName=stack.name)["Stacks"]
    formation.update_termination_protection(StackName=stack.name, EnableTerminationProtection=False)
    formation.delete_stack(StackName=stack.name)
    return before["StackId"]


def until_gone(stack: Stack, stack_id: str, view: ProgressView, seconds: float) -> None:
    """Waits for the end of the deletion. Raises CommandFailed where it fails."""
    ends = clock.now() + seconds
    while True:
        status, reason = _stack_status(stack, stack_id)
        if status == GONE:
            return
        if status == "DELETE_FAILED" or clock.now() >= ends:
            raise CommandFailed(
                f"the stack {stack.name} is {status} {reason}; see its events in the "
                "CloudFormation console, and run `tilescout destroy` again"
            )
        view.step(f"the stack is {status}")
        clock.wait(POLL_SECONDS)


def _stack_status(stack: Stack, stack_id: str) -> tuple[str, str]:
    """Returns status and reason, looked up by id, as a deleted stack has no name any more."""
    try:
        (found,) = stack.clients.cloudformation.describe_stacks(StackName=stack_id)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return GONE, ""
        raise
    return found["StackStatus"], found.get("StackStatusReason", "")
