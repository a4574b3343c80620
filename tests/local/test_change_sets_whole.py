"""The template of each setting becomes a stack by a change set, as the CDK deploys it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.app import ROOT, synthesise
from tests.infra.constructs.test_account_settings import SETTINGS, VPC
from tests.local.contract import eventually
from tests.local.system import PATIENCE
from tilescout_local.deployment import deploy
from tilescout_local.deployment.assembly import Stack, read_assembly
from tilescout_local.embedded_aws import EmbeddedAws, start
from tilescout_local.state import ACCOUNT

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    with start(tmp_path_factory.mktemp("change-sets")) as running:
        deploy.bootstrap(running)
        yield running


@pytest.fixture(scope="module")
def network(aws: EmbeddedAws) -> dict[str, str]:
    """The names of a network that exists, by those that the settings have."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = {VPC["id"]: vpc}
    for number, subnet in enumerate(VPC["subnets"]):
        answer = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")
        made[subnet] = answer["Subnet"]["SubnetId"]
    (table,) = VPC["route_tables"]
    made[table] = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    return made


def assembled(folder: Path, settings: dict[str, Any], aws: EmbeddedAws) -> Stack:
    """Synthesises the stack with the settings."""
    document = json.loads((ROOT / "cdk.json").read_text())
    document["context"]["tilescout"]["settings"] |= settings
    (folder / "cdk.json").write_text(json.dumps(document))
    assembly = synthesise(outdir=str(folder / "out"), build=folder / "build", configuration=folder)
    (stack,) = read_assembly(assembly, account=ACCOUNT, region=aws.region)
    return stack


@pytest.mark.parametrize("name", SETTINGS)
def test_a_change_set_makes_the_stack(
    aws: EmbeddedAws, network: dict[str, str], tmp_path: Path, name: str
) -> None:
    settings = json.dumps(SETTINGS[name])
    for written, there in network.items():
        settings = settings.replace(written, there)
    stack = assembled(tmp_path, json.loads(settings), aws)
    deploy.store_assets(aws, stack)
    names = {"StackName": f"set-{[*SETTINGS].index(name)}", "ChangeSetName": "deploy"}
    client = aws.client("cloudformation")

    client.create_change_set(
        **names,
        ChangeSetType="CREATE",
        TemplateURL=f"{aws.endpoint_url}/{stack.template_bucket}/{stack.template_key}",
        Capabilities=["CAPABILITY_IAM"],
    )
    ready = eventually(lambda: ended(client.describe_change_set(**names), "Status"), PATIENCE)
    wanted = json.loads(stack.template)["Resources"]
    changes = client.describe_change_set(**names)["Changes"]
    client.execute_change_set(**names)
    made = eventually(lambda: status_of(client, names["StackName"]), PATIENCE)

    assert ready == "CREATE_COMPLETE"
    assert {change["ResourceChange"]["LogicalResourceId"] for change in changes} == set(wanted)
    assert made == "CREATE_COMPLETE"


def ended(answer: dict[str, Any], member: str) -> str:
    """Returns a status that will not change any more; empty until then."""
    status = str(answer[member])
    return "" if status.endswith(("_IN_PROGRESS", "_PENDING")) else status


def status_of(client: Any, stack: str) -> str:
    (found,) = client.describe_stacks(StackName=stack)["Stacks"]
    return ended(found, "StackStatus")
