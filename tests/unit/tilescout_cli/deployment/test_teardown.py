"""`tilescout destroy`, with the project's own guard looking each minute of a turned clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from tests.unit.tilescout_cli import cli_models
from tests.unit.tilescout_cli.cli_models import NOW, PROJECT, PROJECT_ARN, Account, Time, arn
from tests.unit.tilescout_cli.cli_stack import deployed_stack
from tilescout.aws.tables import model_table
from tilescout.runs.model_records import ModelInUse
from tilescout_cli.app import app
from tilescout_cli.console.progress_view import ProgressView
from tilescout_cli.deployment import teardown
from tilescout_cli.stack import paths
from tilescout_cli.stack.target import Stack


@dataclass
class Formation:
    """CloudFormation's view of the stack: it takes two looks until it is gone."""

    asked_to_delete: bool = False
    looks: int = 2
    fails: bool = False
    refuses: bool = False
    protected: bool = True

    def answer(self, operation: str, arguments: dict[str, Any]) -> Any:
        if operation == "ListStackResources":
            return {"StackResourceSummaries": [_resource("hourly"), _resource("queue", "AWS::SQS")]}
        if operation == "UpdateTerminationProtection":
            self.protected = arguments["EnableTerminationProtection"]
            return {}
        if operation == "DeleteStack" and self.protected:
            told = {"Code": "ValidationError", "Message": "TerminationProtection is enabled"}
            raise ClientError({"Error": told}, operation)
        if operation == "DeleteStack" and self.refuses:
            told = {"Code": "AccessDenied", "Message": "cloudformation:DeleteStack is denied"}
            raise ClientError({"Error": told}, operation)
        if operation == "DeleteStack":
            self.asked_to_delete = True
            return {}
        if self.fails and self.asked_to_delete:
            told = {"StackStatus": "DELETE_FAILED", "StackStatusReason": "the bucket is not empty"}
            return {"Stacks": [told]}
        self.looks -= self.asked_to_delete
        if self.looks < 1:
            raise ClientError({"Error": {"Code": "ValidationError"}}, operation)
        status = "DELETE_IN_PROGRESS" if self.asked_to_delete else "CREATE_COMPLETE"
        return {"Stacks": [{"StackStatus": status, "StackId": "arn:stack", **OUTPUTS}]}


def _resource(name: str, kind: str = "AWS::Scheduler::Schedule") -> dict[str, str]:
    return {
        "PhysicalResourceId": name,
        "ResourceType": kind,
        "ResourceStatus": "CREATE_COMPLETE",
    }


OUTPUTS: dict[str, Any] = {}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(paths, "configuration", lambda: None)
    with deployed_stack(monkeypatch) as deployed:
        given = [{"OutputKey": k, "OutputValue": v} for k, v in deployed.outputs.items()]
        OUTPUTS["Outputs"] = given
        in_use = ModelInUse(
            project=PROJECT, project_arn=PROJECT_ARN, version="v1", version_arn=arn("v1")
        )
        model_table.use(deployed.ledger, in_use)
        boto3.client("scheduler").create_schedule(
            Name="hourly",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": deployed.detection_run,
                "RoleArn": "arn:aws:iam::123456789012:role/run",
                "Input": json.dumps({"model": PROJECT}),
            },
        )
        yield deployed


