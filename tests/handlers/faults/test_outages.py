"""Forty minutes without one service, at every stage: nothing fails, nothing is paid twice.

`pytest tests/handlers/faults/test_outages.py --outages docs/outages.md` writes what came of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.handlers.account import Account
from tests.handlers.faults.outage_page import page, row
from tests.handlers.faults.outages import TILES, Manner, Service, World

STAGES: dict[str, Callable[[World], bool]] = {
    "accepting": lambda world: True,
    "tiling": lambda world: bool(world.document),
    "opening": lambda world: world.document.get("status") == "QUEUED",
    "detecting": lambda world: bool(world.paid),
    "merging": lambda world: len(world.paid) == TILES,
}
OUTAGES: list[tuple[Service, Manner]] = [
    ("s3", "refuses"),
    ("s3", "is slow"),
    ("dynamodb", "refuses"),
    ("dynamodb", "is slow"),
    ("lambda", "refuses"),
    ("lambda", "is slow"),
    ("detector", "refuses"),
]


@pytest.fixture(scope="module")
def rows(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """The rows of the page, which is written once every outage is played."""
    played: list[str] = []
    yield played
    if target := request.config.getoption("--outages"):
        Path(target).write_text(page(played))


def test_without_an_outage_a_document_is_done_within_minutes(account: Account) -> None:
    world = World(account, "s3", "refuses", lambda _: False)
    world.play(hours=1)
    assert (world.document["status"], world.left_over()) == ("DONE", [])
    assert sorted(world.paid.values()) == [1] * TILES


@pytest.mark.long
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(("service", "manner"), OUTAGES)
def test_an_outage_fails_nothing_and_nothing_is_paid_twice(
    account: Account, service: Service, manner: Manner, stage: str, rows: list[str]
) -> None:
    world = World(account, service, manner, STAGES[stage])
    world.play(hours=6)
    rows.append(row(world, stage))
    assert world.began
    assert (world.document["status"], world.left_over(), world.dead) == ("DONE", [], [])
    assert sorted(world.paid.values()) == [1] * TILES


@pytest.mark.long
@pytest.mark.parametrize("stage", ["opening", "detecting"])
def test_a_detector_that_never_answers_has_the_document_held_and_not_failed(
    account: Account, stage: str, rows: list[str]
) -> None:
    """What it does not answer it may bill: after three runs a person decides to go on."""
    world = World(account, "detector", "is slow", STAGES[stage])
    world.play(hours=6)
    rows.append(row(world, stage))
    assert (world.document["status"], world.left_over(), world.dead) == ("HELD", [], [])
    assert set(world.paid.values()) <= {1}
