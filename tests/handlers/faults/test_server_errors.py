"""Server errors of a detector: an outage fails nobody, and a tile that makes them fails alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.account import Account
from tests.handlers.between import Reply, detector
from tests.handlers.runs import Clock, Run, answers, clock, queued, tile
from tilescout.runs import reservations

NOW = 1_800_000_000
BROKEN = (500, {"__type": "InternalServerError", "message": "try again"})
TILES = 30


def breaking_after(answered: int) -> Reply:
    """The service answers so many requests and is down from then on."""
    made = iter(range(1_000_000))
    return lambda request: answers(request) if next(made) < answered else BROKEN


def go(account: Account, time: Clock, execution: str) -> Run:
    """A whole run that waits as long as the loop says."""
    run = Run(account, execution=execution).open()
    while not run.turn():
        time.now += run.state["wait_seconds"]
    run.finish()
    return run


def states(account: Account, document: str) -> list[str]:
    return [tile(account, document, number)["state"] for number in range(TILES)]


def test_an_outage_in_the_middle_of_a_run_fails_no_tile(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = queued(account, tiles=TILES)
    with clock(NOW) as time:
        with detector(breaking_after(12)):
            run = go(account, time, "one")
        assert run.row["reason"] in ("no progress", "the remaining tiles cannot be sent now")
        assert states(account, document).count("failed") == 0
        assert account.document(document)["status"] == "QUEUED"
        time.now += 3600
        with detector(answers):
            go(account, time, "two")
    assert account.document(document)["status"] == "DONE"
    assert states(account, document) == ["answered"] * TILES


def test_a_few_tiles_that_make_server_errors_fail_alone(account: Account) -> None:
    document = queued(account, tiles=TILES)
    made: list[dict[str, Any]] = []

    def reply(request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        made.append(request)
        return BROKEN if len(made) in (5, 30) or len(made) > TILES else answers(request)

    with clock(NOW) as time, detector(reply):
        go(account, time, "one")
    row = account.document(document)
    assert (row["status"], row["reason"]) == ("PARTIAL", "2 of 30 tiles were not answered")
    assert len(made) == TILES - 2 + 2 * reservations.MAX_SERVER_ERRORS
