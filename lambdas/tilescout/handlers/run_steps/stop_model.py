"""StopModel: the lease is closing from here on; a model of ours is stopped until it is down."""

from __future__ import annotations

from dataclasses import replace

from tilescout.handlers.run_steps.edges import Edges, beat
from tilescout.runs import RunState


def stop_model(edges: Edges, state: RunState) -> RunState:
    """``next`` is MergePages once no model of ours is up, else empty; again and again (rule 8)."""
    lease = beat(edges, state, "closing")
    if not lease.ours:
        return replace(state, next="MergePages", wait_seconds=0, merging_since=edges.now)
    control = edges.control(state.token)
    shown = control.describe(state.model, lease.version)
    action = control.stop(lease, shown.status)
    if action.verb == "done":
        return replace(state, next="MergePages", wait_seconds=0, merging_since=edges.now)
    return replace(state, next="", wait_seconds=action.seconds)
