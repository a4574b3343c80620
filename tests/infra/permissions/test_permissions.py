"""Functions have exactly the rights that their code needs."""

from __future__ import annotations

import json
import re

import pytest

from tests.infra.permissions.permissions import FUNCTIONS, actions_of
from tests.infra.permissions.reached import actions_reached
from tests.infra.template import Template, as_list

WITHOUT_RESOURCE_TYPE = {
    "textract:DetectDocumentText",
    "rekognition:DetectText",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}
POLLING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}
DELETING = {"DeleteItem", "DeleteTable", "DeleteObject", "DeleteBucket", "PurgeQueue"}


def test_no_action_has_a_wildcard(template: Template) -> None:
    actions = [
        action for _, statement in template.statements() for action in as_list(statement["Action"])
    ]
    assert [action for action in actions if "*" in action] == []


def test_only_actions_without_resource_types_are_allowed_on_everything(template: Template) -> None:
    wide = {
        action
        for _, statement in template.statements()
        if "*" in as_list(statement["Resource"])
        for action in as_list(statement["Action"])
    }
    assert wide - WITHOUT_RESOURCE_TYPE == set()


def test_a_wildcard_within_a_resource_is_for_objects_executions_or_models(
    template: Template,
) -> None:
    wild = {
        part
        for _, statement in template.statements()
        for part in re.findall(r'"([^"]*\*)"', json.dumps(statement["Resource"]))
    }
    assert wild == {
        "*",
        "/answers/*",
        "/incoming/*",
        "/models/*",
        "/results/*",
        "/tiles/*",
        ":*",
        ":project/*",
        ":project/*/version/*/*",
        ":project/sample-symbols/version/*/*",
    }


def test_no_role_takes_a_managed_policy(template: Template) -> None:
    for role in template.of_type("IAM::Role").values():
        assert "ManagedPolicyArns" not in role["Properties"]


def test_only_merging_deletes(template: Template) -> None:
    deleting = {
        function
        for function in template.functions()
        for action in actions_of(template, function)
        if action.split(":")[1] in DELETING
    }
    assert deleting == {"merge_page"}


@pytest.mark.parametrize("bucket", ["TilesBucket", "ResultsBucket"])
def test_merging_deletes_tiles_and_results(template: Template, bucket: str) -> None:
    role = template.functions()["merge_page"]["Role"]["Fn::GetAtt"][0]
    resources = [
        json.dumps(statement["Resource"])
        for name, statement in template.statements()
        if name == role and "s3:DeleteObject" in as_list(statement["Action"])
    ]
    assert [each for each in resources if bucket in each] != []


@pytest.mark.parametrize(
    ("function", "bucket"),
    [
        ("accept_document", "DocumentsBucket"),
        ("tile_page", "DocumentsBucket"),
        ("collect_dead_letters", "DocumentsBucket"),
        ("detect_tile", "TilesBucket"),
        ("detect_onnx", "TilesBucket"),
        ("detect_onnx", "ModelsBucket"),
        ("merge_page", "TilesBucket"),
        ("merge_page", "ResultsBucket"),
    ],
)
def test_a_function_that_reads_objects_is_told_when_one_is_gone(
    template: Template, function: str, bucket: str
) -> None:
    """S3 answers 403, not 404, to a reader that may not list."""
    role = template.functions()[function]["Role"]["Fn::GetAtt"][0]
    lists = [
        statement
        for name, statement in template.statements()
        if name == role and "s3:ListBucket" in as_list(statement["Action"])
    ]
    resources = [resource for each in lists for resource in as_list(each["Resource"])]
    assert {"Fn::GetAtt": [bucket, "Arn"]} in resources
    assert all("Condition" not in each for each in lists)


@pytest.mark.parametrize(
    ("function", "action", "prefixes"),
    [
        ("tile_page", "s3:PutObject", ["tiles/", "answers/"]),
        ("detect_tile", "s3:GetObject", ["tiles/", "answers/"]),
        ("detect_tile", "s3:PutObject", ["answers/"]),
        ("detect_onnx", "s3:PutObject", ["answers/"]),
        ("merge_page", "s3:GetObject", ["answers/", "results/"]),
        ("merge_page", "s3:DeleteObject", ["tiles/", "results/"]),
        ("merge_page", "s3:PutObject", ["results/"]),
    ],
)
def test_a_function_reaches_only_the_objects_of_its_trade(
    template: Template, function: str, action: str, prefixes: list[str]
) -> None:
    role = template.functions()[function]["Role"]["Fn::GetAtt"][0]
    resources = [
        resource
        for name, statement in template.statements()
        if name == role and action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    ]
    assert sorted(re.findall(r"/(\w+/)\*", json.dumps(resources))) == sorted(prefixes)


def test_tables_are_queried_by_status_through_the_index_only(template: Template) -> None:
    for function in ("advance_run", "guard"):
        role = template.functions()[function]["Role"]["Fn::GetAtt"][0]
        queried = [
            resource
            for name, statement in template.statements()
            if name == role and "dynamodb:Query" in as_list(statement["Action"])
            for resource in as_list(statement["Resource"])
        ]
        assert {"Fn::GetAtt": ["DocumentsTable", "Arn"]} not in queried
        assert "/index/by_status" in json.dumps(queried)


def test_accepting_an_upload_cannot_touch_the_ledger(template: Template) -> None:
    role = template.functions()["accept_document"]["Role"]["Fn::GetAtt"][0]
    assert "LedgerTable" not in json.dumps(template.properties(role)["Policies"])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_all_that_its_code_can_reach(template: Template, function: str) -> None:
    assert actions_reached(function) - actions_of(template, function) == set()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_may_do_nothing_that_its_code_never_does(
    template: Template, function: str
) -> None:
    spare = actions_of(template, function) - actions_reached(function)
    assert spare - POLLING - LOGGING == set()


@pytest.mark.parametrize("function", ["accept_document", "tile_page"])
def test_functions_that_open_uploads_reach_no_results(template: Template, function: str) -> None:
    """A renderer broken into by a PDF reaches its own tiles, and no other document's results."""
    role = template.functions()[function]["Role"]["Fn::GetAtt"][0]
    policies = json.dumps(template.properties(role)["Policies"])
    assert "ResultsBucket" not in policies
    assert "DetectionsTable" not in policies


def test_nothing_has_a_physical_name_but_one_log_group(template: Template) -> None:
    names = {
        (logical_id, name)
        for logical_id, resource in template.resources.items()
        for name in resource.get("Properties", {})
        if name
        in {
            "AlarmName",
            "BucketName",
            "FunctionName",
            "LayerName",
            "LogGroupName",
            "Name",
            "PolicyName",
            "QueueName",
            "RoleName",
            "RuleName",
            "StateMachineName",
            "TableName",
            "TopicName",
        }
        and resource["Type"]
        not in {
            "AWS::IAM::Policy",
            "AWS::Lambda::EventInvokeConfig",
            "AWS::Lambda::EventSourceMapping",
            "AWS::Lambda::Permission",
        }
    }
    assert [name for _, name in names] == ["LogGroupName"]
