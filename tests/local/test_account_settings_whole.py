"""All settings for a company's account, deployed together, and a document that goes through."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local.contract import eventually
from tests.local.drawings import drawing
from tests.local.roles import hold_against_roles
from tests.local.system import PATIENCE, Configuration, System, synthesised
from tilescout_cli.documents import removal
from tilescout_cli.stack import target
from tilescout_cli.stack.clients import Clients
from tilescout_local.deployment.deploy import deploy
from tilescout_local.embedded_aws import EmbeddedAws, start
from tilescout_local.state import ACCOUNT, REGION

BUCKET = "company-uploads"
STACK = "Tilescout-test"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]})

pytestmark = pytest.mark.long


def company(aws: EmbeddedAws) -> dict[str, Any]:
    """Makes what a company has already, and returns the settings that name it."""
    s3, ec2 = aws.client("s3"), aws.client("ec2")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24")["Subnet"]["SubnetId"]
        for n in range(2)
    ]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    boundary = aws.client("iam").create_policy(PolicyName="boundary", PolicyDocument=POLICY)
    upload_key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    return {
        "stage": "test",
        "tags": {"cost-center": "4711"},
        "kms_key": "create",
        "upload_kms_keys": [upload_key],
        "vpc": {"id": vpc, "subnets": subnets, "route_tables": [table]},
        "documents_bucket": {"name": BUCKET, "events": "eventbridge"},
        "results_retention_days": 365,
        "permissions_boundary": boundary["Policy"]["Arn"],
    }


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with start(tmp_path_factory.mktemp("company-aws"), wait_scale=0.2) as aws:
        settings = company(aws)

        def change(configuration: Configuration) -> None:
            configuration["settings"] |= settings

        deploy(aws, synthesised(tmp_path_factory.mktemp("company"), change))
        clients = Clients(aws.endpoint_url, aws.region)
        deployed = System(aws, target.deployed(clients, STACK, aws.home))
        deployed.turn_schedules("DISABLED")
        yield deployed
        hold_against_roles(aws, STACK)


def test_a_document_of_the_companys_bucket_is_detected(system: System) -> None:
    document = system.queued(drawing((60, 80, "FV-1023")), "pdf-text")
    system.run("pdf-text")

    assert system.when(document, "DONE").bucket == BUCKET
    assert system.texts(document) == ["FV-1023"]


def test_its_rows_expire_when_its_results_do(system: System) -> None:
    document = system.queued(drawing((60, 80, "TT-20")), "pdf-text", "expiring.pdf")
    system.run("pdf-text")
    system.when(document, "DONE")

    (row,) = system.rows(document)
    assert row["expire_at"] - row["made_at"] == 365 * 24 * 3600


def test_a_key_with_signs_that_a_url_would_encode_comes_as_it_is(system: System) -> None:
    name = "plant 7/100% + more.pdf"
    document = system.queued(drawing((60, 80, "LT-7")), "pdf-text", name)

    assert system.document(document).key == f"incoming/pdf-text/{name}"


def resources(system: System, kind: str) -> list[str]:
    """Returns the physical ids of the stack's resources of a type."""
    client = system.aws.client("cloudformation")
    found = client.describe_stack_resources(StackName=STACK)["StackResources"]
    return [
        str(resource["PhysicalResourceId"])
        for resource in found
        if resource["ResourceType"] == f"AWS::{kind}"
    ]


def test_every_function_is_in_the_network_of_the_company(system: System) -> None:
    client = system.aws.client("lambda")
    vpc = client.get_function(FunctionName=system.function("guard"))["Configuration"]["VpcConfig"]
    (group, *_) = vpc["SecurityGroupIds"]
    networks = [
        client.get_function(FunctionName=name)["Configuration"]["VpcConfig"]
        for name in resources(system, "Lambda::Function")
    ]
    assert len(networks) == 8
    assert all(network == vpc for network in networks)
    assert len(vpc["SubnetIds"]) == 2
    assert group in resources(system, "EC2::SecurityGroup")


def test_the_network_has_an_endpoint_for_every_service_that_functions_call(system: System) -> None:
    endpoints = system.aws.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    services = {endpoint["ServiceName"].rpartition(".")[2] for endpoint in endpoints}
    assert services == {
        "dynamodb", "events", "rekognition", "s3", "sqs", "states", "textract",
    }  # fmt: skip


def test_every_role_has_the_boundary(system: System) -> None:
    client = system.aws.client("iam")
    roles = [client.get_role(RoleName=name)["Role"] for name in resources(system, "IAM::Role")]
    boundaries = {role["PermissionsBoundary"]["PermissionsBoundaryArn"] for role in roles}
    assert len(roles) == 10
    assert boundaries == {f"arn:aws:iam::{ACCOUNT}:policy/boundary"}


def keys_by_kind(system: System) -> Iterator[tuple[str, str]]:
    """Yields the kind and the key of every store, queue, topic and log group of the stack."""
    sqs, dynamodb, s3, sns, logs = map(system.aws.client, ("sqs", "dynamodb", "s3", "sns", "logs"))
    for url in resources(system, "SQS::Queue"):
        of_queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["KmsMasterKeyId"])
        yield "queue", of_queue["Attributes"]["KmsMasterKeyId"]
    for name in resources(system, "DynamoDB::Table"):
        table = dynamodb.describe_table(TableName=name)["Table"]
        yield "table", table["SSEDescription"]["KMSMasterKeyArn"]
    for name in resources(system, "S3::Bucket"):
        encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
        (rule,) = encryption["Rules"]
        yield "bucket", rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    for arn in resources(system, "SNS::Topic"):
        yield "topic", sns.get_topic_attributes(TopicArn=arn)["Attributes"]["KmsMasterKeyId"]
    groups = resources(system, "Logs::LogGroup")
    for group in logs.describe_log_groups()["logGroups"]:
        if group["logGroupName"] in groups:
            yield "log group", group["kmsKeyId"]


def test_every_store_queue_topic_and_log_group_has_the_key(system: System) -> None:
    (key,) = resources(system, "KMS::Key")
    found = list(keys_by_kind(system))
    assert {used.rpartition("/")[2] for _, used in found} == {key.rpartition("/")[2]}
    assert Counter(kind for kind, _ in found) == {
        "queue": 7,
        "table": 3,
        "bucket": 3,
        "topic": 1,
        "log group": 9,
    }


def test_functions_and_tables_have_the_tags(system: System) -> None:
    tags = system.aws.client("lambda").list_tags(
        Resource=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{system.function('guard')}"
    )["Tags"]
    assert tags["cost-center"] == "4711"


def test_a_document_of_the_companys_bucket_is_forgotten(system: System) -> None:
    document = system.queued(drawing((60, 80, "GG-1")), "pdf-text", "forgotten.pdf")
    key = system.document(document).key

    (done,) = eventually(
        lambda: removal.forget(system.stack, [key], dry_run=False, yes=True), PATIENCE
    )

    assert done.is_removed
    assert (
        system.aws.client("s3").list_object_versions(Bucket=BUCKET, Prefix=key).get("Versions", [])
        == []
    )
