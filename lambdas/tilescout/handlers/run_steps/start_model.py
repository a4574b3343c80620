"""StartModel: one look at the model, one step towards RUNNING; passed by where nothing starts."""

from __future__ import annotations

from dataclasses import replace

from tilescout.aws.custom_labels import Shown
from tilescout.aws.tables import document_table, model_table
from tilescout.handlers.run_steps.claim_documents import tiles_waiting
from tilescout.handlers.run_steps.context import Edges, beat
from tilescout.handlers.run_steps.model_cost import model_cost
from tilescout.handlers.run_steps.survey import tiles_to_ask
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.runs import model_lifecycle
from tilescout.runs.inference_units import (
    ModelPace,
    UnitPlan,
    max_calls_per_second,
    paid_until,
    plan_units,
)
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_lifecycle import Action
from tilescout.runs.records import RunState


def start_model(edges: Edges, state: RunState) -> RunState:
    """``next`` is DetectTiles once tiles may be sent, StopModel to give up, else empty."""
    lease = beat(edges, state)
    if not state.starts_model or not (lease.ours or tiles_to_ask(edges, state)):
        return replace(state, next="DetectTiles", wait_seconds=0, ready_at=0)
    state = _bounded(edges, state, lease)
    shown = _shown(edges, state, lease)
    known = model_table.in_use(edges.ledger, state.model)
    action = model_lifecycle.next_start(
        lease,
        shown.status,
        version=state.version,
        starts=state.starts,
        now=edges.now,
        give_up_at=state.give_up_at,
        latest_start=state.deadline - round(known.start_seconds if known else 0),
        may_share=any(profile.use_running_model for profile in _profiles(edges, state)),
        message=shown.message,
    )
    return _applied(edges, state, lease, shown, action)


def _applied(edges: Edges, state: RunState, lease: Lease, shown: Shown, action: Action) -> RunState:
    if action.verb == "use":
        return _ready(edges, state, lease, shown)
    if action.verb == "start":
        return _start(edges, state, lease)
    if action.verb in ("stop", "done"):
        stopping = edges.control(state.token).stop(lease, shown.status)
        action = Action("wait", stopping.reason, stopping.seconds or model_lifecycle.BEGINNING)
    return _apply(state, action)


def _bounded(edges: Edges, state: RunState, lease: Lease) -> RunState:
    """Time and money for the start; an adopted one is paid by this run since it opened."""
    deadline = state.deadline
    if lease.ours and not state.starts and lease.version == state.version:
        deadline = min(deadline, _paid_until(edges, state, lease.units))
    minutes = max(profile.start_minutes for profile in _profiles(edges, state))
    give_up_at = state.give_up_at or edges.now + 60 * minutes
    return replace(state, deadline=deadline, give_up_at=min(deadline, give_up_at))


def _profiles(edges: Edges, state: RunState) -> list[Profile]:
    return edges.configuration.of_model(state.model)


def _shown(edges: Edges, state: RunState, lease: Lease) -> Shown:
    """Of our older version first, which must be down before another is started."""
    version = lease.version if lease.ours else state.version
    return edges.control(state.token).describe(state.model, version)


def _apply(state: RunState, action: Action) -> RunState:
    if action.verb == "give up":
        return replace(
            state,
            next="StopModel",
            wait_seconds=0,
            finished=action.reason,
            put_off=not action.barren,
        )
    return replace(state, next="", wait_seconds=action.seconds or model_lifecycle.STOP_POLL)


def _start(edges: Edges, state: RunState, lease: Lease) -> RunState:
    plan = _units(edges, state)
    paid_until = _paid_until(edges, state, plan.units)
    action = edges.control(state.token).start(lease, state.version, plan.units, state.id)
    values = {
        "model_version": state.version,
        "units": plan.units,
        "units_reason": plan.reason,
    }
    document_table.update_run(edges.documents, state.id, values)
    if action.refused:
        return _apply(state, action)
    deadline = min(state.deadline, paid_until)
    give_up_at = min(state.give_up_at, deadline)
    started = replace(state, starts=state.starts + 1, deadline=deadline, give_up_at=give_up_at)
    return _apply(started, action)


def _units(edges: Edges, state: RunState) -> UnitPlan:
    profiles = _profiles(edges, state)
    known = model_table.in_use(edges.ledger, state.model)
    assumed = min(profile.tiles_per_second_per_unit for profile in profiles)
    pace = known.pace(assumed) if known else ModelPace(tiles_per_second_per_unit=assumed)
    return plan_units(
        tiles_to_ask(edges, state) + tiles_waiting(edges, state),
        pace,
        seconds_left=state.deadline - edges.now,
        max_units=max(profile.max_inference_units for profile in profiles),
        usd_per_unit_hour=_prices(edges).custom_labels_unit_hour,
        budget_usd=_budget_left(edges, state),
    )


def _budget_left(edges: Edges, state: RunState) -> float:
    """Of the largest budget among the model's profiles, after what the run has paid already."""
    budget = max(profile.budget_usd for profile in _profiles(edges, state))
    run = document_table.get_run(edges.documents, state.id)
    return max(0.0, budget - model_cost(edges, state, run).usd)


def _prices(edges: Edges) -> PriceTable:
    return PriceTable().with_overrides(edges.configuration.prices)


def _paid_until(edges: Edges, state: RunState, units: int) -> int:
    return paid_until(
        edges.now,
        max(1, units),
        usd_per_unit_hour=_prices(edges).custom_labels_unit_hour,
        budget_usd=_budget_left(edges, state),
    )


def _ready(edges: Edges, state: RunState, lease: Lease, shown: Shown) -> RunState:
    """The model runs: tiles may be sent."""
    units = lease.units if lease.ours else shown.units
    values = {"model_version": state.version, "units": units}
    document_table.update_run(edges.documents, state.id, values)
    if lease.ours:
        _note_start(edges, state, lease)
    run = document_table.get_run(edges.documents, state.id)
    return replace(
        state,
        next="DetectTiles",
        wait_seconds=0,
        ready_at=edges.now,
        answered_before=run.tiles_answered if run else 0,
        give_up_at=0,
        calls_per_second=max_calls_per_second(units),
        pace=replace(state.pace, moved_at=edges.now, ended_at=edges.now),
    )


def _note_start(edges: Edges, state: RunState, lease: Lease) -> None:
    """Since when the model runs; and, where this run asked, how long its start took."""
    requested = lease.start_requested_at
    start = model_table.get_start(edges.ledger, state.model, requested)
    if start is None or start.running_at:
        return
    model_table.update_start(edges.ledger, state.model, requested, {"running_at": edges.now})
    if state.starts:
        took = {"start_seconds": float(edges.now - requested)}
        model_table.measured(edges.ledger, state.model, state.version, took)
