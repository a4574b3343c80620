"""StartModel: one look at the model, one step towards RUNNING; passed by where nothing starts."""

from __future__ import annotations

from dataclasses import replace

from tilescout import model_lifecycle
from tilescout.aws import document_table, model_table
from tilescout.aws.models import Shown
from tilescout.handlers.run_steps.claiming import claimed_tiles
from tilescout.handlers.run_steps.edges import Edges, beat
from tilescout.inference_units import ModelPace, UnitPlan, paid_until, plan_units
from tilescout.model_lifecycle import Action
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.run_protocol import Lease
from tilescout.runs import RunState

CALLS_PER_SECOND_PER_UNIT = 5
"""The most that one unit was ever said to answer; what is too much is refused and costs nothing."""
MOST_CALLS_PER_SECOND = 50


def start_model(edges: Edges, state: RunState) -> RunState:
    """``next`` is DetectTiles once tiles may be sent, StopModel to give up, else empty."""
    lease = beat(edges, state)
    if not state.version or not claimed_tiles(edges, state):
        return replace(state, next="DetectTiles", wait_seconds=0, ready_at=0)
    state = replace(state, give_up_at=state.give_up_at or _give_up_at(edges, state))
    shown = _shown(edges, state, lease)
    action = model_lifecycle.next_start(
        lease,
        shown.status,
        version=state.version,
        starts=state.starts,
        now=edges.now,
        give_up_at=state.give_up_at,
        may_share=any(profile.use_running_model for profile in _profiles(edges, state)),
        message=shown.message,
    )
    if action.verb == "use":
        return _ready(edges, state, lease, shown)
    if action.verb == "start":
        return _start(edges, state, lease)
    if action.verb in ("stop", "done"):
        action = _stop_older(edges, state, lease, shown)
    return _apply(state, action)


def _profiles(edges: Edges, state: RunState) -> list[Profile]:
    return edges.configuration.of_model(state.model)


def _give_up_at(edges: Edges, state: RunState) -> int:
    minutes = max(profile.start_minutes for profile in _profiles(edges, state))
    return min(state.deadline, edges.now + 60 * minutes)


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


def _stop_older(edges: Edges, state: RunState, lease: Lease, shown: Shown) -> Action:
    action = edges.control(state.token).stop(lease, shown.status)
    return Action("wait", action.reason, action.seconds or model_lifecycle.BEGINNING)


def _start(edges: Edges, state: RunState, lease: Lease) -> RunState:
    plan = _units(edges, state)
    units = lease.units if state.starts else plan.units
    action = edges.control(state.token).start(lease, state.version, units, state.id)
    values = {"model_version": state.version, "units": units, "units_reason": plan.reason}
    document_table.update_run(edges.documents, state.id, values)
    started = replace(
        state,
        starts=state.starts + 1,
        deadline=min(state.deadline, _paid_until(edges, state, units)),
    )
    return _apply(started, action)


def _units(edges: Edges, state: RunState) -> UnitPlan:
    profiles = _profiles(edges, state)
    known = model_table.in_use(edges.ledger, state.model)
    assumed = min(profile.tiles_per_second_per_unit for profile in profiles)
    pace = known.pace(assumed) if known else ModelPace(tiles_per_second_per_unit=assumed)
    return plan_units(
        claimed_tiles(edges, state),
        pace,
        seconds_left=state.deadline - edges.now,
        most_units=max(profile.max_inference_units for profile in profiles),
        usd_per_unit_hour=_prices(edges).custom_labels_unit_hour,
        budget_usd=max(profile.budget_usd for profile in profiles),
    )


def _prices(edges: Edges) -> PriceTable:
    return PriceTable().with_overrides(edges.configuration.prices)


def _paid_until(edges: Edges, state: RunState, units: int) -> int:
    return paid_until(
        edges.now,
        units,
        usd_per_unit_hour=_prices(edges).custom_labels_unit_hour,
        budget_usd=max(profile.budget_usd for profile in _profiles(edges, state)),
    )


def _ready(edges: Edges, state: RunState, lease: Lease, shown: Shown) -> RunState:
    """The model runs: tiles may be sent, and an adopted one is paid by this run from now on."""
    units = lease.units if lease.ours else shown.units
    values = {"model_version": state.version, "units": units}
    document_table.update_run(edges.documents, state.id, values)
    deadline = state.deadline
    if lease.ours and not state.starts:
        deadline = min(deadline, _paid_until(edges, state, units))
    if lease.ours and state.starts:
        _note_start(edges, state, lease)
    rate = min(MOST_CALLS_PER_SECOND, CALLS_PER_SECOND_PER_UNIT * max(1, units))
    return replace(
        state,
        next="DetectTiles",
        wait_seconds=0,
        deadline=deadline,
        ready_at=edges.now,
        give_up_at=0,
        calls_per_second=float(rate),
        pace=replace(state.pace, moved_at=edges.now, ended_at=edges.now),
    )


def _note_start(edges: Edges, state: RunState, lease: Lease) -> None:
    """How long the model took to start, for its price so far and for the next run's plan."""
    requested = lease.start_requested_at
    model_table.update_start(edges.ledger, state.model, requested, {"running_at": edges.now})
    took = {"start_seconds": float(edges.now - requested)}
    model_table.measured(edges.ledger, state.model, state.version, took)
