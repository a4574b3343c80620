"""OpenRun: the lease, the run's record, the first claims. Nothing due costs nothing."""

from __future__ import annotations

from dataclasses import replace

from tilescout import keys
from tilescout.aws.tables import document_table, lease_table, model_table
from tilescout.handlers.run_steps.claim_documents import claim_due, is_version_due, is_work_due
from tilescout.handlers.run_steps.context import Edges
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.runs import lease_rules
from tilescout.runs.lease_rules import Lease
from tilescout.runs.records import Run, RunState, calls_allowed, closing_seconds, hard_deadline


def open_run(edges: Edges, state: RunState) -> RunState:
    """``next`` is StartModel, or empty where nothing is due or another run is at it."""
    profiles = edges.configuration.of_model(state.model)
    state = replace(state, version=_version(edges, profiles))
    if not is_work_due(edges, state.model, version=state.version):
        return state
    lease = _acquire(edges, state, hard_deadline(profiles, edges.now))
    if lease is None:
        return state
    opened = _opened(edges, state, profiles, lease)
    _record(edges, opened, profiles)
    claim_due(edges, opened)
    return opened


def _version(edges: Edges, profiles: list[Profile]) -> str:
    """The model version in use, frozen for the run; empty where none is to be asked.

    Documents that need no start are worth a run of their own, and then none is started.
    """
    if not is_version_due(edges, profiles[0].model):
        return ""
    known = model_table.in_use(edges.ledger, profiles[0].model_project)
    return known.version_arn if known else ""


def _acquire(edges: Edges, state: RunState, hard_deadline: int) -> Lease | None:
    return lease_table.change(
        edges.ledger,
        state.model,
        lambda lease: lease_rules.acquire(lease, state.execution, edges.now, hard_deadline),
    )


def _opened(edges: Edges, state: RunState, profiles: list[Profile], lease: Lease) -> RunState:
    kind = profiles[0].kind
    prices = PriceTable().with_overrides(edges.configuration.prices)
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


def _record(edges: Edges, state: RunState, profiles: list[Profile]) -> None:
    allowed = calls_allowed(profiles, state.price_per_call)
    run = Run(
        id=state.id,
        model=state.model,
        execution=state.execution,
        token=state.token,
        status="OPEN",
        opened_at=edges.now,
        calls_left=allowed,
        calls_allowed=allowed,
        # One that must be started is noted once it is up.
        model_version="" if state.needs_model else state.version,
    )
    document_table.open_run(edges.documents, run)
