"""The runs that bring many pages to their end, one after the other."""

from __future__ import annotations

import math

from benchmarks.simulation.bulk import (
    CLOSE_SECONDS,
    HOUR,
    MAX_RUNS,
    PAGES_PER_DOCUMENT,
    STEP_SECONDS,
    STOP_SECONDS,
    Bulk,
    Came,
    Work,
    limits,
)
from benchmarks.simulation.tilescout_system.hint_spread import spread_seconds
from tilescout.handlers.run_steps.survey import TILES_PER_TURN
from tilescout.pricing import PriceTable
from tilescout.runs import pacing
from tilescout.runs.inference_units import ModelPace, max_calls_per_second, paid_until, plan_units
from tilescout.runs.model_lifecycle import START_POLL
from tilescout.runs.model_records import measured_rate
from tilescout.runs.pacing import PATIENCE_WITH_MODEL, Pace, Progress, Turn


def simulate(case: Bulk) -> Came:
    """Returns what comes of a case whose runs follow each other until all pages are merged."""
    work = Work(case)
    rate = 0.0
    work.spend(case.tiling * min(1.0, case.pages) + STEP_SECONDS, "tiling")
    while work.merged_pages < case.pages - 1e-6 and work.came.runs < MAX_RUNS:
        if work.queued_documents() <= work.complete_documents and work.answered:
            work.spend(60, "tiling")
            continue
        rate = _run(work, rate)
    work.came.finished = work.now
    work.came.is_finished = work.merged_pages >= case.pages - 1e-6
    return work.came


def _run(work: Work, known_rate: float) -> float:
    """Simulates one run, and returns the rate that it measured for the next one."""
    came = work.came
    came.runs += 1
    opened = work.now
    work.claimed_documents = work.complete_documents
    work.claim()
    while not work.claimed_documents - work.complete_documents and work.now < opened + HOUR:
        work.spend(10, "tiling")
        work.claim()
    rate = known_rate
    if work.open_tiles > 1e-6:
        rate = _detect(work, opened, known_rate) or known_rate
    _merge(work)
    work.spend(CLOSE_SECONDS, "start and stop")
    if work.complete_documents < work.documents and (
        work.queued_documents() <= work.claimed_documents
    ):
        # Only what was just tried is left: that waits for the schedule.
        work.spend(HOUR - work.now % HOUR, "waiting for the schedule")
    return rate


def _detect(work: Work, opened: float, known_rate: float) -> float | None:
    case, came = work.case, work.came
    requested = work.now
    deadline = opened + 60 * case.deadline_minutes
    units = case.units or _planned(work, deadline - requested, known_rate)
    came.units.add(units)
    paid = paid_until(
        int(requested),
        units,
        usd_per_unit_hour=PriceTable().custom_labels_unit_hour,
        budget_usd=case.budget_usd,
    )
    work.spend(case.start + START_POLL / 2, "start and stop")
    ready, before = work.now, work.answered
    end = _turns(work, units, min(deadline, paid))
    if end == "deadline" and paid < deadline:
        end = "budget"
    came.ends[end] += 1
    detecting = work.now - ready
    work.spend(STOP_SECONDS, "start and stop")
    came.starting_unit_seconds += units * (ready - requested)
    came.up_unit_seconds += units * (work.now - ready)
    return measured_rate(round(work.answered - before), detecting, units)


def _planned(work: Work, seconds_left: float, known_rate: float) -> int:
    """Returns the units for what is claimed when the run begins, as StartModel plans them."""
    plan = plan_units(
        round(work.open_tiles),
        ModelPace(tiles_per_second_per_unit=known_rate or work.case.assumed_rate),
        seconds_left=seconds_left,
        max_units=work.case.max_units,
        usd_per_unit_hour=PriceTable().custom_labels_unit_hour,
        budget_usd=work.case.budget_usd,
    )
    return plan.units


def _turns(work: Work, units: int, deadline: float) -> str:
    """Simulates the loop of DetectTiles, and returns why it ended."""
    calls_per_second = max_calls_per_second(units)
    pace = Pace(moved_at=int(work.now), ended_at=int(work.now))
    before, attempts, queued = work.answered, 0.0, 0.0
    while True:
        work.claim()
        open_now = math.ceil(work.open_tiles - 1e-6)
        progress = Progress(
            answered=round(work.answered - before),
            failed=0,
            reserved=0,
            sendable=min(open_now, TILES_PER_TURN),
            stuck=0,
            unread=max(0, open_now - TILES_PER_TURN),
            attempts=round(attempts),
        )
        limits = pacing.Limits(
            deadline=int(deadline),
            calls_left=1_000_000_000,
            calls_per_tile=1,
            patience=PATIENCE_WITH_MODEL,
        )
        end = pacing.why_finished(progress, pace, limits, int(work.now))
        if end:
            return end
        turn = pacing.next_turn(
            pace,
            progress,
            int(work.now),
            calls_per_second,
            pacing.MAX_WAIT_WITH_MODEL,
        )
        taken = _flow(work, units, turn, queued, calls_per_second)
        queued = max(0.0, queued + turn.send - taken)
        attempts += taken
        pace = turn.pace
        work.came.turns += 1


def _flow(work: Work, units: int, turn: Turn, queued: float, calls_per_second: float) -> float:
    """Answers tiles until the next look, and returns how many were sent to the detector."""
    allowed = limits(work.case, units)
    able = allowed["Lambda concurrency"]
    accepted = min(allowed["units"], allowed["50 TPS"])
    seconds = turn.wait_seconds + STEP_SECONDS
    spread = max(
        STEP_SECONDS,
        spread_seconds(turn.send, turn.wait_seconds, calls_per_second, evenly=work.case.evenly),
    )
    asked_while = min(able * spread, queued + turn.send)
    asked_after = min(able * (seconds - spread), queued + turn.send - asked_while)
    answered = min(asked_while, accepted * spread)
    answered += min(asked_after, accepted * (seconds - spread))
    # Whole tiles: a rest of less than one would never end.
    answered = min(float(math.ceil(answered)), work.open_tiles)
    work.answered += answered
    slowest = min(allowed, key=allowed.__getitem__)
    is_paced = answered < 0.9 * allowed[slowest] * seconds
    work.merge(seconds)
    work.spend(seconds, "pacing of hints" if is_paced else slowest)
    return asked_while + asked_after


def _merge(work: Work) -> None:
    """Simulates MergePages until every complete document is merged."""
    complete = min(work.case.pages, work.complete_documents * PAGES_PER_DOCUMENT)
    while work.merged_pages < complete - 1e-6:
        unmerged = complete - work.merged_pages
        seconds = min(20.0, max(2.0, unmerged // 20)) + STEP_SECONDS
        work.merge(seconds)
        work.came.turns += 1
        work.spend(seconds, "merging")
