"""How often MergePages looks, what it sends, and when the rest is left to the next run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from tilescout.messages import MergeHint
from tilescout.runs.history_budget import MAX_MERGING_TURNS, SPARED_MERGING_TURNS
from tilescout.runs.lease_rules import MAX_WAIT

MIN_WAIT = 2
"""Seconds. A small document should not wait for a large one's turn."""
USUAL_WAIT = 20
HINTS_PER_TURN = 100
HINTS_PER_SECOND = HINTS_PER_TURN // USUAL_WAIT
TIME_TO_CLOSE = 5 * 60
"""Seconds before the hard deadline at which what is unmerged is left to the next run."""
PATIENCE = 15 * 60
"""Seconds without a page merged after which the rest is left to the next run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeTurn:
    """One turn: its hints and its wait. ``ends`` tells why it is the last one, or nothing."""

    hints: int
    wait_seconds: int = 0
    ends: str = ""


def next_turn(unmerged: int, *, turns: int, idle: int, seconds_left: int) -> MergeTurn:
    """Returns the next turn after ``turns`` of the execution so far.

    No page was merged for ``idle`` seconds, and ``seconds_left`` remain until the lease's hard
    deadline. What is left when a run ends is queued again.
    """
    if ends := _why_last(unmerged, turns=turns, idle=idle, seconds_left=seconds_left):
        return MergeTurn(hints=min(unmerged, HINTS_PER_TURN), ends=ends)
    wait = min(USUAL_WAIT, max(MIN_WAIT, unmerged // 20))
    turns_left = MAX_MERGING_TURNS - turns
    if turns_left <= SPARED_MERGING_TURNS:
        wait = max(wait, min(MAX_WAIT, math.ceil(seconds_left / turns_left)))
    return MergeTurn(hints=max(HINTS_PER_TURN, HINTS_PER_SECOND * wait), wait_seconds=wait)


def _why_last(unmerged: int, *, turns: int, idle: int, seconds_left: int) -> str:
    if not unmerged:
        return "every page is merged"
    if idle > PATIENCE:
        return "no page was merged for long"
    if seconds_left < TIME_TO_CLOSE:
        return "the hard deadline is near"
    return "the run's history is full" if turns >= MAX_MERGING_TURNS else ""


def in_turns(documents: Sequence[list[MergeHint]], *, first: int) -> list[MergeHint]:
    """Returns one hint of each document in turn, each from another place for another ``first``.

    So pages that can never be merged hold up neither other documents nor pages behind them.
    """
    turned = [hints[first % len(hints) :] + hints[: first % len(hints)] for hints in documents]
    rounds = zip_longest(*turned)
    return [hint for together in rounds for hint in together if hint is not None]
