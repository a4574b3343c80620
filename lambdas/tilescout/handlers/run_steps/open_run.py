"""OpenRun: the lease, the run's record, the first claims. A run with nothing due costs nothing."""

from __future__ import annotations

from dataclasses import replace

from tilescout.aws.tables import document_table, lease_table
from tilescout.handlers.run_steps.claims import claim_due, due_version
from tilescout.handlers.run_steps.context import StepContext, read_run
from tilescout.runs import lease_rules
from tilescout.runs.records import RunState, hard_deadline, opened, opened_run


def open_run(context: StepContext) -> RunState:
    """Opens a run, and returns its state.

    Its ``next`` is StartModel, or empty where nothing is due or another run holds the lease.
    """
    profiles, due = context.profiles, context.due
    # Documents that need no start are worth a run of their own, and then none is started.
    state = replace(context.state, version=due_version(context.ledger, due))
    if not due.is_any(state.version):
        return state
    deadline = hard_deadline(profiles, context.now)
    lease = lease_table.change(
        context.ledger,
        state.model,
        lambda lease: lease_rules.acquire(lease, state.execution, context.now, deadline),
    )
    if lease is None:
        return state
    state = opened(state, lease, profiles, context.prices, context.tiles_per_second)
    document_table.open_run(context.documents, opened_run(state, profiles, context.now))
    # Read only now: a step that is tried again finds its own record and claims, and what another
    # run did before this one took the lease must be seen.
    claim_due(due, context.ledger, read_run(replace(context, state=state), lease))
    return state
