"""StartModel and StopModel: each is one look at the run's model and one step up or down."""

from __future__ import annotations

from dataclasses import replace

from tilescout.aws.tables import document_table, model_table
from tilescout.handlers.run_steps.claims import due_documents
from tilescout.handlers.run_steps.context import StepContext, keep_lease, open_step
from tilescout.handlers.run_steps.model_cost import cost_so_far
from tilescout.handlers.run_steps.survey import tiles_to_detect
from tilescout.runs import model_start
from tilescout.runs.model_lifecycle import BEGINNING, Action, left_to_guard
from tilescout.runs.model_start import ModelView
from tilescout.runs.records import RunState


def start_model(context: StepContext) -> RunState:
    """``next`` is DetectTiles once tiles may be sent, StopModel to give up, else empty."""
    context = open_step(context)
    is_needed = context.state.starts_model
    # An owned model is brought up or down whatever waits, so the bands are not read for it.
    needs_start = is_needed and not context.lease.owned
    tiles = tiles_to_detect(context.ledger, context.claims) if needs_start else 0
    if not is_needed or (needs_start and not tiles):
        return replace(context.state, next="DetectTiles", wait_seconds=0, ready_at=0)
    view, units_up = _look(context)
    state = model_start.bounded(context.state, view)
    action = model_start.next_action(state, view)
    if action.verb == "use":
        return _use(context, state, units_up)
    if action.verb == "start":
        return _start(context, state, view, tiles)
    if action.verb in ("stop", "done"):
        stopping = context.control().stop(context.lease, view.status)
        action = Action("wait", stopping.reason, stopping.seconds or BEGINNING)
    return model_start.after_action(state, action)


def _look(context: StepContext) -> tuple[ModelView, int]:
    """Returns what the service and the records say of the model, and the units that are up."""
    lease, state = context.lease, context.state
    known = model_table.in_use(context.ledger, state.model)
    # An older owned version comes first: it must be down before another is started.
    shown = context.control().describe(known, lease.version if lease.owned else state.version)
    view = ModelView(
        lease=lease,
        status=shown.status,
        message=shown.message,
        known=known,
        profiles=context.profiles,
        usd_per_unit_hour=context.prices.custom_labels_unit_hour,
        spent_usd=cost_so_far(context).usd,
        now=context.now,
    )
    return view, lease.units if lease.owned else shown.units


def _start(context: StepContext, state: RunState, view: ModelView, tiles: int) -> RunState:
    claimed = (claim.document_id for claim in context.claims)
    plan = model_start.planned_units(
        state, view, tiles + due_documents(context).open_tiles(claimed)
    )
    action = context.control().start(context.lease, state.version, plan.units, state.id)
    values = {
        "model_version": state.version,
        "units": plan.units,
        "units_reason": plan.reason,
    }
    document_table.update_run(context.documents, state.id, values)
    if not action.refused:
        state = model_start.started(state, view.paid_until(plan.units))
    return model_start.after_action(state, action)


def _use(context: StepContext, state: RunState, units: int) -> RunState:
    """The model runs: tiles may be sent."""
    values = {"model_version": state.version, "units": units}
    document_table.update_run(context.documents, state.id, values)
    if context.lease.owned:
        _note_start(context)
    answered = context.run.tiles_answered
    return model_start.ready(state, units=units, now=context.now, answered_before=answered)


def _note_start(context: StepContext) -> None:
    """Notes since when the model runs and, where this run started it, how long that took."""
    model, requested = context.state.model, context.lease.start_requested_at
    start = model_table.get_start(context.ledger, model, requested)
    if start is None or start.running_at:
        return
    model_table.update_start(context.ledger, model, requested, {"running_at": context.now})
    if context.state.starts:
        took = {"start_seconds": float(context.now - requested)}
        model_table.measured(context.ledger, model, context.state.version, took)


def stop_model(context: StepContext) -> RunState:
    """``next`` is MergePages once no owned model is up, else empty; again and again (rule 8).

    The lease is closing from here on. CloseRun comes next where the history of the execution has
    no room for more turns.
    """
    context = keep_lease(context, "closing")
    state, lease = context.state, context.lease
    if not lease.owned:
        return replace(state, next="MergePages", wait_seconds=0, merging_since=context.now)
    control = context.control()
    shown = control.describe(model_table.in_use(context.ledger, state.model), lease.version)
    action = left_to_guard(control.stop(lease, shown.status), state.turns)
    if action.verb == "give up":
        return replace(
            state, next="CloseRun", wait_seconds=0, finished=action.reason, deferred=True
        )
    if action.verb == "done":
        return replace(state, next="MergePages", wait_seconds=0, merging_since=context.now)
    return replace(state, next="", wait_seconds=action.seconds)
