"""MergePages: one turn. Merges are hinted at until every complete document has ended."""

from __future__ import annotations

from dataclasses import replace

from tilescout.aws import queues
from tilescout.handlers.run_steps.context import Edges, beat
from tilescout.handlers.run_steps.merge_hints import merge_hints
from tilescout.handlers.run_steps.survey import survey
from tilescout.runs import merge_pacing
from tilescout.runs.records import RunState


def merge_pages(edges: Edges, state: RunState) -> RunState:
    """``next`` is CloseRun once all is merged, nothing moves any more, or no turn is left."""
    lease = beat(edges, state)
    # A worker may have committed after the last look; its document is complete only now.
    survey(edges, state, answered_at=0)
    hints = merge_hints(edges, state)
    since = state.merging_since if len(hints) == state.unmerged else edges.now
    turn = merge_pacing.next_turn(
        len(hints),
        turns=state.turns,
        idle=edges.now - since,
        seconds_left=lease.hard_deadline - edges.now,
    )
    queues.send(edges.sqs, edges.merges_queue_url, hints[: turn.hints])
    return replace(
        state,
        next="CloseRun" if turn.ends else "",
        wait_seconds=turn.wait_seconds,
        merging_since=since,
        unmerged=len(hints),
    )
