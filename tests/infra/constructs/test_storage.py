"""Buckets and tables: nothing leaks and nothing is lost."""

from __future__ import annotations

import pytest

from infra.constructs import storage
from tests.infra.template import Template, as_list
from tilescout import keys

BUCKETS = ["DocumentsBucket", "ModelsBucket", "ResultsBucket", "TilesBucket"]
TABLES = ["DocumentsTable", "DetectionsTable", "LedgerTable"]


def test_buckets_and_tables_keep_their_logical_ids(template: Template) -> None:
    assert sorted(template.of_type("S3::Bucket")) == sorted(BUCKETS)
    assert sorted(template.of_type("DynamoDB::Table")) == sorted(TABLES)


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_encrypted_and_closed_to_the_public(template: Template, bucket: str) -> None:
    properties = template.properties(bucket)
    rule = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert properties["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert properties["OwnershipControls"] == {
        "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]
    }


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_refuses_requests_without_tls(template: Template, bucket: str) -> None:
    policies = [
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in template.of_type("S3::BucketPolicy").values()
        if policy["Properties"]["Bucket"] == {"Ref": bucket}
    ]
    denied = [each["Condition"] for each in policies[0] if each["Effect"] == "Deny"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in denied
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_aborts_uploads_that_were_never_completed(template: Template, bucket: str) -> None:
    rules = template.properties(bucket)["LifecycleConfiguration"]["Rules"]
    assert rules[0]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_documents_are_versioned(template: Template) -> None:
    properties = template.properties("DocumentsBucket")
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}


@pytest.mark.parametrize("kept", ["DocumentsBucket", "ModelsBucket", "ResultsBucket", *TABLES])
def test_what_cannot_be_made_again_outlives_the_stack(template: Template, kept: str) -> None:
    resource = template.resources[kept]
    assert resource["DeletionPolicy"] == "Retain"
    assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.fault("S13")
def test_documents_and_results_never_expire(template: Template) -> None:
    for bucket in ("DocumentsBucket", "ModelsBucket", "ResultsBucket"):
        rules = template.properties(bucket)["LifecycleConfiguration"]["Rules"]
        assert not any("ExpirationInDays" in rule for rule in rules)


def test_tiles_go_with_the_stack_and_after_ninety_days(template: Template) -> None:
    assert template.resources["TilesBucket"]["DeletionPolicy"] == "Delete"
    rule = template.properties("TilesBucket")["LifecycleConfiguration"]["Rules"][0]
    assert rule["ExpirationInDays"] == 90


def test_no_custom_resource_empties_or_notifies_a_bucket(template: Template) -> None:
    kinds = {resource["Type"] for resource in template.resources.values()}
    assert not [kind for kind in kinds if kind.startswith("Custom::")]
    assert "AWS::CloudFormation::CustomResource" not in kinds


@pytest.mark.fault("I10")
def test_uploads_under_incoming_are_told_to_the_documents_queue(template: Template) -> None:
    assert template.properties("DocumentsBucket")["NotificationConfiguration"] == {
        "QueueConfigurations": [
            {
                "Event": "s3:ObjectCreated:*",
                "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "incoming/"}]}},
                "Queue": {"Fn::GetAtt": ["DocumentsQueue", "Arn"]},
            }
        ]
    }


def test_the_bucket_waits_for_the_right_to_send(template: Template) -> None:
    policies = template.of_type("SQS::QueuePolicy")
    [allowing] = [
        name
        for name, policy in policies.items()
        if any(
            each["Effect"] == "Allow"
            for each in policy["Properties"]["PolicyDocument"]["Statement"]
        )
    ]
    assert allowing in as_list(template.resources["DocumentsBucket"]["DependsOn"])


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_on_demand_and_can_be_restored(template: Template, table: str) -> None:
    properties = template.properties(table)
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["DeletionProtectionEnabled"] is True


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("DocumentsTable", [("id", "HASH")]),
        ("DetectionsTable", [("result_id", "HASH"), ("sort", "RANGE")]),
        ("LedgerTable", [("pk", "HASH"), ("sk", "RANGE")]),
    ],
)
def test_a_table_keeps_its_key(template: Template, table: str, keys: list[tuple[str, str]]) -> None:
    schema = template.properties(table)["KeySchema"]
    assert [(key["AttributeName"], key["KeyType"]) for key in schema] == keys


@pytest.mark.parametrize(
    ("table", "index", "keys"),
    [
        ("DocumentsTable", "by_status", ["status", "due"]),
        ("DocumentsTable", "by_source", ["source_key", "accepted_at"]),
        ("DetectionsTable", "by_label", ["label_shard", "label_key"]),
        ("DetectionsTable", "by_text", ["text_prefix", "text_key"]),
    ],
)
def test_an_index_carries_whole_rows(
    template: Template, table: str, index: str, keys: list[str]
) -> None:
    [found] = [
        each
        for each in template.properties(table)["GlobalSecondaryIndexes"]
        if each["IndexName"] == index
    ]
    assert [key["AttributeName"] for key in found["KeySchema"]] == keys
    assert found["Projection"] == {"ProjectionType": "ALL"}


def test_the_time_of_acceptance_is_a_number(template: Template) -> None:
    attributes = template.properties("DocumentsTable")["AttributeDefinitions"]
    assert {"AttributeName": "accepted_at", "AttributeType": "N"} in attributes


@pytest.mark.fault("S13")
def test_only_the_ledger_expires_rows(template: Template) -> None:
    assert template.properties("LedgerTable")["TimeToLiveSpecification"] == {
        "AttributeName": "expire_at",
        "Enabled": True,
    }
    assert "TimeToLiveSpecification" not in template.properties("DocumentsTable")
    assert "TimeToLiveSpecification" not in template.properties("DetectionsTable")


def test_keys_begin_with_what_functions_are_allowed() -> None:
    assert storage.INCOMING == keys.INCOMING
    assert keys.tile_images("d").startswith(storage.IMAGES)
    assert keys.answers("d").startswith(storage.ANSWERS)
    assert keys.document_result("d-1").startswith(storage.RESULTS)
    assert keys.page_result("d-1", 1).startswith(storage.RESULTS)
