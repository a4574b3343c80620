"""All settings for a company's account, deployed together, and a document that goes through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local.contract import eventually
from tests.local.drawings import drawing
from tests.local.system import PATIENCE, Configuration, System, synthesised
from tilescout_cli.documents import removal
from tilescout_cli.stack import target
from tilescout_cli.stack.clients import Clients
from tilescout_local.deployment.deploy import deploy
from tilescout_local.embedded_aws import EmbeddedAws, start

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


def test_queues_and_endpoints_are_as_set(system: System) -> None:
    """The emulator keeps neither networks of functions nor boundaries of roles."""
    queue = system.aws.client("sqs").get_queue_attributes(
        QueueUrl=system.stack.documents_queue, AttributeNames=["KmsMasterKeyId"]
    )
    assert queue["Attributes"]["KmsMasterKeyId"].startswith("arn:aws:kms:")
    endpoints = system.aws.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    assert len(endpoints) == 7


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
