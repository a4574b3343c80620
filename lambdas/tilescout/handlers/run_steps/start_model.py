"""StartModel: passed by for detectors that need no start."""

from __future__ import annotations

from dataclasses import replace

from tilescout.handlers.run_steps.edges import Edges, beat
from tilescout.runs import RunState


def start_model(edges: Edges, state: RunState) -> RunState:
    """Textract, DetectText and the text layer are always ready."""
    beat(edges, state)
    return replace(state, next="DetectTiles", wait_seconds=0)
