"""`tilescout model stop`, with the project's own guard looking each minute of a turned clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError

from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import NOW, PROJECT, Account, Time
from tests.unit.tilescout_cli.models.model_stops import (
    account_with_model,
    at_work,
    execution_status,
    stack_with_model,
    status,
    stop,
)
from tilescout.aws.tables import lease_table
from tilescout_cli.stack.target import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    yield from stack_with_model(monkeypatch)


@pytest.fixture
def account(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Account:
    return account_with_model(monkeypatch)


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return cli_models.turned(monkeypatch)


def test_nothing_that_is_up_needs_nothing(stack: Stack, account: Account) -> None:
    account.have("v1", "STOPPED")
    result = stop()
    assert (result.exit_code, result.stdout) == (0, "valves: no model is up\n")


def test_a_model_of_ours_without_a_run_is_waited_for_until_the_guard_stopped_it(
    stack: Stack, account: Account, time: Time
) -> None:
    cli_models.lease(stack)
    time.each_minute = lambda: cli_models.guard(stack, time)
    result = stop()
    assert (result.exit_code, status(account)) == (0, "STOPPED")
    # Asked to stop in the first minute, seen stopping in the second, seen down in the third.
    assert result.stdout == "valves: no model is up; 2 units, 23 min, $3.07\n"
    assert "waiting for the guard, which looks each minute, 2 units, 20 min" in result.stderr


def test_without_waiting_it_ends_at_once_and_tells_the_price_so_far(
    stack: Stack, account: Account
) -> None:
    cli_models.lease(stack)
    result = stop("--no-wait")
    text = "valves: still up; 2 units, 20 min, $2.67 so far; the guard goes on\n"
    assert (result.exit_code, result.stdout) == (0, text)


def test_a_guard_that_does_not_come_is_told_and_ends_with_1(stack: Stack, account: Account) -> None:
    cli_models.lease(stack)
    result = stop("--timeout", "5")
    text = "valves: still up; 2 units, 25 min, $3.33 so far; the guard goes on\n"
    assert (result.exit_code, result.stdout) == (1, text)
    assert result.stderr.count("the guard has not looked for minutes") == 1


def test_a_run_at_work_is_named_and_left_alone(stack: Stack, account: Account) -> None:
    owner = at_work(stack)
    result = stop()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "tilescout: run noon with 1 document (plan.pdf) is at work with valves and stops the model "
        "itself when it ends; --abort ends it now: answers are kept, the documents stay due\n"
    )
    assert execution_status(stack, owner) == "RUNNING"
    assert status(account) == "RUNNING"


def test_abort_ends_the_run_and_leaves_the_model_to_the_guard(
    stack: Stack, account: Account, time: Time
) -> None:
    owner = at_work(stack)
    time.each_minute = lambda: cli_models.guard(stack, time)
    result = stop("--abort", "--json")
    assert execution_status(stack, owner) == "ABORTED"
    stopped = json.loads(result.stdout)
    assert (result.exit_code, status(account)) == (0, "STOPPED")
    assert (stopped["aborted"], stopped["is_down"], stopped["by"]) == (owner, True, "guard")
    # Revoked after one minute; the grace is over at the third look, and two more see it down.
    assert stopped["bill"] == {
        "units": 2,
        "seconds": 1500,
        "usd": pytest.approx(1500 * 2 * 4 / 3600),
        "doing": "",
    }


def test_no_stop_is_sent_before_the_grace_of_an_aborted_run_is_over(
    stack: Stack, account: Account, time: Time
) -> None:
    at_work(stack)
    time.each_minute = lambda: cli_models.guard(stack, time)
    result = stop("--abort", "--timeout", "1.9")
    assert (result.exit_code, status(account)) == (1, "RUNNING")
    assert "waiting until the last call of the run that ended has landed" in result.stderr


def test_a_run_that_is_closing_stops_its_model_itself(
    stack: Stack, account: Account, time: Time
) -> None:
    at_work(stack, phase="closing")

    def close() -> None:
        account.have("v1", "STOPPED")
        cli_models.lease(stack, owned=False)

    time.each_minute = close
    result = stop()
    assert (result.exit_code, result.stdout) == (0, "valves: no model is up\n")
    assert "run noon stops the model itself" in result.stderr


def test_another_run_that_takes_the_model_over_ends_the_waiting(
    stack: Stack, account: Account, time: Time
) -> None:
    cli_models.lease(stack)

    def take_over() -> None:
        at_work(stack, expires_at=NOW + 600)

    time.each_minute = take_over
    result = stop()
    assert (result.exit_code, result.stdout) == (1, "")
    assert "run noon has begun meanwhile and keeps the model" in result.stderr


def test_interrupted_it_says_that_the_guard_goes_on(
    stack: Stack, account: Account, time: Time
) -> None:
    cli_models.lease(stack)

    def leave() -> None:
        raise KeyboardInterrupt

    time.each_minute = leave
    result = stop()
    assert result.exit_code == 130
    assert "no longer waiting, the guard goes on; see `tilescout model status" in result.stderr


def test_the_lease_is_never_written_by_a_person(stack: Stack, account: Account) -> None:
    before = cli_models.lease(stack)
    stop("--no-wait")
    stop("--timeout", "1")
    assert lease_table.read(stack.ledger, PROJECT) == before


def test_a_run_that_cannot_be_described_is_told_in_one_line(
    stack: Stack, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(stack)
    answered: Any = getattr(BaseClient, "_make_api_call")  # noqa: B009

    def hangs(client: Any, operation: str, asked: dict[str, Any]) -> Any:
        if operation == "DescribeExecution":
            raise ReadTimeoutError(endpoint_url="states")
        return answered(client, operation, asked)

    monkeypatch.setattr(BaseClient, "_make_api_call", hangs)
    result = stop("--yes")
    assert (result.exit_code, status(account)) == (3, "RUNNING")
    assert "could not be described (Read timeout on endpoint URL" in " ".join(result.stderr.split())
