"""`tilescout model stop` where somebody else started the model, or another version is up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import Account, Time
from tests.unit.tilescout_cli.models.model_stops import (
    account_with_model,
    at_work,
    execution_status,
    stack_with_model,
    status,
    stop,
)
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


def test_what_somebody_else_started_is_left_alone(stack: Stack, account: Account) -> None:
    result = stop()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "tilescout: valves: v1 RUNNING, 2 units, unmanaged; Tilescout did not start it and "
        "leaves it alone. Ask who did; --unmanaged stops it in your own name\n"
    )
    assert status(account) == "RUNNING"


def test_what_somebody_else_started_is_stopped_when_a_person_says_so_twice(
    stack: Stack, account: Account
) -> None:
    result = stop("--unmanaged", answer="y\n")
    assert result.exit_code == 0
    assert result.stdout.endswith("valves: no model is up\n")
    assert "stop v1 of valves, which Tilescout did not start? [y/N]" in result.stderr
    assert status(account) == "STOPPED"


def test_who_says_no_stops_nothing(stack: Stack, account: Account) -> None:
    result = stop("--unmanaged", answer="n\n")
    assert result.exit_code == 1
    assert "v1 was left up" in result.stderr
    assert status(account) == "RUNNING"


def test_a_run_at_work_with_what_somebody_else_started_keeps_it(
    stack: Stack, account: Account
) -> None:
    at_work(stack, owned=False)
    result = stop("--unmanaged", "--yes")
    assert (result.exit_code, status(account)) == (2, "RUNNING")
    assert "--abort ends it now" in result.stderr


def test_both_options_end_the_run_and_then_what_somebody_else_started(
    stack: Stack, account: Account, time: Time
) -> None:
    owner = at_work(stack, owned=False)
    time.each_minute = lambda: cli_models.guard(stack, time)
    result = stop("--unmanaged", "--abort", "--yes")
    assert (result.exit_code, status(account)) == (0, "STOPPED")
    assert execution_status(stack, owner) == "ABORTED"


def test_a_version_of_ours_is_waited_for_and_another_ones_needs_its_option(
    stack: Stack, account: Account, time: Time
) -> None:
    cli_models.lease(stack)
    account.have("v2", "RUNNING", units=1)
    time.each_minute = lambda: cli_models.guard(stack, time)
    result = stop()
    assert (result.exit_code, status(account)) == (2, "STOPPED")
    assert "v2 RUNNING, 1 unit, unmanaged" in result.stderr
    assert account.versions["v2"][0] == "RUNNING"


def test_a_refused_stop_ends_with_3_and_the_remedy(stack: Stack, account: Account) -> None:
    account.refuses_stop = "AccessDeniedException"
    result = stop("--unmanaged", "--yes")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "ask for rekognition:StopProjectVersion, or stop it in the console" in result.stderr


def test_a_version_that_cannot_be_stopped_while_it_starts_is_asked_again(
    stack: Stack, account: Account, time: Time
) -> None:
    account.have("v1", "STARTING", units=2)
    account.refuses_stop = "ResourceInUseException"

    def come_up() -> None:
        account.have("v1", "RUNNING", units=2)
        account.refuses_stop = ""

    time.each_minute = come_up
    assert stop("--unmanaged", "--yes").exit_code == 0
    assert status(account) == "STOPPED"


def test_only_what_the_person_agreed_to_is_stopped(
    stack: Stack, account: Account, time: Time
) -> None:
    account.have("v1", "STARTING", units=2)
    account.refuses_stop = "ResourceInUseException"

    def another_starts() -> None:
        account.have("v1", "RUNNING", units=2)
        account.have("v2", "RUNNING", units=1)
        account.refuses_stop = ""

    time.each_minute = another_starts
    assert stop("--unmanaged", "--yes").exit_code == 0
    assert (status(account), account.versions["v2"][0]) == ("STOPPED", "RUNNING")
