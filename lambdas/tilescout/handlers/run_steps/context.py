"""The context of one step of a run: it gathers once, lets the core decide, and applies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tilescout.aws.tables import claim_table, document_table, lease_table
from tilescout.errors import LeaseLost
from tilescout.handlers.model_control import ModelControl
from tilescout.handlers.settings import Configuration
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.runs.lease_rules import Lease, Phase, heartbeat
from tilescout.runs.records import Claim, Run, RunState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """The tables and queues of a step, its time, the run's state, and what the step has read.

    ``open_step`` sets ``lease``, ``run`` and ``claims``; until then they are empty. ``error`` is
    what an earlier step failed with. ``at_once`` means that whatever is due is worth a start.
    ``open_rekognition`` is called only by runs that have a model.
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
    lease: Lease
    run: Run
    claims: tuple[Claim, ...] = ()

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


def keep_lease(context: StepContext, phase: Phase | None = None) -> StepContext:
    """Returns the context with the lease, renewed. Every step does so before anything else.

    Raises LeaseLost where another owner has it, or its time is over.
    """
    lease = lease_table.change(
        context.ledger,
        context.state.model,
        lambda lease: heartbeat(lease, context.state.token, context.now, phase),
    )
    if lease is None:
        raise LeaseLost(f"the lease of {context.state.model} could not be kept")
    return replace(context, lease=lease)


def open_step(context: StepContext, phase: Phase | None = None) -> StepContext:
    """Returns the context with the lease, renewed, and then the run's record and claims.

    They are read by consistent reads, and after the lease is known to be held. Raises LeaseLost.
    """
    return gather(keep_lease(context, phase))


def gather(context: StepContext) -> StepContext:
    """Returns the context with the run's record and claims, both by a consistent read."""
    run = document_table.get_run(context.documents, context.state.id)
    claims = claim_table.claims(context.ledger, context.state.id)
    return replace(context, run=run or context.run, claims=tuple(claims))
