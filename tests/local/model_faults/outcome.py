"""Judges the outcome of a case by the services' own meters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.local.model_faults.calls import DETECT, Fault
from tests.local.model_faults.case import Case
from tests.local.model_faults.watch import Watch
from tests.local.model_faults.world import CLOCK_SCALE, SQUARES, TILES, World
from tilescout.aws.tables import model_table
from tilescout.runs.lease_rules import GUARD

STEP_SECONDS = 20.0
"""Seconds of the fast clock that steps take beyond what the bounds count, on an idle machine."""
USD_PER_UNIT_HOUR = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Seconds are those of the protocol's clock. ``wrong`` says what does not hold, if anything.

    ``overrun`` is paid past the fault or the last answer, whichever came last; ``slowness`` is
    what the machine adds to every bound.
    """

    case: Case
    happened: str
    model_seconds: float
    usd: float
    overrun: float
    slowness: float
    status: str
    runs: int
    answered: int
    wrong: tuple[str, ...]

    @property
    def overrun_usd(self) -> float:
        return self.overrun / 3600 * USD_PER_UNIT_HOUR


def unfinished(case: Case, why: str) -> Outcome:
    """Returns the outcome of a case whose expected event never came."""
    return Outcome(
        case=case, happened="", model_seconds=0, usd=0, overrun=0, slowness=0, status="", runs=0,
        answered=0, wrong=(why,),
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Play:
    """A case while it is played; executions are those that were started for it."""

    world: World
    case: Case
    document: str
    executions: list[str]
    fault_at: float = 0.0

    @property
    def project(self) -> str:
        return self.case.project


def never_came(played: Play) -> list[str]:
    """Tells the faults that no call has met: without its fault a case shows nothing."""
    left = played.world.system.aws.faults_left()
    untouched = [
        fault for fault in played.case.faults for call in left if is_untouched(fault, call)
    ]
    return [f"the fault of {fault['operation']} never came" for fault in untouched]


def is_untouched(fault: Fault, left: dict[str, Any]) -> bool:
    given = {"times": 1} | {name: value for name, value in fault.items() if name != "skip"}
    return all(left[name] == value for name, value in given.items())


def happened(played: Play) -> str:
    """Tells how the runs ended, the reasons on their records, and who saw the model down."""
    world = played.world
    ends = [
        world.system.status_of(execution).lower().replace("_", " ")
        for execution in played.executions
    ]
    records = world.system.runs(played.project)
    reasons = {run.reason for run in records if run.execution in played.executions and run.reason}
    starts = list(
        model_table.starts(world.system.stack.ledger, played.project, since=int(world.began_at))
    )
    by_guard = any(start.stopped_by.startswith(GUARD) for start in starts)
    parts = [", ".join(ends), *sorted(map(_short, reasons))]
    if len(starts) > 1:
        parts.append(f"{len(starts)} starts")
    if by_guard:
        parts.append("stopped by the guard")
    return "; ".join(parts)


def _short(reason: str) -> str:
    """Returns the text without the stack trace and the remedy."""
    return reason.partition("; ")[0].partition(": {")[0][:100]


def judged(
    played: Play,
    watch: Watch,
    after_fault: dict[str, Any],
    what: str,
    stands: str,
    runs: int,
) -> Outcome:
    """Returns the outcome; ``after_fault`` is the model's meter before anything was cleared,
    ``stands`` its status then; ``what`` happened in words, and ``runs`` came after it."""
    world, case = played.world, played.case
    meter, document = world.meter(case.project), world.system.document(played.document)
    slowness = STEP_SECONDS + 2 * _longest_step(played)
    found = _found(played) if document.result_id else []
    overrun = 0.0 if case.unmanaged else _overrun(played, watch, after_fault)
    wrong = {
        f"up {overrun:.0f} s too long, {case.bound:.0f} s allowed": (
            overrun > case.bound + slowness
        ),
        f"asked {watch.asked_without_run():.0f} s after the run's end": (
            watch.asked_without_run() > slowness + _held_detector(case)
        ),
        f"the other's model is {stands}": case.unmanaged
        and not _is_unmanaged_up(after_fault, stands),
        f"the document is {document.status}: {document.reason}": (
            document.status != case.ends or (case.ends != "DONE" and not document.reason)
        ),
        f"{meter['answered']} calls for {TILES} tiles": (
            meter["answered"] > TILES + case.more_calls
        ),
        f"found {found}": case.ends == "DONE" and found != sorted(SQUARES),
    }
    return Outcome(
        case=case,
        happened=what,
        model_seconds=meter["seconds"],
        usd=meter["usd"],
        overrun=overrun,
        slowness=slowness,
        status=document.status,
        runs=runs,
        answered=meter["answered"],
        wrong=tuple(text for text, holds in wrong.items() if holds),
    )


def _overrun(played: Play, watch: Watch, after_fault: dict[str, Any]) -> float:
    """Returns the longest of the paid times that had not ended when the fault came."""
    longest = 0.0
    for paid in after_fault["paid"]:
        used = watch.last_answer(paid["started"], paid["ended"])
        longest = max(longest, paid["ended"] - max(used, played.fault_at))
    return longest


def _held_detector(case: Case) -> float:
    """Returns the seconds for which a fault holds a call of the detector that was made before."""
    held = [fault for fault in case.faults if fault["operation"] == DETECT["operation"]]
    return CLOCK_SCALE * max((fault.get("delay_seconds", 0.0) for fault in held), default=0.0)


def _is_unmanaged_up(after_fault: dict[str, Any], stands: str) -> bool:
    stops = [call for call in after_fault["control"] if call["call"] == "StopProjectVersion"]
    return stands in ("STARTING", "RUNNING") and not stops


def _found(played: Play) -> list[tuple[int, int]]:
    """Returns left and top of every detection in the result."""
    rows = played.world.system.rows(played.document)
    return sorted((int(row["box_px"][0]), int(row["box_px"][1])) for row in rows)


def _longest_step(played: Play) -> float:
    """Returns the longest of the steps that succeeded without a delay; the bounds take it for
    nothing."""
    states = played.world.system.stack.clients.step_functions
    delayed = any(fault.get("delay_seconds", 0) >= 1 for fault in played.case.faults)
    longest = 0.0
    for execution in played.executions:
        events = states.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        begun = None
        steps = []
        for event in events:
            if event["type"] == "TaskScheduled":
                begun = event["timestamp"]
            if event["type"] == "TaskSucceeded" and begun is not None:
                steps.append((event["timestamp"] - begun).total_seconds())
        if delayed:
            steps = sorted(steps)[:-1]
        longest = max(longest, *steps, 0.0)
    return longest
