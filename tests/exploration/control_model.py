"""Rekognition's side: what Start and Stop do when they land, and what happens by itself."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exploration.control_rules import Setup
from tests.exploration.control_world import (
    Call,
    Model,
    World,
    spend,
    version_name,
    version_number,
    with_model,
)
from tests.exploration.search import Step

IN_USE = "ResourceInUseException"


def land(world: World, setup: Setup, call: Call) -> tuple[World, str]:
    """The world after the call took effect, and its error code; "" where it was accepted."""
    landed, code = _start(world, call) if call.verb == "Start" else _stop(world, setup, call)
    if not code and call.token != world.lease.token:
        wrong = f"a {call.verb} of an owner that lost its lease took effect"
        return landed._replace(wrong=wrong), code
    return landed, code


def _start(world: World, call: Call) -> tuple[World, str]:
    number = version_number(call.version)
    if world.models[number].status not in ("STOPPED", "FAILED"):
        return world, IN_USE
    return with_model(world, number, Model("STARTING", "us")), ""


def _stop(world: World, setup: Setup, call: Call) -> tuple[World, str]:
    number = version_number(call.version)
    model = world.models[number]
    stoppable = ("RUNNING", "STARTING") if setup.stops_while_starting else ("RUNNING",)
    if model.status not in stoppable:
        return world, IN_USE
    if model.by == "person" and not model.in_doubt:
        world = world._replace(wrong="a model that a person started was stopped")
    return with_model(world, number, Model("STOPPING", model.by)), ""


def doubt(world: World, version: str) -> World:
    """Our start may be under way: a person's start meanwhile cannot be told from an owned one."""
    number = version_number(version)
    model = world.models[number]
    if model.by != "person":
        return world
    return with_model(world, number, model._replace(in_doubt=True))


def by_itself(world: World, setup: Setup) -> Iterator[Step[World]]:
    """What the models do, and what people do with them."""
    for call in sorted(set(world.flying)):
        flying = list(world.flying)
        flying.remove(call)
        landed, _ = land(world._replace(flying=tuple(flying)), setup, call)
        yield Step(f"a late {call.verb} lands", landed)
    for number, model in enumerate(world.models):
        yield from _changes(world, number, model)
        yield from _people(world, number, model)


def _changes(world: World, number: int, model: Model) -> Iterator[Step[World]]:
    name = version_name(number)
    if model.status == "STARTING":
        running = with_model(world, number, model._replace(status="RUNNING", ticks=0))
        yield Step(f"{name} is RUNNING", running)
        if "failed start" in world.faults:
            failed = with_model(spend(world, "failed start"), number, Model("FAILED"))
            yield Step(f"{name} FAILED to start", failed, is_fault=True)
    if model.status == "STOPPING":
        yield Step(f"{name} is STOPPED", with_model(world, number, Model()))


def _people(world: World, number: int, model: Model) -> Iterator[Step[World]]:
    name = version_name(number)
    if "unmanaged start" in world.faults and model.status in ("STOPPED", "FAILED"):
        doubtful = world.lease.owned and world.lease.version == name
        started = Model("STARTING", "person", 0, doubtful)
        world_after = with_model(spend(world, "unmanaged start"), number, started)
        yield Step(f"a person starts {name}", world_after, is_fault=True)
    if model.status == "RUNNING" and model.by == "person":
        yield Step(f"the person stops {name}", with_model(world, number, Model("STOPPING")))
    if "outside stop" in world.faults and model.status == "RUNNING" and model.by == "us":
        stopping = with_model(spend(world, "outside stop"), number, Model("STOPPING", "us"))
        yield Step(f"a person stops {name}", stopping, is_fault=True)
