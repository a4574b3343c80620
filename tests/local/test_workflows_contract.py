"""Step Functions, Scheduler, EventBridge and alarms as strict as on AWS."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from tests.local.contract import Client, eventually
from tilescout_local.embedded_aws import EmbeddedAws


def ended(client: Client, arn: str) -> dict[str, Any]:
    states = client("stepfunctions")

    def finished() -> Any:
        execution = states.describe_execution(executionArn=arn)
        return execution if execution["status"] != "RUNNING" else None

    return dict(eventually(finished))


def begun(client: Client, machine: str, **arguments: Any) -> str:
    answer = client("stepfunctions").start_execution(stateMachineArn=machine, **arguments)
    return str(answer["executionArn"])


def test_retry_and_catch_match_the_class_that_was_raised(
    client: Client, probes: dict[str, str]
) -> None:
    execution = ended(client, begun(client, probes["Retrying"], input="{}"))
    history = client("stepfunctions").get_execution_history(executionArn=execution["executionArn"])
    kinds = [event["type"] for event in history["events"]]
    assert execution["status"] == "SUCCEEDED"
    assert json.loads(execution["output"])["error"]["Error"] == "OutOfPaper"
    assert (kinds.count("TaskFailed"), kinds.count("TaskStarted")) == (2, 2)


def test_a_machine_times_out_as_timed_out(client: Client, probes: dict[str, str]) -> None:
    assert ended(client, begun(client, probes["Slow"]))["status"] == "TIMED_OUT"


def test_an_aborted_execution_stays_aborted(client: Client, probes: dict[str, str]) -> None:
    states = client("stepfunctions")
    arn = begun(client, probes["Failing"], input="{}")

    def failed_once() -> bool:
        events = states.get_execution_history(executionArn=arn)["events"]
        return any(event["type"] == "TaskFailed" for event in events)

    eventually(failed_once)
    states.stop_execution(executionArn=arn)
    time.sleep(1.5)
    assert ended(client, arn)["status"] == "ABORTED"


def test_a_state_over_256_kib_fails_the_execution_past_every_catch(
    client: Client, probes: dict[str, str]
) -> None:
    large = json.dumps({"text": "x" * 140_000})
    execution = ended(client, begun(client, probes["Large"], input=large))
    assert (execution["status"], execution["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_the_same_name_and_input_while_running_is_one_execution(
    client: Client, probes: dict[str, str]
) -> None:
    first = begun(client, probes["Waiting"], name="twin", input="{}")
    assert begun(client, probes["Waiting"], name="twin", input="{}") == first
    states = client("stepfunctions")
    with pytest.raises(states.exceptions.ExecutionAlreadyExists):
        begun(client, probes["Waiting"], name="twin", input='{"other": 1}')


def test_a_name_with_a_colon_is_refused(client: Client, probes: dict[str, str]) -> None:
    states = client("stepfunctions")
    with pytest.raises(states.exceptions.InvalidName):
        begun(client, probes["Waiting"], name="run:2026-11-20T16:00")


def test_a_schedule_starts_the_machine_and_a_rule_the_function_every_minute(
    embedded_aws: EmbeddedAws, client: Client, probes: dict[str, str]
) -> None:
    embedded_aws.advance_schedules(60)
    dynamodb = client("dynamodb")

    def noted(name: str) -> Any:
        key = {"owner": {"S": "notes"}, "item": {"S": name}}
        return dynamodb.get_item(TableName=probes["Table"], Key=key).get("Item")

    event = json.loads(eventually(lambda: noted("from-schedule"))["event"]["S"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])
    assert json.loads(eventually(lambda: noted("from-rule"))["event"]["S"])["note"] == "from-rule"


def test_a_rule_asks_a_function_again_after_an_error(
    client: Client, embedded_aws: EmbeddedAws, probes: dict[str, str]
) -> None:
    events = client("events")
    function = client("lambda").get_function(FunctionName=probes["Leave"])["Configuration"]
    events.put_rule(Name="leave", EventPattern=json.dumps({"source": ["contract"]}))
    events.put_targets(Rule="leave", Targets=[{"Id": "1", "Arn": function["FunctionArn"]}])
    log = embedded_aws.home / "logs" / f"{probes['Leave']}.log"
    before = log.read_text().count("START") if log.exists() else 0
    entry = {"Source": "contract", "DetailType": "order", "Detail": "{}"}
    events.put_events(Entries=[entry])
    eventually(lambda: log.exists() and log.read_text().count("START") == before + 3)


def test_an_alarm_on_an_expression_is_created(client: Client, probes: dict[str, str]) -> None:
    alarms = client("cloudwatch").describe_alarms(AlarmNames=[probes["Alarm"]])["MetricAlarms"]
    assert [alarm["MetricName"] for alarm in alarms] == ["ExecutionsFailed"]
