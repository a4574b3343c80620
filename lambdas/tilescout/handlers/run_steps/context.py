"""What a step of the run may touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tilescout.aws.tables import lease_table
from tilescout.errors import LeaseLost
from tilescout.handlers.model_control import ModelControl
from tilescout.handlers.settings import Configuration
from tilescout.runs.lease_rules import Lease, Phase, heartbeat
from tilescout.runs.records import RunState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Tables, queues and the time of one step; ``error`` is what an earlier step failed with.

    ``open_rekognition`` is called only by runs that have a model. ``at_once``: whatever is due is
    worth a start.
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
    error: str = ""
    at_once: bool = False

    def hints_queue_url(self, state: RunState) -> str:
        """ONNX models are asked by a function of their own."""
        is_onnx = state.needs_version and not state.needs_model
        return self.onnx_tiles_queue_url if is_onnx else self.tiles_queue_url

    def control(self, token: int) -> ModelControl:
        return ModelControl(
            ledger=self.ledger, rekognition=self.open_rekognition(), token=token, now=self.now
        )


def beat(edges: Edges, state: RunState, phase: Phase | None = None) -> Lease:
    """Every step beats before it does anything. Raises LeaseLost."""
    lease = lease_table.change(
        edges.ledger,
        state.model,
        lambda lease: heartbeat(lease, state.token, edges.now, phase),
    )
    if lease is None:
        raise LeaseLost(f"the lease of {state.model} could not be kept")
    return lease
