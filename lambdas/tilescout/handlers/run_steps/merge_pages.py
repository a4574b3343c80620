"""MergePages: one turn. Merges are hinted at until every complete document has ended."""

from __future__ import annotations

from dataclasses import replace

from tilescout.handlers.run_steps.edges import Edges, beat
from tilescout.handlers.run_steps.merging_hints import send_merge_hints
from tilescout.handlers.run_steps.progress import survey
from tilescout.runs import RunState

WAIT_SECONDS = 2
LONGEST_WAIT_SECONDS = 20
TIME_TO_CLOSE = 5 * 60
"""Seconds before the hard deadline at which what is unmerged is left to the next run."""
PATIENCE = 15 * 60
"""Seconds without a page merged after which the rest is left to the next run."""


def merge_pages(edges: Edges, state: RunState) -> RunState:
    """``next`` is CloseRun once all is merged, or nothing moves any more."""
    lease = beat(edges, state)
    # A worker may have committed after the last look; its document is complete only now.
    survey(edges, state, has_answers=False)
    unmerged = send_merge_hints(edges, state)
    moved = unmerged != state.unmerged
    since = edges.now if moved else state.merging_since
    is_late = edges.now > lease.hard_deadline - TIME_TO_CLOSE
    if not unmerged or edges.now - since > PATIENCE or is_late:
        return replace(state, next="CloseRun", wait_seconds=0, unmerged=unmerged)
    wait = min(LONGEST_WAIT_SECONDS, max(WAIT_SECONDS, unmerged // 20))
    return replace(state, next="", wait_seconds=wait, merging_since=since, unmerged=unmerged)
