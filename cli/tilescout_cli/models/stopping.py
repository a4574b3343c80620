"""Stopping a model by hand: never behind a live run (protocol rule 5).

A owned model is the guard's to stop, once its run is gone. Only one that Tilescout did not
start is stopped by the person's own call.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tilescout.aws import custom_labels, executions
from tilescout.aws.tables import document_table, lease_table
from tilescout.pricing import PriceTable
from tilescout.runs.lease_rules import GUARD, Lease
from tilescout_cli.console import clock
from tilescout_cli.console.failures import CommandFailed, TargetUnreachable
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.console.terminal import counted
from tilescout_cli.models import costs
from tilescout_cli.models import status as model_status
from tilescout_cli.models.costs import NO_BILL, ModelBill
from tilescout_cli.models.status import ModelStatus
from tilescout_cli.stack.target import Stack

POLL_SECONDS = 2.0
LATE_SECONDS = 180
"""The guard looks each minute; after this a person should know that it does not."""

Need = Literal["nothing", "abort", "wait", "unmanaged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """An outcome: ``is_down`` is False where it was not waited for, or not long enough.

    ``by`` tells who stops it, or has.
    """

    project: str
    version: str = ""
    is_down: bool = True
    bill: ModelBill = NO_BILL
    aborted: str = ""
    by: Literal["", "guard", "person"] = ""


def need(stack: Stack, status: ModelStatus, now: int) -> Need:
    """Returns what must be done so that no version of the project is up."""
    lease = status.lease
    if _is_at_work(stack, lease, now):
        return "abort"
    if lease.owned or _is_held(lease, now):
        return "wait"
    return "unmanaged" if status.unmanaged() else "nothing"


def _is_at_work(stack: Stack, lease: Lease, now: int) -> bool:
    """Tells if a run works; a closing one stops its model itself, a dead one is the guard's."""
    if not lease.is_live(now) or lease.owner.startswith(GUARD) or lease.phase == "closing":
        return False
    return executions.is_running(stack.clients.step_functions, lease.owner)


def _is_held(lease: Lease, now: int) -> bool:
    """Tells if the owner of the lease may still call Start or Stop."""
    return bool(lease.owner) and not lease.is_free(now)


def interrupted(stack: Stack, status: ModelStatus) -> str:
    """Returns what an abort would interrupt, in words."""
    lease = status.lease
    running = [
        document
        for document in document_table.with_status(stack.documents, "RUNNING", lease.model)
        if document.claim_token == lease.token
    ]
    names = ", ".join(sorted({each.key.rsplit("/", 1)[-1] for each in running})[:3])
    more = f" ({names}{', …' if len(running) > 3 else ''})" if running else ""
    return f"{model_status.owner(lease.owner)} with {counted(len(running), 'document')}{more}"


def abort(stack: Stack, lease: Lease) -> None:
    """Stops the execution that owns the lease; answers are kept."""
    stack.clients.step_functions.stop_execution(
        executionArn=lease.owner, cause="tilescout model stop --abort"
    )


@dataclass(slots=True, kw_only=True)
class Waiting:
    """A wait until the guard, or the run that closes, has brought the model down."""

    stack: Stack
    project: str
    prices: PriceTable
    view: ProgressView
    seconds: float
    seen: Stopped

    def until_down(self) -> Stopped:
        """Raises CommandFailed where another run is at work with the model by now."""
        begun = clock.now()
        guard_due = begun + LATE_SECONDS
        while True:
            now = clock.now()
            lease = lease_table.read(self.stack.ledger, self.project)
            self._look(lease, now)
            if not lease.owned and not _is_held(lease, now):
                return replace(self.seen, is_down=True)
            # DescribeExecution may still show as RUNNING what was stopped a moment ago.
            if lease.owner != self.seen.aborted and _is_at_work(self.stack, lease, now):
                raise CommandFailed(
                    f"{model_status.owner(lease.owner)} has begun meanwhile and keeps the model "
                    "of its own; say --abort again, or disable the schedule first"
                )
            if now - begun >= self.seconds:
                return self.seen
            if now >= guard_due and not lease.is_live(now):
                guard_due = now + 10 * LATE_SECONDS
                self.view.tell(
                    "the guard has not looked for minutes; is its schedule enabled? see the "
                    "alarm GuardHeartbeat"
                )
            clock.wait(POLL_SECONDS)

    def _look(self, lease: Lease, now: int) -> None:
        bill = self._bill(lease, now)
        self.seen = replace(self.seen, bill=bill, version=lease.version, is_down=False, by="guard")
        self.view.step(_who(lease, now), str(bill) if bill else "")

    def _bill(self, lease: Lease, now: int) -> ModelBill:
        if lease.owned:
            return costs.so_far(self.stack, lease, now, self.prices)
        if not lease.start_requested_at:
            return NO_BILL
        ended = costs.starts(self.stack, lease, lease.start_requested_at)
        return costs.total(ended, 0, now, self.prices)


def _who(lease: Lease, now: int) -> str:
    if lease.is_live(now) and lease.owner.startswith(GUARD):
        return "the guard stops the model"
    if lease.is_live(now) and lease.phase == "closing":
        return f"{model_status.owner(lease.owner)} stops the model itself"
    if lease.is_live(now):
        return "waiting for the guard to take the lease from the run that ended"
    if _is_held(lease, now):
        return "waiting until the last call of the run that ended has landed"
    return "waiting for the guard, which looks each minute"


def stop_unmanaged(
    stack: Stack, status: ModelStatus, view: ProgressView, *, seconds: float
) -> bool:
    """Stops, by this person's own right, what Tilescout did not start; returns if all is down.

    Only what ``status`` showed is stopped: that is what the person agreed to. Stop is called
    again while a version is STARTING. Raises TargetUnreachable where AWS refuses for good,
    CommandFailed where a run is at work by now.
    """
    begun = clock.now()
    agreed = {version.arn for version in status.unmanaged()}
    while True:
        now = clock.now()
        status = model_status.look(stack, status.project, now, PriceTable())
        # Read after the look: what a run starts meanwhile is its own, and the lease says so.
        lease = lease_table.read(stack.ledger, status.project)
        if lease.owned or _is_held(lease, now):
            raise CommandFailed(
                f"{model_status.owner(lease.owner)} is at work with {status.project} by now; "
                "nothing more was stopped, look again with `tilescout model status`"
            )
        left = [each for each in status.versions if each.arn in agreed and each.may_cost]
        if not left:
            return True
        for version in left:
            if version.is_up:
                _ask(stack, version.arn)
        view.step("stopping " + ", ".join(f"{each.name} ({each.status})" for each in left))
        if now - begun >= seconds:
            return False
        clock.wait(POLL_SECONDS)


AGAIN = frozenset({"", "ResourceInUseException", "ThrottlingException", "InternalServerError",
                   "ProvisionedThroughputExceededException"})  # fmt: skip


def _ask(stack: Stack, version_arn: str) -> None:
    refused = custom_labels.stop(stack.clients.model_control, version_arn)
    if refused and refused.code not in AGAIN:
        raise TargetUnreachable(
            f"AWS refuses to stop {version_arn}: {refused.code}: {refused.message}; ask for "
            "rekognition:StopProjectVersion, or stop it in the console"
        )
