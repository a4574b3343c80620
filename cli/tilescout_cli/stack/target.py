"""The stack that a command works with, found by its CloudFormation outputs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tilescout_cli.console.failures import BadUsage, TargetUnreachable
from tilescout_cli.stack import cdk_profiles, paths
from tilescout_cli.stack.cdk_profiles import DEFAULT_STACK
from tilescout_cli.stack.clients import Clients
from tilescout_local import embedded_aws
from tilescout_local.embedded_aws import EmbeddedAws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A deployed stack: its clients and what its outputs name. ``home`` is set for a local one."""

    name: str
    clients: Clients
    outputs: Mapping[str, str]
    home: Path | None = None

    @property
    def documents(self) -> Table:
        return self.clients.dynamodb.Table(self.outputs["DocumentsTableName"])

    @property
    def detections(self) -> Table:
        return self.clients.dynamodb.Table(self.outputs["DetectionsTableName"])

    @property
    def ledger(self) -> Table:
        return self.clients.dynamodb.Table(self.outputs["LedgerTableName"])

    @property
    def documents_bucket(self) -> str:
        return self.outputs["DocumentsBucketName"]

    @property
    def results_bucket(self) -> str:
        return self.outputs["ResultsBucketName"]

    @property
    def tiles_bucket(self) -> str:
        return self.outputs["TilesBucketName"]

    @property
    def models_bucket(self) -> str:
        """Raises TargetUnreachable where the stack is of a version without it."""
        if "ModelsBucketName" not in self.outputs:
            raise TargetUnreachable(
                f"the stack {self.name} has no output ModelsBucketName; deploy this version of it"
            )
        return self.outputs["ModelsBucketName"]

    @property
    def documents_queue(self) -> str:
        """The URL of the queue that uploads are announced on."""
        return self.outputs["DocumentsQueueUrl"]

    @property
    def pages_queue(self) -> str:
        return self.outputs["PagesQueueUrl"]

    @property
    def detection_run(self) -> str:
        """The ARN of the state machine."""
        return self.outputs["DetectionRunArn"]

    @property
    def stays(self) -> bool:
        """Tells whether the stack can still be queried when the command has ended."""
        return self.home is None or self.home == paths.embedded_home().resolve()

    @property
    def option(self) -> str:
        """The option that brings another command here."""
        return "--local" if self.home else f"--stack {self.name}"


def find(*, local: bool, stack: str | None) -> Stack:
    """Returns the stack that the options name.

    Raises BadUsage for both options at once, TargetUnreachable where nothing is deployed.
    """
    if local and stack:
        raise BadUsage("--local and --stack exclude each other; give one of them")
    if local:
        return of_embedded(running_embedded_aws())
    return deployed(Clients(), stack or default_name())


def default_name() -> str:
    """Returns the name of the stack on AWS where no option names one."""
    return os.environ.get("TILESCOUT_STACK") or cdk_profiles.stack_name()


def running_embedded_aws() -> EmbeddedAws:
    """Returns the running embedded AWS. Raises TargetUnreachable where none is up."""
    home = paths.embedded_home()
    running = embedded_aws.find_running(home)
    if running is None:
        raise TargetUnreachable(
            f"no embedded AWS is running in {home}; start one with `tilescout local up`"
        )
    return running


def of_embedded(running: EmbeddedAws) -> Stack:
    """Returns the stack that is deployed to an embedded AWS."""
    clients = Clients(running.endpoint_url, running.region)
    return deployed(clients, DEFAULT_STACK, running.home)


def deployed(clients: Clients, name: str, home: Path | None = None) -> Stack:
    """Returns the stack of that name. Raises TargetUnreachable where there is none."""
    try:
        (found,) = clients.cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise TargetUnreachable(_no_stack(clients, name, home)) from error
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}
    if "DetectionRunArn" not in outputs:
        raise TargetUnreachable(
            f"the stack {name} is {found['StackStatus']} and has no output DetectionRunArn; "
            "deploy it again, or name a Tilescout stack with --stack"
        )
    return Stack(name=name, clients=clients, outputs=outputs, home=home)


def _no_stack(clients: Clients, name: str, home: Path | None) -> str:
    if home:
        return f"the embedded AWS in {home} has no stack; run `tilescout local down`, then `up`"
    region = clients.cloudformation.meta.region_name
    return (
        f"there is no stack {name} in {region}; deploy it with `make deploy`, name another with "
        "--stack, set AWS_REGION, or work without AWS with --local"
    )
