"""The state machine, its schedules and the alarms around it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk.assertions import Template as Synthesised

from infra.constructs.schedules import Schedules
from tests.infra.template import Template

OUTPUTS = [
    "AlarmsTopicArn",
    "DetectionRunArn",
    "DetectionsTableName",
    "DocumentsBucketName",
    "DocumentsQueueUrl",
    "DocumentsTableName",
    "LedgerTableName",
    "MergesQueueUrl",
    "ModelsBucketName",
    "OnnxTilesQueueUrl",
    "PagesQueueUrl",
    "ReaderPolicyArn",
    "ResultsBucketName",
    "TilesBucketName",
    "TilesQueueUrl",
    "UploaderPolicyArn",
]


def _schedules(template: Template) -> dict[str, dict[str, Any]]:
    return {
        json.loads(each["Properties"]["Target"]["Input"])["model"]: each["Properties"]
        for each in template.of_type("Scheduler::Schedule").values()
    }


def _alarms(template: Template) -> dict[str, dict[str, Any]]:
    return {
        name: each["Properties"] for name, each in template.of_type("CloudWatch::Alarm").items()
    }


def test_outputs_keep_their_names(template: Template) -> None:
    assert sorted(template.body["Outputs"]) == OUTPUTS


def test_every_placeholder_of_the_definition_is_filled(template: Template) -> None:
    properties = template.properties("DetectionRun")
    placeholders = set(re.findall(r"\$\{(\w+)\}", properties["DefinitionString"]))
    assert placeholders == set(properties["DefinitionSubstitutions"])


def test_the_machine_calls_advance_run(template: Template) -> None:
    substitutions = template.properties("DetectionRun")["DefinitionSubstitutions"]
    assert substitutions == {
        "AdvanceRunFunctionArn": {"Fn::GetAtt": [template.function_id("advance_run"), "Arn"]},
        "StartExecutionArn": {
            "Fn::Join": [
                "",
                ["arn:", {"Ref": "AWS::Partition"}, ":states:::states:startExecution"],
            ]
        },
    }


def test_no_partition_is_written_into_the_template(template: Template) -> None:
    """An ARN that begins with arn:aws exists in neither GovCloud nor China."""
    assert re.findall(r"arn:aws[\w-]*:", json.dumps(template.body)) == []


def test_the_machine_is_traced_and_logs_errors_without_data(template: Template) -> None:
    properties = template.properties("DetectionRun")
    logging = properties["LoggingConfiguration"]
    assert properties["TracingConfiguration"] == {"Enabled": True}
    assert logging["Level"] == "ERROR"
    assert logging["IncludeExecutionData"] is False


def test_the_machine_s_log_group_has_the_prefix_that_needs_no_policy(template: Template) -> None:
    names = [
        group["Properties"]["LogGroupName"]["Fn::Join"][1][0]
        for group in template.of_type("Logs::LogGroup").values()
        if "LogGroupName" in group["Properties"]
    ]
    assert names == ["/aws/vendedlogs/states/"]


def test_projects_whose_names_differ_in_case_only_have_a_schedule_each() -> None:
    stack = Stack(App(), "Alone")
    machine = sfn.StateMachine(
        stack, "Machine", definition_body=sfn.DefinitionBody.from_chainable(sfn.Pass(stack, "Pass"))
    )
    guard = lambda_.Function(
        stack,
        "Guard",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("handler = print"),
    )
    expressions = {"valves": "rate(1 hour)", "Valves": "rate(1 hour)"}
    Schedules(stack, "Schedules", state_machine=machine, guard=guard, expressions=expressions)
    Synthesised.from_stack(stack).resource_count_is("AWS::Scheduler::Schedule", 2)


def test_a_model_that_is_not_run_on_upload_has_one_schedule(template: Template) -> None:
    expressions = {
        model: properties["ScheduleExpression"]
        for model, properties in _schedules(template).items()
    }
    assert expressions == {
        "sample-symbols": "rate(1 hour)",
    }


def test_the_guard_may_start_the_runs_that_have_no_schedule(template: Template) -> None:
    environment = template.functions()["guard"]["Environment"]["Variables"]
    assert environment["DETECTION_RUN_ARN"] == {"Ref": "DetectionRun"}


@pytest.mark.parametrize("model", ["sample-symbols"])
def test_a_missed_schedule_is_not_retried_for_a_day(template: Template, model: str) -> None:
    target = _schedules(template)[model]["Target"]
    assert target["Arn"] == {"Ref": "DetectionRun"}
    assert json.loads(target["Input"]) == {"model": model, "reason": "schedule"}
    assert target["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 600,
        "MaximumRetryAttempts": 2,
    }


def test_the_scheduler_may_start_this_machine_and_nothing_else(template: Template) -> None:
    target = _schedules(template)["sample-symbols"]["Target"]
    role = template.properties(target["RoleArn"]["Fn::GetAtt"][0])
    statements = [
        statement
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    assert [(each["Action"], each["Resource"]) for each in statements] == [
        ("states:StartExecution", {"Ref": "DetectionRun"})
    ]


def test_the_guard_looks_every_minute(template: Template) -> None:
    [properties] = [
        rule["Properties"]
        for rule in template.of_type("Events::Rule").values()
        if "ScheduleExpression" in rule["Properties"]
    ]
    assert properties["ScheduleExpression"] == "rate(1 minute)"
    assert properties["State"] == "ENABLED"
    assert properties["Targets"][0]["Arn"] == {"Fn::GetAtt": [template.function_id("guard"), "Arn"]}


def test_a_look_of_the_guard_is_neither_repeated_nor_kept(template: Template) -> None:
    """Lambda repeats an asynchronous event twice, and keeps a throttled one for six hours."""
    [config] = template.of_type("Lambda::EventInvokeConfig").values()
    properties = config["Properties"]
    assert properties["FunctionName"] == {"Ref": template.function_id("guard")}
    assert properties["MaximumRetryAttempts"] == 0
    assert properties["MaximumEventAgeInSeconds"] == 60


def test_a_silent_guard_raises_the_alarm(template: Template) -> None:
    [alarm] = [
        alarm
        for alarm in _alarms(template).values()
        if alarm.get("MetricName") == "Invocations"
        and alarm["Dimensions"]
        == [{"Name": "FunctionName", "Value": {"Ref": template.function_id("guard")}}]
    ]
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert alarm["Threshold"] == 1


def test_a_dead_letter_raises_an_alarm_whichever_queue_it_is_in(template: Template) -> None:
    """The collector takes both queues, and is invoked for nothing else."""
    collector = template.function_id("collect_dead_letters")
    dimension = {"Name": "FunctionName", "Value": {"Ref": collector}}
    [alarm] = [
        alarm for alarm in _alarms(template).values() if dimension in alarm.get("Dimensions", [])
    ]
    assert alarm["MetricName"] == "Invocations"
    assert alarm["Threshold"] == 0
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_a_run_that_ends_badly_raises_an_alarm(template: Template) -> None:
    [alarm] = [
        alarm
        for alarm in _alarms(template).values()
        if alarm.get("MetricName") == "ExecutionsFailed"
    ]
    assert alarm["Threshold"] == 0


def test_a_run_that_is_cut_short_is_told_to_the_topic(template: Template) -> None:
    [topic] = template.of_type("SNS::Topic")
    rule = _rule(template, "aws.states")
    assert rule["EventPattern"]["detail"] == {
        "stateMachineArn": [{"Ref": "DetectionRun"}],
        "status": ["ABORTED", "TIMED_OUT"],
    }
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": topic}]


def test_changed_drawings_of_this_stack_are_told_to_the_topic(template: Template) -> None:
    [topic] = template.of_type("SNS::Topic")
    rule = _rule(template, "tilescout")
    assert rule["EventPattern"]["detail-type"] == ["DrawingsChanged"]
    assert rule["EventPattern"]["detail"] == {"detection_run": [{"Ref": "DetectionRun"}]}
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": topic}]


def _rule(template: Template, source: str) -> dict[str, Any]:
    rules = [rule["Properties"] for rule in template.of_type("Events::Rule").values()]
    [found] = [each for each in rules if each.get("EventPattern", {}).get("source") == [source]]
    return dict(found)


def test_a_throttled_function_raises_an_alarm_whichever_it_is(template: Template) -> None:
    """The metric without dimensions counts all functions, which share the executions."""
    [alarm] = [
        alarm for alarm in _alarms(template).values() if alarm.get("MetricName") == "Throttles"
    ]
    assert alarm["Namespace"] == "AWS/Lambda"
    assert "Dimensions" not in alarm
    assert alarm["Threshold"] == 0


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        ("advance_run", 0),
        ("guard", 0),
        ("tile_page", 3),
        ("detect_tile", 3),
        ("detect_onnx", 3),
        ("merge_page", 3),
    ],
)
def test_errors_of_a_function_raise_an_alarm(template: Template, name: str, limit: int) -> None:
    dimension = {"Name": "FunctionName", "Value": {"Ref": template.function_id(name)}}
    [alarm] = [
        alarm
        for alarm in _alarms(template).values()
        if alarm.get("MetricName") == "Errors" and dimension in alarm["Dimensions"]
    ]
    assert alarm["Threshold"] == limit


def test_every_alarm_reaches_the_topic(template: Template) -> None:
    [topic] = template.of_type("SNS::Topic")
    for alarm in _alarms(template).values():
        assert alarm["AlarmActions"] == [{"Ref": topic}]


def test_alarms_may_publish_to_the_topic(template: Template) -> None:
    """A topic with a policy of its own has lost the default one."""
    [policy] = template.of_type("SNS::TopicPolicy").values()
    allowed = [
        statement["Principal"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert allowed == [
        {"Service": "cloudwatch.amazonaws.com"},
        {"Service": "events.amazonaws.com"},
    ]
