"""StartModel and StopModel: each is one look at the run's model and one step up or down."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tilescout.aws.tables import document_table, model_table
from tilescout.handlers.run_steps.context import StepContext, keep_lease, open_step
from tilescout.handlers.run_steps.survey import tiles_to_detect
from tilescout.runs import model_start
from tilescout.runs.model_lifecycle import BEGINNING, Action, left_to_guard
from tilescout.runs.model_records import model_cost
from tilescout.runs.model_start import ModelView
from tilescout.runs.records import HeldRun, RunState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def start_model(context: StepContext) -> RunState:
    """Starts the model where the run needs one, and returns the state of the run.

    Its ``next`` is DetectTiles once tiles may be sent, StopModel to give up, else empty.
    """
    held = open_step(context)
    is_needed = context.state.starts_model
    # An owned model is brought up or down whatever waits, so the bands are not read for it.
    needs_start = is_needed and not held.lease.owned
    tiles = tiles_to_detect(context.ledger, held.claims) if needs_start else 0
    if not is_needed or (needs_start and not tiles):
        return replace(context.state, next="DetectTiles", wait_seconds=0, ready_at=0)
    view = _look(context, held)
    state = model_start.bounded(context.state, view)
    action = model_start.next_action(state, view)
    if action.verb == "use":
        _note_use(context.documents, context.ledger, state, view)
        answered = held.record.tiles_answered
        return model_start.ready(state, units=view.units, now=view.now, answered_before=answered)
    if action.verb == "start":
        tiles += context.due.open_tiles(claim.document_id for claim in held.claims)
        return _start(context, state, view, tiles)
    if action.verb in ("stop", "done"):
        stopping = context.control().stop(held.lease, view.status)
        action = Action("wait", stopping.reason, stopping.seconds or BEGINNING)
    return model_start.after_action(state, action)


def _look(context: StepContext, held: HeldRun) -> ModelView:
    """Returns what the service and the records say of the model."""
    lease, model = held.lease, context.state.model
    known = model_table.in_use(context.ledger, model)
    starts = list(model_table.starts(context.ledger, model, since=held.paid_since))
    # An older owned version comes first: it must be down before another is started.
    version = lease.version if lease.owned else context.state.version
    shown = context.control().describe(known, version)
    cost = model_cost(starts, lease, context.prices, begin=held.record.opened_at, end=context.now)
    return ModelView(
        lease=lease,
        status=shown.status,
        message=shown.message,
        units=lease.units if lease.owned else shown.units,
        known=known,
        starts=starts,
        profiles=context.profiles,
        usd_per_unit_hour=context.prices.custom_labels_unit_hour,
        spent_usd=cost.usd,
        now=context.now,
    )


def _start(context: StepContext, state: RunState, view: ModelView, tiles: int) -> RunState:
    plan = model_start.planned_units(state, view, tiles)
    action = context.control().start(view.lease, state.version, plan.units, state.id)
    values = {
        "model_version": state.version,
        "units": plan.units,
        "units_reason": plan.reason,
    }
    document_table.update_run(context.documents, state.id, values)
    if not action.refused:
        state = model_start.started(state, view.paid_until(plan.units))
    return model_start.after_action(state, action)


def _note_use(documents: Table, ledger: Table, state: RunState, view: ModelView) -> None:
    """Notes the running model with the run, and how long its start took where that is new."""
    values = {"model_version": state.version, "units": view.units}
    document_table.update_run(documents, state.id, values)
    start = view.unnoted_start
    if start is None:
        return
    model_table.update_start(ledger, state.model, start.requested_at, {"running_at": view.now})
    if state.starts:
        took = {"start_seconds": float(view.now - start.requested_at)}
        model_table.measured(ledger, state.model, state.version, took)


def stop_model(context: StepContext) -> RunState:
    """Stops the run's model, again and again (rule 8), and returns the state of the run.

    Its ``next`` is MergePages once no owned model is up, else empty; CloseRun comes next where the
    history of the execution has no room for more turns. The lease is closing from here on.
    """
    state, lease = context.state, keep_lease(context, "closing")
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
