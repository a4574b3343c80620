"""Compares both systems under each fault, and on days without one."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.simulation.outcome import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One system under one fault at one moment. It has no ``reasons`` if it survived."""

    outcome: Outcome
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault, which hits a run at ten o'clock, and the last run of the day."""

    name: str
    sample: tuple[Cell, Cell]
    tilescout: tuple[Cell, Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A system's days without a fault, on average over the seeds."""

    name: str
    hours: float
    dollars: float
    dollars_starting_free: float
    median_minutes: float
    p95_minutes: float
