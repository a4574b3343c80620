"""The guard's duty to models: no owned model stays up without a live run (rule 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from tilescout import keys
from tilescout.aws import custom_labels, executions
from tilescout.aws.tables import document_table, lease_table, model_table
from tilescout.handlers.model_control import ModelControl
from tilescout.runs import lease_rules
from tilescout.runs.guard_duties import guard_duty
from tilescout.runs.lease_rules import GUARD, GUARD_HOLD, Lease

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_stepfunctions import SFNClient

logger = Logger(child=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelGuard:
    """One look at the leases. ``me`` names this invocation; ``open_rekognition`` is called only
    where there is a model.
    """

    ledger: Table
    documents: Table
    step_functions: SFNClient
    open_rekognition: Callable[[], RekognitionClient]
    me: str
    now: int

    def look(self, lease: Lease) -> str:
        """Returns what was done about the lease, in words; empty where nothing was."""
        duty = guard_duty(lease, self.now, owner_runs=self._owner_runs(lease))
        if duty == "revoke":
            return self._revoke(lease)
        return self._bring_down(lease) if duty == "take over" else ""

    def _owner_runs(self, lease: Lease) -> bool:
        """Returns True also for another guard, whose lease ends by itself."""
        if not lease.is_live(self.now) or lease.owner.startswith(GUARD):
            return True
        return executions.is_running(self.step_functions, lease.owner)

    def _revoke(self, lease: Lease) -> str:
        def decide(read: Lease) -> Lease | None:
            return lease_rules.revoke(read, lease.owner, lease.token, self.now)

        if lease_table.change(self.ledger, lease.model, decide) is None:
            return ""
        logger.warning("lease revoked: its run is dead", model=lease.model, owner=lease.owner)
        return "revoked"

    def _bring_down(self, seen: Lease) -> str:
        """Stops the model as the lease's owner, by what is read after it was acquired."""
        lease = lease_table.change(
            self.ledger,
            seen.model,
            lambda read: (
                lease_rules.acquire(read, GUARD + self.me, self.now, self.now + GUARD_HOLD)
                if read.owned
                else None
            ),
        )
        if lease is None:
            return ""
        control = ModelControl(
            ledger=self.ledger,
            rekognition=self.open_rekognition(),
            token=lease.token,
            now=self.now,
        )
        known = model_table.in_use(self.ledger, lease.model)
        shown = control.describe(known, lease.version)
        action = control.stop(lease, shown.status)
        logger.warning("model without a run", version=lease.version, action=action.reason)
        self._release(lease)
        return "stopped" if action.verb == "done" else "stopping"

    def _release(self, lease: Lease) -> None:
        lease_table.change(
            self.ledger,
            lease.model,
            lambda read: lease_rules.release(read, lease.token, self.now),
        )

    def unmanaged(self, lease: Lease) -> list[str]:
        """Returns versions of the lease's project that are up and that Tilescout did not start."""
        known = model_table.in_use(self.ledger, lease.model)
        if known is None:
            return []
        up = custom_labels.running(self.open_rekognition(), known.project_arn)
        return [version for version in up if not (lease.owned and version == lease.version)]

    def up_seconds(self, lease: Lease) -> int:
        """Returns for how long an owned model is up or starting; 0 where there is none."""
        return self.now - lease.start_requested_at if lease.owned else 0

    def idle_seconds(self, lease: Lease) -> int:
        """Returns the seconds since a RUNNING owned model was ready or gave its last answer."""
        if not lease.owned:
            return 0
        known = model_table.get_start(self.ledger, lease.model, lease.start_requested_at)
        if known is None or not known.running_at:
            return 0
        # The run that started it may be dead, and the owner of the lease have taken it over.
        runs = {known.run_id, keys.run_id(lease.owner, lease.token)} - {""}
        known_runs = [document_table.get_run(self.documents, run) for run in runs]
        answers = [run.last_answer_at for run in known_runs if run]
        return self.now - max(known.running_at, *answers, 0)
