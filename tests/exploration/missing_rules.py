"""Every rule that is taken away in turn, of all planes."""

from __future__ import annotations

from tests.exploration import (
    control_without,
    data_without,
    intake_without,
    results_without,
    searches,
    versions_without,
)
from tests.exploration.searches import Search


def missing_rules() -> dict[str, Search]:
    """By "rule: what is missing", the search in which that shows."""
    found = {f"{m.rule}: {m.what}": searches.control(m.setup) for m in control_without.MISSING}
    found |= {
        f"{m.rule}: {m.what}": searches.data(m.faults, m.rules, m.size)
        for m in data_without.MISSING
    }
    found |= {
        f"{m.rule}: {m.what}": searches.intake(m.faults, m.rules, m.size)
        for m in intake_without.MISSING
    }
    found |= {
        f"{m.rule}: {m.what}": searches.results(m.faults, m.rules) for m in results_without.MISSING
    }
    found |= {
        f"{m.rule}: {m.what}": searches.versions(m.faults, m.rules)
        for m in versions_without.MISSING
    }
    return found


COVERED = {
    "3: a heartbeat of any token": "request_start, request_stop, stopped and release ask for the "
    "token themselves: a run without its lease may beat, but does nothing",
    "3: a heartbeat after expiry": "the token and the grace keep a late owner from acting; what is "
    "lost is time: a revoked lease comes alive again until the next look",
    "3: stopped by any token": "a late try ends within the grace that release leaves while a call "
    "already sent may still land",
    "5: no heartbeat before a call": "request_start, request_stop and stopped ask for a live "
    "lease themselves; the heartbeat is what keeps it alive",
    "5: a retry beside its first try": "request_stop and undo_start tell one try from the other; "
    "the pause only keeps a run from giving up a model that its first try has just started",
    "6: a request for a second time": "the second Start is refused as in use, and undo_start "
    "leaves what the first one set",
    "9: the guard acts on what it read before": "request_stop asks anew whether a model is owned",
    "18: a start while closing": "the lease still says owned when it is given up, so the guard "
    "stops the model; it costs minutes, which the bound allows",
    "12: a requeue under any claim": "CloseRun beats in the same invocation, and nobody claims "
    "before the grace is over",
    "15d: a late answer is refused": "a reservation outlives its worker (15b), so no answer comes "
    "after it; the rule matters where a function's time-out is raised without the margin",
    "20: a cleaning that keeps its own set": "only the claim that flips cleans, so its own set is "
    "the visible one",
}
"""Rules whose absence alone breaks nothing here, and which other rule is why."""
