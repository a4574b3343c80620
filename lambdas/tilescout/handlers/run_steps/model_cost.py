"""The cost of a run's model, who bears it, and what the run measured of it."""

from __future__ import annotations

from collections import deque

from tilescout.aws.parallel import in_order
from tilescout.aws.tables import document_table, model_table
from tilescout.handlers.run_steps.context import StepContext
from tilescout.runs.model_records import ModelCost, measured_rate, model_cost
from tilescout.runs.records import shares_of

SHARES_PER_TURN = 1_000
"""Writes that fit well into one step, at 5 ms of a small function's processor each."""
A_DAY = 24 * 3600
"""No start lasts as long: the workflow ends after half of it, and the guard follows."""


def cost_so_far(context: StepContext) -> ModelCost:
    """Returns what the run has paid for its model since it opened."""
    if not context.state.starts_model:
        return ModelCost()
    begin = context.run.opened_at
    starts = model_table.starts(context.ledger, context.state.model, since=begin - A_DAY)
    return model_cost(starts, context.lease, context.prices, begin=begin, end=context.now)


def share_cost(context: StepContext) -> int:
    """Charges some more documents with their share of what the run's record says of the model.

    Each bears the cost by its tiles that this run answered, or all evenly where it answered none.
    Returns how many of the run's are charged by now, 0 once all are. Repeating it charges nobody
    twice.
    """
    shares = shares_of(context.claims, context.run.model_usd)
    charged = context.state.shared
    now = shares[charged : charged + SHARES_PER_TURN]

    def charge(share: tuple[str, float]) -> bool:
        return document_table.charge(
            context.documents, *share, token=context.state.token, opened_at=context.run.opened_at
        )

    deque(in_order(charge, now), maxlen=0)
    charged += len(now)
    return charged if charged < len(shares) else 0


def measure(context: StepContext) -> None:
    """Notes the tiles per second of one unit since the model was last ready, if enough was seen."""
    state, run = context.state, context.run
    if not state.ready_at:
        return
    answered = run.tiles_answered - state.answered_before
    rate = measured_rate(answered, run.last_answer_at - state.ready_at, run.units)
    if rate is not None:
        values = {"tiles_per_second_per_unit": rate, "measured_at": context.now}
        model_table.measured(context.ledger, state.model, state.version, values)
