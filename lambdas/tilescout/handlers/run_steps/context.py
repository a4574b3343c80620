"""The context of one step of a run: the step gathers once, lets the core decide, and applies.

Functions below a step take the facts that they need, not the context.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tilescout.aws.tables import claim_table, document_table, lease_table, model_table
from tilescout.errors import LeaseLost
from tilescout.handlers.model_control import ModelControl
from tilescout.handlers.run_steps.claims import DueDocuments
from tilescout.handlers.settings import Configuration
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.runs.lease_rules import Lease, Phase, heartbeat
from tilescout.runs.model_lifecycle import GONE, UNSEEN
from tilescout.runs.records import HeldRun, RunState, unrecorded_run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """The tables and queues of a step, its time, and the state that the workflow gave it.

    ``error`` is what an earlier step failed with. ``at_once`` means that whatever is due is worth
    a start. ``open_rekognition`` is called only by runs that have a model.
    """

    documents: Table
    ledger: Table
    sqs: SQSClient
    tiles_queue_url: str
    onnx_tiles_queue_url: str
    merges_queue_url: str
    configuration: Configuration
    open_rekognition: Callable[[], RekognitionClient]
    now: int
    region: str = ""
    error: str = ""
    at_once: bool = False
    state: RunState

    @property
    def profiles(self) -> list[Profile]:
        """The profiles that share the run's lease; they agree on what their model needs."""
        return self.configuration.of_model(self.state.model)

    @property
    def prices(self) -> PriceTable:
        """The prices of the region with the overrides of the configuration."""
        return PriceTable().with_overrides(self.configuration.prices)

    @property
    def tiles_per_second(self) -> float:
        """The pace that the account's quota in its region allows."""
        return self.configuration.tiles_per_second(self.profiles[0], self.region)

    @property
    def due(self) -> DueDocuments:
        """The documents that are due for the run's model."""
        return DueDocuments(
            documents=self.documents,
            profile=self.profiles[0],
            now=self.now,
            at_once=self.at_once,
        )

    @property
    def hints_queue_url(self) -> str:
        """The queue of the function that sends the run's tiles to their detector."""
        is_onnx = self.profiles[0].kind.function == "detect_onnx"
        return self.onnx_tiles_queue_url if is_onnx else self.tiles_queue_url

    def control(self) -> ModelControl:
        """Returns what describes, starts and stops the run's model in the run's name."""
        return ModelControl(
            ledger=self.ledger,
            rekognition=self.open_rekognition(),
            token=self.state.token,
            now=self.now,
        )

    def is_model_up(self) -> bool:
        """Returns False for a model that somebody stopped, and for one not needed yet."""
        state = self.state
        if not (state.starts_model and state.ready_at):
            return False
        control, known = self.control(), model_table.in_use(self.ledger, state.model)
        return control.describe(known, state.version).status in ("RUNNING", UNSEEN, GONE)


def keep_lease(context: StepContext, phase: Phase | None = None) -> Lease:
    """Renews the lease, and returns it. Every step does so before anything else.

    Raises LeaseLost where another owner has it, or its time is over.
    """
    lease = lease_table.change(
        context.ledger,
        context.state.model,
        lambda lease: heartbeat(lease, context.state.token, context.now, phase),
    )
    if lease is None:
        raise LeaseLost(f"the lease of {context.state.model} could not be kept")
    return lease


def open_step(context: StepContext, phase: Phase | None = None) -> HeldRun:
    """Renews the lease, and then reads the run. Raises LeaseLost."""
    return read_run(context, keep_lease(context, phase))


def read_run(context: StepContext, lease: Lease) -> HeldRun:
    """Returns the run whose ``lease`` is held, its record and claims by consistent reads."""
    state = context.state
    record = document_table.get_run(context.documents, state.id)
    return HeldRun(
        state=state,
        lease=lease,
        record=record or unrecorded_run(state, context.now),
        claims=tuple(claim_table.claims(context.ledger, state.id)),
        now=context.now,
        error=context.error,
    )
