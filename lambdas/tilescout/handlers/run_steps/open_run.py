"""OpenRun: the lease, the run's record, the first claims. A run with nothing due costs nothing."""

from __future__ import annotations

from dataclasses import replace

from tilescout import keys
from tilescout.aws.tables import document_table, lease_table, model_table
from tilescout.handlers.run_steps.claims import claim_due, due_documents
from tilescout.handlers.run_steps.context import StepContext, gather
from tilescout.runs import lease_rules
from tilescout.runs.lease_rules import Lease
from tilescout.runs.records import Run, RunState, calls_allowed, closing_seconds, hard_deadline


def open_run(context: StepContext) -> RunState:
    """``next`` is StartModel, or empty where nothing is due or another run holds the lease."""
    due = due_documents(context)
    # Documents that need no start are worth a run of their own, and then none is started.
    state = replace(context.state, version=_version(context) if due.is_version_due() else "")
    if not due.is_any(state.version):
        return state
    deadline = hard_deadline(context.profiles, context.now)
    lease = lease_table.change(
        context.ledger,
        state.model,
        lambda lease: lease_rules.acquire(lease, state.execution, context.now, deadline),
    )
    if lease is None:
        return state
    context = replace(context, state=_opened(context, state, lease), lease=lease)
    document_table.open_run(context.documents, _record(context))
    # Only now: what another run did before this one took the lease must be seen (rule 2), and
    # a step that is tried again finds its own record and claims.
    claim_due(gather(context))
    return context.state


def _version(context: StepContext) -> str:
    """Returns the model version in use, frozen for the run, or nothing while there is none."""
    known = model_table.in_use(context.ledger, context.profiles[0].model_project)
    return known.version_arn if known else ""


def _opened(context: StepContext, state: RunState, lease: Lease) -> RunState:
    profiles, prices = context.profiles, context.prices
    kind = profiles[0].kind
    return replace(
        state,
        next="StartModel",
        needs_model=profiles[0].needs_model,
        needs_version=profiles[0].needs_version,
        id=keys.run_id(state.execution, lease.token),
        token=lease.token,
        deadline=lease.hard_deadline - closing_seconds(profiles),
        price_per_call=max(prices.tile_call(profile) for profile in profiles),
        calls_per_tile=kind.calls_per_tile,
        calls_per_second=kind.calls_per_second,
    )


def _record(context: StepContext) -> Run:
    state = context.state
    allowed = calls_allowed(context.profiles, state.price_per_call)
    return Run(
        id=state.id,
        model=state.model,
        execution=state.execution,
        token=state.token,
        status="OPEN",
        opened_at=context.now,
        calls_left=allowed,
        calls_allowed=allowed,
        # A version that must be started is noted once it is up.
        model_version="" if state.needs_model else state.version,
    )
