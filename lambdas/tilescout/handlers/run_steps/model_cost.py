"""What a run's model cost, who bears it, and what the run measured of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.aws.parallel import in_order
from tilescout.aws.tables import document_table, lease_table, model_table
from tilescout.handlers.run_steps.context import Edges
from tilescout.pricing import PriceTable
from tilescout.runs.model_records import measured_rate
from tilescout.runs.records import Claim, Run, RunState, shares_of

SHARES_PER_TURN = 1_000
"""Writes that fit well into one step, at 5 ms of a small function's processor each."""
A_DAY = 24 * 3600
"""No start lasts as long: the workflow ends after half of it, and the guard follows."""


@dataclass(frozen=True, slots=True)
class ModelCost:
    """Seconds that a model of ours was paid for in this run, and US dollars."""

    seconds: int = 0
    usd: float = 0.0


def model_cost(edges: Edges, state: RunState, run: Run | None) -> ModelCost:
    """All starts that were up within the run: its own, and one it took over.

    A start whose end nobody wrote down counts only while the lease tells of it.
    """
    if not state.starts_model or run is None:
        return ModelCost()
    prices = PriceTable().with_overrides(edges.configuration.prices)
    lease = lease_table.read(edges.ledger, state.model)
    paid = [
        (start.units, start.seconds(run.opened_at, edges.now))
        for start in model_table.starts(edges.ledger, state.model, since=run.opened_at - A_DAY)
        if start.stopped_at or (lease.ours and start.requested_at == lease.start_requested_at)
    ]
    usd = sum(prices.model_time(units, seconds) for units, seconds in paid)
    return ModelCost(sum(seconds for _, seconds in paid), usd)


def share_cost(edges: Edges, state: RunState, claims: Sequence[Claim]) -> int:
    """Charge some more documents with their share of what the run's record says of the model.

    Each bears the cost by its tiles that this run answered, or all evenly where it answered none.
    Returns how many of the run's are charged by now, 0 once all are. Repeating it charges nobody
    twice.
    """
    run = document_table.get_run(edges.documents, state.id)
    if run is None:
        return 0
    opened_at = run.opened_at
    shares = shares_of(claims, run.model_usd)
    now = shares[state.shared : state.shared + SHARES_PER_TURN]

    def charge(share: tuple[str, float]) -> bool:
        return document_table.charge(
            edges.documents, *share, token=state.token, opened_at=opened_at
        )

    deque(in_order(charge, now), maxlen=0)
    charged = state.shared + len(now)
    return charged if charged < len(shares) else 0


def measure(edges: Edges, state: RunState, run: Run | None) -> None:
    """Tiles a second of one unit since the model was last ready, where enough was seen."""
    if not state.ready_at or run is None:
        return
    answered = run.tiles_answered - state.answered_before
    rate = measured_rate(answered, run.last_answer_at - state.ready_at, run.units)
    if rate is not None:
        values = {"tiles_per_second_per_unit": rate, "measured_at": edges.now}
        model_table.measured(edges.ledger, state.model, state.version, values)
