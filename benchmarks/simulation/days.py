"""One day of one system under one scenario: 48 hours, all arrivals in the first 24."""

from __future__ import annotations

from benchmarks.aws_sample.system import AwsSample
from benchmarks.simulation.arrivals import HOUR, working_day
from benchmarks.simulation.clock import DAY_ZERO
from benchmarks.simulation.outcome import Outcome, outcome
from benchmarks.simulation.scenario_kinds import SAMPLE, TILESCOUT, Scenario
from benchmarks.simulation.tilescout_system.system import PROFILE, Tilescout
from benchmarks.simulation.world import World, new_world
from tilescout.profiles import Profile

END = DAY_ZERO + 48 * HOUR


def sample_day(scenario: Scenario, seed: int = 1) -> Outcome:
    world = _world(scenario, SAMPLE, seed)
    system = AwsSample(world, seed)
    scenario.begins(system)
    world.clock.run_until(END)
    return outcome(system.name, world, held=0)


def tilescout_day(
    scenario: Scenario, seed: int = 1, *, profile: Profile = PROFILE, schedule: int = HOUR
) -> Outcome:
    world = _world(scenario, TILESCOUT, seed)
    system = Tilescout(world, profile=profile, schedule=schedule)
    scenario.begins(system)
    world.clock.run_until(END)
    return outcome(system.name, world, system.held())


def _world(scenario: Scenario, system: str, seed: int) -> World:
    day = scenario.day(working_day(seed))
    return new_world(day, scenario.settings, scenario.faults(system), seed)
