"""Start and Stop as control functions use them: describe, decide by the core, apply once.

The caller kept its lease in the same invocation (rule 5), and passes the lease as it was then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from tilescout.aws import custom_labels
from tilescout.aws.custom_labels import Shown
from tilescout.aws.tables import lease_table, model_table
from tilescout.runs import lease_rules
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_lifecycle import (
    BEGINNING,
    DEFINITE,
    STOP_POLL,
    UNSEEN,
    Action,
    after_refused_start,
    after_refused_stop,
    next_stop,
)
from tilescout.runs.model_records import ModelInUse, ModelStart

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_rekognition import RekognitionClient

logger = Logger(child=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelControl:
    """Describes, starts and stops models in the name of one ``token``, at the time ``now``."""

    ledger: Table
    rekognition: RekognitionClient
    token: int
    now: int

    def describe(self, known: ModelInUse | None, version: str) -> Shown:
        """Returns the version as the service shows it; UNSEEN without the project's ARN."""
        if known is None:
            return Shown(status=UNSEEN, message="no version of the project is in use")
        return custom_labels.describe(self.rekognition, known.project_arn, version)

    def stop(self, lease: Lease, status: str) -> Action:
        """Takes one step towards a model that is down.

        "done" has cleared ``owned`` and closed its price.

        Raises LeaseLost.
        """
        action = next_stop(lease, status, self.now)
        if action.verb == "stop":
            action = self._request_stop(lease, action)
        return self._down(lease, action) if action.verb == "done" else action

    def _request_stop(self, lease: Lease, action: Action) -> Action:
        before, requested = lease_table.exchange(
            self.ledger,
            lease.model,
            lambda read: lease_rules.request_stop(read, self.token, self.now),
        )
        refused = custom_labels.stop(self.rekognition, lease.version)
        logger.info("stop requested", version=lease.version, refused=refused and refused.code)
        if requested is not None and (refused is None or refused.code):
            lease_table.change(
                self.ledger,
                lease.model,
                lambda read: lease_rules.stop_landed(read, before, requested),
            )
        if refused is None:
            return action
        return after_refused_stop(lease, refused.code, refused.message, self.now)

    def _down(self, lease: Lease, action: Action) -> Action:
        model_table.close_start(self.ledger, lease, self.now, lease.owner)
        settled = lease_table.change(
            self.ledger,
            lease.model,
            lambda read: lease_rules.stopped(read, self.token, self.now),
        )
        if settled is None:
            return Action("wait", "another try of this step requested a stop since", STOP_POLL)
        return action

    def start(self, lease: Lease, version: str, units: int, run_id: str) -> Action:
        """Requests the start of ``version`` once, and returns what to do next.

        Nothing is requested if another attempt of the same run has done so since ``lease`` was
        read.

        Raises LeaseLost where the lease is lost or closing.
        """
        before, requested = lease_table.exchange(
            self.ledger, lease.model, lambda read: self._requested(read, lease, version, units)
        )
        if requested is None:
            return Action("wait", "the start was requested a moment ago", BEGINNING)
        row = ModelStart(
            project=lease.model,
            version_arn=version,
            units=units,
            requested_at=self.now,
            run_id=run_id,
        )
        model_table.add_start(self.ledger, row)
        refused = custom_labels.start(self.rekognition, version, units)
        logger.info("start requested", version=version, units=units, refused=refused)
        if refused is None:
            return Action("wait", "the start was accepted", BEGINNING)
        if refused.code in DEFINITE:
            self._undo(before, requested, refused.code)
        return after_refused_start(refused.code, refused.message)

    def _requested(self, read: Lease, seen: Lease, version: str, units: int) -> Lease | None:
        if (read.starts, read.owned) != (seen.starts, seen.owned):
            return None
        return lease_rules.request_start(read, self.token, self.now, version, units)

    def _undo(self, before: Lease, requested: Lease, code: str) -> None:
        undone = lease_table.change(
            self.ledger,
            requested.model,
            lambda read: lease_rules.undo_start(read, before, requested),
        )
        if undone is not None and requested.start_requested_at != before.start_requested_at:
            values = {"refused": code, "stopped_at": self.now}
            model_table.update_start(
                self.ledger, requested.model, requested.start_requested_at, values
            )
