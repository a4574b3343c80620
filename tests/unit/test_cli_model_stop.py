"""`tilescout model stop`, with the project's own guard looking each minute of a turned clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError
from typer.testing import CliRunner, Result

from tests.unit import cli_models
from tests.unit.cli_models import MODEL_PROFILE, NOW, PROJECT, PROJECT_ARN, Account, Time, arn
from tests.unit.cli_stack import add, deployed_stack, document
from tilescout.aws import lease_table, model_table
from tilescout.models import ModelInUse
from tilescout_cli import places
from tilescout_cli.app import app
from tilescout_cli.stacks import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(places, "configuration", lambda: None)
    with deployed_stack(monkeypatch) as deployed:
        in_use = ModelInUse(
            project=PROJECT, project_arn=PROJECT_ARN, version="v1", version_arn=arn("v1")
        )
        model_table.use(deployed.ledger, in_use)
        yield deployed


@pytest.fixture
def account(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Account:
    made = cli_models.account(monkeypatch)
    made.have("v1", "RUNNING", units=2)
    return made


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return cli_models.turned(monkeypatch)


def stop(*arguments: str, answer: str = "") -> Result:
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"})
    return runner.invoke(app, ["model", "stop", "--project", "valves", *arguments], input=answer)


def status(account: Account) -> str:
    return account.versions["v1"][0]


def execution_status(stack: Stack, owner: str) -> str:
    states = stack.clients.step_functions
    return str(states.describe_execution(executionArn=owner)["status"])


def at_work(stack: Stack, **changed: Any) -> str:
    """The ARN of a run that works with our model on one document."""
    owner = cli_models.begin(stack)
    values = {"owner": owner, "expires_at": NOW + 150, "phase": "working"}
    cli_models.lease(stack, **values | changed)
    add(stack, document(status="RUNNING", profile=MODEL_PROFILE, result_id="", claim_token=7))
    return owner


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
        "itself when it ends; --abort ends it now: what was answered is kept, the documents stay "
        "due\n"
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
        cli_models.lease(stack, ours=False)

    time.each_minute = close
    result = stop()
    assert (result.exit_code, result.stdout) == (0, "valves: no model is up\n")
    assert "run noon stops the model itself" in result.stderr


def test_another_run_that_takes_the_model_over_ends_the_waiting(
    stack: Stack, account: Account, time: Time
) -> None:
    cli_models.lease(stack)
    time.each_minute = lambda: str(at_work(stack, expires_at=NOW + 600)) and None
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
    assert "left waiting, the guard goes on; see `tilescout model status" in result.stderr


def test_what_somebody_else_started_is_left_alone(stack: Stack, account: Account) -> None:
    result = stop()
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "tilescout: valves: v1 RUNNING, 2 units, somebody else's; Tilescout did not start it and "
        "leaves it alone. Ask who did; --not-ours stops it in your own name\n"
    )
    assert status(account) == "RUNNING"


def test_what_somebody_else_started_is_stopped_when_a_person_says_so_twice(
    stack: Stack, account: Account
) -> None:
    result = stop("--not-ours", answer="y\n")
    assert result.exit_code == 0
    assert result.stdout.endswith("valves: no model is up\n")
    assert "stop v1 of valves, which Tilescout did not start? [y/N]" in result.stderr
    assert status(account) == "STOPPED"


def test_who_says_no_stops_nothing(stack: Stack, account: Account) -> None:
    result = stop("--not-ours", answer="n\n")
    assert result.exit_code == 1
    assert "v1 was left up" in result.stderr
    assert status(account) == "RUNNING"


def test_a_run_at_work_with_what_somebody_else_started_keeps_it(
    stack: Stack, account: Account
) -> None:
    at_work(stack, ours=False)
    result = stop("--not-ours", "--yes")
    assert (result.exit_code, status(account)) == (2, "RUNNING")
    assert "--abort ends it now" in result.stderr


def test_both_options_end_the_run_and_then_what_somebody_else_started(
    stack: Stack, account: Account, time: Time
) -> None:
    owner = at_work(stack, ours=False)
    time.each_minute = lambda: cli_models.guard(stack, time)
    result = stop("--not-ours", "--abort", "--yes")
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
    assert "v2 RUNNING, 1 unit, somebody else's" in result.stderr
    assert account.versions["v2"][0] == "RUNNING"


def test_a_refused_stop_ends_with_3_and_the_remedy(stack: Stack, account: Account) -> None:
    account.refuses_stop = "AccessDeniedException"
    result = stop("--not-ours", "--yes")
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
    assert stop("--not-ours", "--yes").exit_code == 0
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
    assert stop("--not-ours", "--yes").exit_code == 0
    assert (status(account), account.versions["v2"][0]) == ("STOPPED", "RUNNING")


def test_the_lease_is_never_written_by_a_person(stack: Stack, account: Account) -> None:
    before = cli_models.lease(stack)
    stop("--no-wait")
    stop("--timeout", "1")
    assert lease_table.read(stack.ledger, PROJECT) == before


def test_a_run_that_cannot_be_described_is_told_in_one_line(
    stack: Stack, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work(stack)
    answered = BaseClient._make_api_call

    def hangs(client: Any, operation: str, asked: dict[str, Any]) -> Any:
        if operation == "DescribeExecution":
            raise ReadTimeoutError(endpoint_url="states")
        return answered(client, operation, asked)

    monkeypatch.setattr(BaseClient, "_make_api_call", hangs)
    result = stop("--yes")
    assert (result.exit_code, status(account)) == (3, "RUNNING")
    assert "could not be described (Read timeout on endpoint URL" in " ".join(result.stderr.split())
