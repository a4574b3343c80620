"""Start and Stop in the order of handlers/model_control.py: describe, decide, apply once."""

from __future__ import annotations

from benchmarks.simulation.custom_labels import CustomLabels
from benchmarks.simulation.faults import ServiceError
from benchmarks.simulation.tilescout_system.store import Store
from benchmarks.simulation.world import SYSTEM
from tilescout.runs import lease_rules
from tilescout.runs.lease_rules import Lease
from tilescout.runs.model_lifecycle import (
    BEGINNING,
    DEFINITE,
    STOP_POLL,
    UNSEEN,
    Action,
    after_refused_start,
    next_stop,
)


def describe(model: CustomLabels) -> str:
    try:
        return model.describe()
    except ServiceError:
        return UNSEEN


def stop(store: Store, model: CustomLabels, token: int, status: str) -> Action:
    """Takes one step towards a model that is down. Raises LeaseLost."""
    now = model.clock.now
    action = next_stop(store.lease, status, now)
    if action.verb == "done":
        settled = lease_rules.stopped(store.lease, token, now)
        store.lease = settled or store.lease
        return action if settled else Action("wait", "not settled", STOP_POLL)
    return _request_stop(store, model, token, action) if action.verb == "stop" else action


def _request_stop(store: Store, model: CustomLabels, token: int, action: Action) -> Action:
    before = store.lease
    requested = lease_rules.request_stop(before, token, model.clock.now)
    store.lease = requested
    try:
        model.stop(SYSTEM)
    except ServiceError as error:
        action = Action("wait", error.code or "no answer", STOP_POLL)
        if not error.code:
            return action
    store.lease = lease_rules.stop_landed(store.lease, before, requested) or store.lease
    return action


def start(store: Store, model: CustomLabels, lease: Lease, version: str, units: int) -> Action:
    """Requests a start once, after the lease says so. Raises LeaseLost."""
    requested = lease_rules.request_start(lease, lease.token, model.clock.now, version, units)
    store.lease = requested
    try:
        model.start(SYSTEM, units)
    except ServiceError as error:
        if error.code in DEFINITE:
            undone = lease_rules.undo_start(store.lease, lease, requested)
            store.lease = undone or store.lease
        return after_refused_start(error.code, str(error))
    return Action("wait", "the start was accepted", BEGINNING)
