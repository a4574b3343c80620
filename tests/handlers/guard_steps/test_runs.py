"""The guard starts the runs that no schedule starts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.handlers import served_model
from tests.handlers.account import ENVIRONMENT, Account
from tests.handlers.between import table_answers
from tests.handlers.runs import Clock, Run, clock, queued
from tilescout.aws import executions

NOW = 1_800_000_000
MIDNIGHT = 1_799_971_200
LAYER_KEY = "incoming/layer/sheet.pdf"


@pytest.fixture(autouse=True)
def time() -> Iterator[Clock]:
    with clock(NOW) as held:
        yield held


@pytest.fixture(autouse=True)
def machine(account: Account) -> Any:
    client = boto3.client("stepfunctions")
    wait = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}
    role = "arn:aws:iam::123456789012:role/run"
    client.create_state_machine(name="DetectionRun", definition=json.dumps(wait), roleArn=role)
    return client


def started(client: Any) -> list[str]:
    """The models of the runs that were started."""
    arn = ENVIRONMENT["DETECTION_RUN_ARN"]
    every = client.list_executions(stateMachineArn=arn)["executions"]
    described = [client.describe_execution(executionArn=each["executionArn"]) for each in every]
    return [json.loads(each["input"])["model"] for each in described]


def look(account: Account) -> int:
    return int(account.call("guard", {}, 30)["started"])


def test_an_upload_that_is_tiled_starts_a_run_within_the_minute(
    account: Account, machine: Any
) -> None:
    queued(account)
    assert look(account) == 1
    assert started(machine) == ["textract"]


def test_a_run_is_started_where_drift_could_not_be_looked_at(
    account: Account, machine: Any, time: Clock
) -> None:
    def denied(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return 400, {"__type": "com.amazon.coral.service#AccessDeniedException", "message": "x"}

    time.now = MIDNIGHT
    served_model.put_to_use(account, "models/plant/version/v1/1")
    queued(account)
    with table_answers("Query", 1, denied, "FIGURES#"), pytest.raises(ClientError, match="Denied"):
        look(account)
    assert started(machine) == ["textract"]


def test_two_looks_of_one_minute_start_one_run(account: Account, machine: Any) -> None:
    queued(account)
    look(account)
    look(account)
    assert started(machine) == ["textract"]


def test_nothing_due_starts_nothing(account: Account, machine: Any) -> None:
    assert look(account) == 0
    assert started(machine) == []


def test_a_run_at_work_takes_what_is_due_itself(account: Account, machine: Any) -> None:
    queued(account)
    arn = machine.start_execution(stateMachineArn=ENVIRONMENT["DETECTION_RUN_ARN"], name="one")
    Run(account, execution=arn["executionArn"]).open()
    queued(account, key="incoming/text/other.pdf")
    assert look(account) == 0


def test_a_model_with_a_schedule_is_left_to_it(account: Account, machine: Any) -> None:
    queued(account, key=LAYER_KEY)
    assert look(account) == 0


def test_no_run_is_started_while_the_stack_is_taken_down(
    account: Account, machine: Any, time: Clock
) -> None:
    queued(account)
    executions.pause_starts(account.ledger, NOW + 60)
    assert look(account) == 0
    time.now = NOW + 60
    assert look(account) == 1


def test_one_model_may_be_left_out_of_a_pause(account: Account, machine: Any) -> None:
    queued(account)
    executions.pause_starts(account.ledger, NOW + 60, besides="textract")
    assert look(account) == 1
