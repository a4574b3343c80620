"""One simulated account: a clock, a model, faults, and the drawings that come."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.simulation.arrivals import Drawing
from benchmarks.simulation.clock import Clock
from benchmarks.simulation.custom_labels import CustomLabels, ModelSettings
from benchmarks.simulation.faults import Fault, Faults
from benchmarks.simulation.history import History

SYSTEM = "system"
PERSON = "person"
"""The names under which the model may be started."""


@dataclass(slots=True)
class World:
    """The account in which a system under comparison works."""

    clock: Clock
    faults: Faults
    model: CustomLabels
    history: History

    def arrivals(self) -> list[Drawing]:
        return self.history.drawings


def new_world(day: list[Drawing], settings: ModelSettings, faults: list[Fault], seed: int) -> World:
    """Returns a world at midnight, with the model stopped."""
    clock = Clock()
    known = Faults(faults)
    return World(clock, known, CustomLabels(clock, settings, known, seed), History(day))
