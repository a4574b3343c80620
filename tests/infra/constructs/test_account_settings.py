"""Each setting for a company's account, in the template that it makes."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from infra.app import ROOT, synthesise
from tests.infra.permissions.permissions import FUNCTIONS, actions_of
from tests.infra.template import Template, as_list
from tests.infra.test_cfn_lint import findings

Synthesised = Callable[[str], Template]

BUCKETS = ["DocumentsBucket", "ModelsBucket", "ResultsBucket", "TilesBucket"]
TABLES = ["DocumentsTable", "DetectionsTable", "LedgerTable"]
KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
VPC = {
    "id": "vpc-0a1b2c3d",
    "subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
    "route_tables": ["rtb-0a1b2c3d"],
}
SETTINGS: dict[str, dict[str, Any]] = {
    "named": {
        "stage": "test",
        "tags": {"cost-center": "4711"},
        "permissions_boundary": BOUNDARY,
        "results_retention_days": 365,
        "version_retention_days": 90,
        "dashboard": False,
    },
    "own key": {"kms_key": "create", "upload_kms_keys": [KEY_ARN]},
    "given key": {"kms_key": KEY_ARN},
    "network": {"vpc": VPC},
    "network with endpoints": {
        "vpc": VPC | {"security_groups": ["sg-0a1b2c3d"], "existing_endpoints": "all"}
    },
    "notifying bucket": {"documents_bucket": {"name": "company", "account": "210987654321"}},
    "bucket on the bus": {
        "documents_bucket": {"name": "company", "account": "210987654321", "events": "eventbridge"}
    },
    "left stores": {
        "existing_stores": {
            "DocumentsTable": "restored-documents",
            "DetectionsTable": "restored-detections",
            "LedgerTable": "restored-ledger",
            "ResultsBucket": "left-results",
            "ModelsBucket": "left-models",
        }
    },
    "all": {
        "stage": "test",
        "tags": {"cost-center": "4711"},
        "permissions_boundary": BOUNDARY,
        "results_retention_days": 365,
        "kms_key": "create",
        "upload_kms_keys": [KEY_ARN],
        "vpc": VPC,
        "documents_bucket": {"name": "company", "events": "eventbridge"},
    },
}
"""Settings that are tried together; `synthesise` stops at any finding of cdk-nag."""


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """Returns a function that gives the template of a set of settings, made once."""

    @cache
    def made(name: str) -> Template:
        folder = tmp_path_factory.mktemp("settings")
        document = json.loads((ROOT / "cdk.json").read_text())
        document["context"]["tilescout"]["settings"] |= SETTINGS[name]
        (folder / "cdk.json").write_text(json.dumps(document))
        assembly = synthesise(
            outdir=str(folder / "out"), build=folder / "build", configuration=folder
        )
        path: Path = assembly / "Tilescout.template.json"
        return Template(path, json.loads(path.read_text()))

    return made


@pytest.fixture
def named(synthesised: Synthesised) -> Template:
    return synthesised("named")


def stack_properties(template: Template) -> dict[str, Any]:
    manifest = json.loads((template.path.parent / "manifest.json").read_text())
    return dict(manifest["artifacts"]["Tilescout"]["properties"])


def roles(template: Template) -> list[dict[str, Any]]:
    return [role["Properties"] for role in template.of_type("IAM::Role").values()]


def test_a_stage_names_the_stack_and_its_metrics(named: Template) -> None:
    assert stack_properties(named)["stackName"] == "Tilescout-test"
    variables = named.functions()["guard"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Tilescout-test"
    namespaces = {
        alarm["Properties"].get("Namespace")
        for alarm in named.of_type("CloudWatch::Alarm").values()
    }
    assert "Tilescout-test" in namespaces
    assert "Tilescout" not in namespaces


def test_the_default_stack_keeps_its_name(template: Template) -> None:
    assert stack_properties(template).get("stackName", "Tilescout") == "Tilescout"


@pytest.mark.parametrize(
    "kind", ["S3::Bucket", "DynamoDB::Table", "Lambda::Function", "SQS::Queue"]
)
def test_every_resource_carries_the_tags(named: Template, kind: str) -> None:
    for resource in named.of_type(kind).values():
        assert {"Key": "cost-center", "Value": "4711"} in resource["Properties"]["Tags"]


def test_every_role_has_the_boundary(named: Template, template: Template) -> None:
    assert {role["PermissionsBoundary"] for role in roles(named)} == {BOUNDARY}
    assert not any("PermissionsBoundary" in role for role in roles(template))


def test_results_expire_in_the_bucket_and_in_the_table(named: Template) -> None:
    (rule,) = named.properties("ResultsBucket")["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == 365
    expiry = named.properties("DetectionsTable")["TimeToLiveSpecification"]
    assert expiry == {"AttributeName": "expire_at", "Enabled": True}
    variables = named.functions()["merge_page"]["Environment"]["Variables"]
    assert variables["RESULTS_RETENTION_DAYS"] == "365"


def test_old_versions_of_uploads_expire(named: Template) -> None:
    (rule,) = named.properties("DocumentsBucket")["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert "ExpirationInDays" not in rule


def test_a_dashboard_is_there_unless_it_is_switched_off(
    named: Template, template: Template
) -> None:
    assert len(template.of_type("CloudWatch::Dashboard")) == 1
    assert named.of_type("CloudWatch::Dashboard") == {}


def key_of(template: Template) -> Any:
    return {"Fn::GetAtt": ["DataKey", "Arn"]}


@pytest.mark.parametrize("name", ["own key", "given key"])
def test_one_key_encrypts_stores_queues_logs_and_the_topic(
    synthesised: Synthesised, name: str
) -> None:
    template = synthesised(name)
    key = KEY_ARN if name == "given key" else {"Fn::GetAtt": ["DataKey", "Arn"]}
    for bucket in BUCKETS:
        [rule] = template.properties(bucket)["BucketEncryption"][
            "ServerSideEncryptionConfiguration"
        ]
        assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
        assert rule["BucketKeyEnabled"] is True
    for table in TABLES:
        assert template.properties(table)["SSESpecification"]["KMSMasterKeyId"] == key
    for queue in template.of_type("SQS::Queue").values():
        assert queue["Properties"]["KmsMasterKeyId"] == key
    for group in template.of_type("Logs::LogGroup").values():
        assert group["Properties"]["KmsKeyId"] == key
    [topic] = template.of_type("SNS::Topic").values()
    assert topic["Properties"]["KmsMasterKeyId"] == key
    assert len(template.of_type("KMS::Key")) == (name == "own key")


def test_the_key_that_is_made_is_rotated_and_outlives_the_stack(synthesised: Synthesised) -> None:
    key = synthesised("own key").resources["DataKey"]
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == "Retain"


def test_services_use_the_key_for_this_account_only(synthesised: Synthesised) -> None:
    statements = synthesised("own key").properties("DataKey")["KeyPolicy"]["Statement"]
    services = {
        json.dumps(service): each["Condition"]
        for each in statements
        for service in as_list(each["Principal"].get("Service", []))
    }
    account = {"StringEquals": {"aws:SourceAccount": [{"Ref": "AWS::AccountId"}]}}
    for service in ("s3", "cloudwatch", "events"):
        assert services[f'"{service}.amazonaws.com"'] == account
    (of_logs,) = (each for name, each in services.items() if "logs." in name)
    assert list(of_logs) == ["ArnLike"]


def test_every_function_may_use_the_key_and_some_those_of_uploads(synthesised: Synthesised) -> None:
    template = synthesised("own key")
    decrypting = {
        role: [
            statement["Resource"]
            for name, statement in template.statements()
            if name == role and "kms:Decrypt" in as_list(statement["Action"])
        ]
        for role in template.of_type("IAM::Role")
    }
    with_key = [role for role, keys in decrypting.items() if key_of(template) in keys]
    with_upload_keys = sorted(role for role, keys in decrypting.items() if KEY_ARN in keys)
    assert len(with_key) == len(template.functions())
    assert [role[9:].split("Role")[0] for role in with_upload_keys] == [
        "AcceptDocument",
        "CollectDeadLetters",
        "TilePage",
    ]


def test_functions_run_in_the_vpc_and_reach_every_service_that_they_call(
    synthesised: Synthesised,
) -> None:
    template = synthesised("network")
    group = {"Fn::GetAtt": [next(iter(template.of_type("EC2::SecurityGroup"))), "GroupId"]}
    for function in template.functions().values():
        assert function["VpcConfig"] == {"SecurityGroupIds": [group], "SubnetIds": VPC["subnets"]}
    endpoints = {
        endpoint["Properties"]["ServiceName"]["Fn::Join"][1][-1].strip("."):
        endpoint["Properties"]["VpcEndpointType"]
        for endpoint in template.of_type("EC2::VPCEndpoint").values()
    }  # fmt: skip
    called = {
        action.split(":")[0]
        for name in FUNCTIONS
        for action in actions_of(template, name)
        # Lambda itself writes the logs and makes the interfaces.
        if not action.startswith(("logs:", "ec2:"))
    }
    assert set(endpoints) == called
    assert set(template.body["Outputs"]["VpcEndpoints"]["Value"].split(",")) == called
    assert {name for name, kind in endpoints.items() if kind == "Gateway"} == {"s3", "dynamodb"}


def test_a_vpc_with_all_endpoints_gets_none(synthesised: Synthesised) -> None:
    template = synthesised("network with endpoints")
    assert template.of_type("EC2::VPCEndpoint") == {}
    assert template.of_type("EC2::SecurityGroup") == {}
    groups = {
        tuple(each["VpcConfig"]["SecurityGroupIds"]) for each in template.functions().values()
    }
    assert groups == {("sg-0a1b2c3d",)}


def queue_conditions(template: Template, service: str) -> list[Any]:
    return [
        statement["Condition"]
        for policy in template.of_type("SQS::QueuePolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
    ]


def test_a_bucket_of_another_account_may_send_to_the_queue(synthesised: Synthesised) -> None:
    template = synthesised("notifying bucket")
    assert sorted(template.of_type("S3::Bucket")) == [name for name in BUCKETS if name[0] != "D"]
    [condition] = queue_conditions(template, "s3")
    assert condition["StringEquals"] == {"aws:SourceAccount": "210987654321"}
    assert condition["ArnEquals"]["aws:SourceArn"]["Fn::Join"][1][-1] == ":s3:::company"
    assert template.body["Outputs"]["DocumentsBucketName"]["Value"] == "company"


def test_a_bucket_on_the_bus_is_heard(synthesised: Synthesised) -> None:
    template = synthesised("bucket on the bus")
    [pattern] = [
        rule["Properties"]["EventPattern"]
        for rule in template.of_type("Events::Rule").values()
        if rule["Properties"].get("EventPattern", {}).get("source") == ["aws.s3"]
    ]
    assert pattern["account"] == ["210987654321"]
    assert pattern["detail"]["bucket"] == {"name": ["company"]}
    assert pattern["detail"]["object"] == {"key": [{"prefix": "incoming/"}]}
    [bus] = template.of_type("Events::EventBusPolicy").values()
    assert bus["Properties"]["Principal"] == "210987654321"
    assert len(queue_conditions(template, "events")) == 1


def test_stores_that_another_stack_left_are_used_and_not_made(synthesised: Synthesised) -> None:
    template = synthesised("left stores")
    assert template.of_type("DynamoDB::Table") == {}
    assert sorted(template.of_type("S3::Bucket")) == ["DocumentsBucket", "TilesBucket"]
    outputs = {name: output["Value"] for name, output in template.body["Outputs"].items()}
    assert outputs["DocumentsTableName"] == "restored-documents"
    assert outputs["ResultsBucketName"] == "left-results"
    variables = template.functions()["merge_page"]["Environment"]["Variables"]
    assert variables["DETECTIONS_TABLE"] == "restored-detections"
    rights = json.dumps([statement for _, statement in template.statements()])
    assert ":table/restored-ledger" in rights
    assert ":table/restored-documents/index/by_status" in rights
    assert ":s3:::left-models/models/*" in rights


@pytest.mark.long
@pytest.mark.parametrize("name", SETTINGS)
def test_cfn_lint_finds_nothing_in_any_of_them(synthesised: Synthesised, name: str) -> None:
    assert findings(synthesised(name)) == []


def test_all_settings_together_stay_far_under_the_limits(synthesised: Synthesised) -> None:
    template = synthesised("all")
    assert len(template.resources) < 250
    assert template.path.stat().st_size < 500_000
