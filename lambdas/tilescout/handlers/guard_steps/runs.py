"""The guard's duty to uploads: a run is started where one is due and no schedule would start it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from tilescout.aws import executions
from tilescout.handlers.run_steps.claims import DueDocuments, due_version
from tilescout.handlers.settings import Configuration
from tilescout.runs.lease_rules import Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_stepfunctions import SFNClient

logger = Logger(child=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunGuard:
    """Starts runs of the models that have no schedule. ``machine`` is the workflow's ARN."""

    documents: Table
    ledger: Table
    step_functions: SFNClient
    machine: str
    configuration: Configuration
    now: int
    has_time: Callable[[], bool]

    def start_due(self, leases: Sequence[Lease]) -> int:
        """Starts a run of each model with due documents and a free lease; returns how many."""
        due = [
            model
            for model in self.configuration.started_on_upload
            if self.has_time() and self._is_free(model, leases) and self._is_due(model)
        ]
        startable = executions.startable(self.ledger, due, self.now)
        started = [model for model in startable if self._start_run(model)]
        if started:
            logger.info("runs started", models=started)
        return len(started)

    def _start_run(self, model: str) -> bool:
        return executions.start_run(self.step_functions, self.machine, model, self.now)

    def _is_free(self, model: str, leases: Sequence[Lease]) -> bool:
        """Returns False while a run, or the guard itself, could not be followed by another."""
        return all(lease.is_free(self.now) for lease in leases if lease.model == model)

    def _is_due(self, model: str) -> bool:
        due = DueDocuments(
            documents=self.documents,
            profile=self.configuration.of_model(model)[0],
            now=self.now,
            at_once=False,
        )
        return due.is_any(due_version(self.ledger, due))
