"""StopModel: the lease is closing from here on, so no tile is asked for any more."""

from __future__ import annotations

from dataclasses import replace

from tilescout.handlers.run_steps.edges import Edges, beat
from tilescout.runs import RunState


def stop_model(edges: Edges, state: RunState) -> RunState:
    """There is no model of ours to stop yet; the phase alone ends the asking."""
    beat(edges, state, "closing")
    return replace(state, next="MergePages", wait_seconds=0, merging_since=edges.now)
