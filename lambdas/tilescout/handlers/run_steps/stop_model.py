"""StopModel: the lease is closing from here on; a model of ours is stopped until it is down."""

from __future__ import annotations

from dataclasses import replace

from tilescout.handlers.run_steps.context import Edges, beat
from tilescout.runs.model_lifecycle import left_to_guard
from tilescout.runs.records import RunState


def stop_model(edges: Edges, state: RunState) -> RunState:
    """``next`` is MergePages once no model of ours is up, else empty; again and again (rule 8).

    CloseRun comes next where the history of the execution has no room for more turns.
    """
    lease = beat(edges, state, "closing")
    if not lease.ours:
        return replace(state, next="MergePages", wait_seconds=0, merging_since=edges.now)
    control = edges.control(state.token)
    shown = control.describe(state.model, lease.version)
    action = left_to_guard(control.stop(lease, shown.status), state.turns)
    if action.verb == "give up":
        return replace(state, next="CloseRun", wait_seconds=0, finished=action.reason, put_off=True)
    if action.verb == "done":
        return replace(state, next="MergePages", wait_seconds=0, merging_since=edges.now)
    return replace(state, next="", wait_seconds=action.seconds)
