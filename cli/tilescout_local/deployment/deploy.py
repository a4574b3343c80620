"""Deploys a synthesised cloud assembly, unmodified, to the embedded AWS without the CDK's
command."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tilescout_local.deployment.assembly import Asset, Stack, read_assembly
from tilescout_local.embedded_aws import EmbeddedAws
from tilescout_local.errors import DeployFailed
from tilescout_local.state import ACCOUNT, REGION

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
DEPLOY_SECONDS = 120.0

Outputs = dict[str, str]


def deploy(
    aws: EmbeddedAws, assembly: Path, *, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Outputs]:
    """Creates or updates every stack of ``assembly`` and returns the outputs by stack name.

    Raises DeployFailed if CloudFormation did not complete; the message lists the failed resources.
    """
    stacks = read_assembly(assembly, account=ACCOUNT, region=aws.region)
    bootstrap(aws)
    outputs = {}
    for stack in stacks:
        progress(f"storing the assets of {stack.name}")
        store_assets(aws, stack)
        progress(f"deploying {stack.name}")
        url = f"{aws.endpoint_url}/{stack.template_bucket}/{stack.template_key}"
        outputs[stack.name] = _deploy_stack(aws.client("cloudformation"), stack.name, url)
    return outputs


def bootstrap(aws: EmbeddedAws) -> None:
    """Says that the account is bootstrapped; what a stack needs of it is made with its assets."""
    aws.client("ssm").put_parameter(
        Name=BOOTSTRAP_PARAMETER, Value="30", Type="String", Overwrite=True
    )


def store_assets(aws: EmbeddedAws, stack: Stack) -> None:
    """Stores the template and the code of a stack where CloudFormation reads them."""
    _store(aws.client("s3"), stack.assets, stack.layer_keys())


def _store(s3: Any, assets: Iterable[Asset], layer_keys: set[str]) -> None:
    buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for asset in assets:
        if asset.bucket not in buckets:
            _create_bucket(s3, asset.bucket)
            buckets.add(asset.bucket)
        # Layers hold tens of megabytes built for Lambda's architecture; sandboxes do not use them.
        content = _empty_layer() if asset.key in layer_keys else asset.content()
        s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=content)


def _create_bucket(s3: Any, name: str) -> None:
    """Creates a bucket in the client's region, which S3 wants to be told everywhere but in one."""
    region = s3.meta.region_name
    place = {} if region == REGION else {"LocationConstraint": region}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))


def _empty_layer() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("python/README", "Packages come from the running environment.\n")
    return data.getvalue()


def _deploy_stack(cloudformation: Any, name: str, template_url: str) -> Outputs:
    arguments = {
        "StackName": name,
        "TemplateURL": template_url,
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }
    try:
        if _exists(cloudformation, name):
            cloudformation.update_stack(**arguments)
        else:
            cloudformation.create_stack(**arguments)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DeployFailed(f"{name}: {error}") from error
    return _finished(cloudformation, name)


def _exists(cloudformation: Any, name: str) -> bool:
    try:
        cloudformation.describe_stacks(StackName=name)
    except ClientError:
        return False
    return True


def _finished(cloudformation: Any, name: str) -> Outputs:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while True:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        status = stack["StackStatus"]
        if not status.endswith("_IN_PROGRESS"):
            break
        if time.monotonic() > deadline:
            raise DeployFailed(f"{name} is still {status} after {DEPLOY_SECONDS:.0f} s")
        time.sleep(0.05)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        reason = stack.get("StackStatusReason") or _failures(cloudformation, name)
        raise DeployFailed(f"{name} is {status}: {reason}")
    return {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}


def _failures(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("_FAILED")]
    reasons = [
        f"{e['LogicalResourceId']} ({e.get('ResourceType')}): {e.get('ResourceStatusReason')}"
        for e in failed
    ]
    return "; ".join(reasons) or "no resource failed"