@pytest.fixture
def formation(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Formation:
    made = Formation()
    original: Any = getattr(BaseClient, "_make_api_call")  # noqa: B009

    def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if client.meta.service_model.service_name == "cloudformation":
            return made.answer(operation, arguments)
        return original(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return made


@pytest.fixture(autouse=True)
def account(formation: Formation, monkeypatch: pytest.MonkeyPatch) -> Account:
    made = cli_models.account(monkeypatch)
    made.have("v1", "STOPPED")
    return made


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return cli_models.turned(monkeypatch)


def destroy(*arguments: str, answer: str = "") -> Result:
    runner = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"})
    return runner.invoke(app, ["destroy", *arguments], input=answer)


def schedule() -> str:
    return str(boto3.client("scheduler").get_schedule(Name="hourly")["State"])


def test_an_idle_stack_is_removed_with_its_tiles(stack: Stack, formation: Formation) -> None:
    stack.clients.s3.put_object(Bucket="tiles-bucket", Key="a/1.jpg", Body=b"tile")
    result = destroy("--yes")
    assert (result.exit_code, result.stdout) == (0, "Tilescout is removed, and 1 tile with it\n")
    assert (
        "documents-bucket, results-bucket, models-bucket, documents, detections, ledger"
        in result.stderr
    )
    assert "Contents" not in stack.clients.s3.list_objects_v2(Bucket="tiles-bucket")
    assert (schedule(), formation.asked_to_delete) == ("DISABLED", True)


def test_without_consent_nothing_is_done(formation: Formation) -> None:
    assert destroy(answer="n\n").exit_code == 1
    assert (schedule(), formation.asked_to_delete) == ("ENABLED", False)


def test_a_run_at_work_keeps_the_stack_and_its_schedules(
    stack: Stack, formation: Formation
) -> None:
    cli_models.begin(stack)
    result = destroy("--yes")
    assert (result.exit_code, formation.asked_to_delete) == (2, False)
    assert "1 run at work (noon); wait until no run is" in result.stderr
    assert schedule() == "ENABLED"


def test_a_schedule_that_a_person_has_switched_off_stays_so(stack: Stack) -> None:
    scheduler = boto3.client("scheduler")
    found = scheduler.get_schedule(Name="hourly")
    wanted = ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    scheduler.update_schedule(**{name: found[name] for name in wanted}, State="DISABLED")
    cli_models.begin(stack)
    assert destroy("--yes").exit_code == 2
    assert schedule() == "DISABLED"


def test_a_stack_that_may_not_be_deleted_goes_on_with_its_schedules(formation: Formation) -> None:
    formation.refuses = True
    result = destroy("--yes")
    assert result.exit_code != 0
    assert "cloudformation:DeleteStack" in result.stderr
    assert schedule() == "ENABLED"


def test_a_run_that_begins_while_tiles_are_deleted_keeps_the_stack(
    stack: Stack, formation: Formation, monkeypatch: pytest.MonkeyPatch
) -> None:
    emptied = teardown.empty_tiles

    def empty_tiles(found: Stack, view: ProgressView) -> int:
        cli_models.begin(stack)
        return emptied(found, view)

    monkeypatch.setattr(teardown, "empty_tiles", empty_tiles)
    result = destroy("--yes")
    assert (result.exit_code, formation.asked_to_delete) == (2, False)
    assert schedule() == "ENABLED"


def test_the_model_of_an_aborted_run_is_down_before_the_guard_is_removed(
    stack: Stack, formation: Formation, account: Account, time: Time
) -> None:
    account.have("v1", "RUNNING", units=2)
    owner = cli_models.begin(stack)
    cli_models.lease(stack, owner=owner, expires_at=NOW + 150, phase="working")

    def look() -> None:
        assert not formation.asked_to_delete
        cli_models.guard(stack, time)

    time.each_minute = look
    result = destroy("--yes", "--abort")
    assert result.exit_code == 0
    assert (account.versions["v1"][0], formation.asked_to_delete) == ("STOPPED", True)


def test_a_model_that_stays_up_keeps_the_stack_and_its_guard(
    stack: Stack, formation: Formation, account: Account
) -> None:
    account.have("v1", "RUNNING", units=2)
    cli_models.lease(stack)
    result = destroy("--yes", "--timeout", "5")
    assert (result.exit_code, formation.asked_to_delete) == (1, False)
    assert "do not delete the stack: its guard would go with it" in result.stderr
    assert schedule() == "ENABLED"


def test_a_model_that_a_person_started_stays_up_and_is_named(
    stack: Stack, account: Account
) -> None:
    account.have("v1", "RUNNING", units=1)
    cli_models.lease(stack, owned=False)
    result = destroy("--yes")
    assert (result.exit_code, account.versions["v1"][0]) == (0, "RUNNING")
    said = " ".join(result.stderr.split())
    assert said.count("valves: v1 is RUNNING, which Tilescout did not start") == 1


def test_a_stack_that_cannot_be_deleted_says_why(formation: Formation) -> None:
    formation.fails = True
    result = destroy("--yes")
    assert result.exit_code == 1
    assert "is DELETE_FAILED the bucket is not empty" in result.stderr


@pytest.mark.parametrize("names", [("hourly", "nightly"), ("nightly", "hourly")])
def test_a_schedule_that_cannot_be_given_back_keeps_no_other_off(
    names: tuple[str, str], stack: Stack, formation: Formation, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = dict.fromkeys(names, True)

    def switch(_: Stack, name: str, *, enabled: bool) -> None:
        if enabled and name == "nightly":
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateSchedule")
        states[name] = enabled

    monkeypatch.setattr(teardown, "_schedules", lambda _: list(states))
    monkeypatch.setattr(teardown, "_is_enabled", lambda *_: True)
    monkeypatch.setattr(teardown, "_set_schedule", switch)
    with pytest.raises(ClientError), teardown.without_schedules(stack):
        raise KeyboardInterrupt
    assert states == {"hourly": True, "nightly": False}
