"""Checks of a deployed stack: what was switched off, left unprotected or not subscribed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from tilescout_cli.console.terminal import counted
from tilescout_cli.doctor.checks import Check, Examine, Subject, error, ok, warning
from tilescout_cli.stack.target import Stack

MIN_LAYER_BYTES = 1_000_000
"""The placeholder that a synthesis without `make layer` puts in is far smaller."""


def stack(subject: Subject) -> Iterator[Check]:
    """Yields the status of the stack, and whether it is protected from a deletion."""
    deployed = _of(subject)
    (found,) = subject.clients.cloudformation.describe_stacks(StackName=deployed.name)["Stacks"]
    status = found["StackStatus"]
    what = f"{deployed.name} is {status}"
    if not status.endswith("COMPLETE"):
        yield error("stack", what, "see its events in CloudFormation")
    elif "ROLLBACK" in status:
        yield warning("stack", f"{what}: the last deployment failed", "deploy it again")
    else:
        yield ok("stack", what)
    wanted = subject.settings.get("deletion_protection", True) and not deployed.home
    if wanted and not found.get("EnableTerminationProtection"):
        yield warning("protection", "a mistake can delete the stack, whose guard stops models",
                      "deploy it with `make deploy`")  # fmt: skip


def functions(subject: Subject) -> Iterator[Check]:
    """Yields whether every function can be invoked and has its layers."""
    client = subject.clients.of("lambda")
    names = subject.resources("Lambda::Function")
    every = [client.get_function_configuration(FunctionName=name) for name in names]
    stopped = [
        f"{each['FunctionName']} is {each.get('State')}, {each.get('LastUpdateStatus')}"
        for each in every
        if each.get("State", "Active") not in ("Active", "Inactive")
        or each.get("LastUpdateStatus", "Successful") != "Successful"
    ]
    if stopped:
        yield error(
            "functions", "; ".join(stopped), "see the function in the console; deploy again"
        )
    else:
        yield ok("functions", f"{counted(len(every), 'function')} can be invoked")
    if not _of(subject).home:
        yield _layers(every)


def _layers(every: list[Any]) -> Check:
    layers = {layer["Arn"]: layer["CodeSize"] for each in every for layer in each.get("Layers", [])}
    empty = [arn for arn, size in layers.items() if size < MIN_LAYER_BYTES]
    if empty or not layers:
        return error("layers", f"without packages: {', '.join(empty) or 'no layer at all'}",
                     "run `make deploy`, which builds them")  # fmt: skip
    megabytes = sum(layers.values()) / 1e6
    return ok("layers", f"{counted(len(layers), 'layer')}, {megabytes:.0f} MB")


def queues(subject: Subject) -> Iterator[Check]:
    """Yields whether every queue feeds its function."""
    client = subject.clients.of("lambda")
    states = {
        mapping["EventSourceArn"].rpartition(":")[2]: mapping["State"]
        for name in subject.resources("Lambda::Function")
        for mapping in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    }
    off = sorted(queue for queue, state in states.items() if state in ("Disabled", "Disabling"))
    if off or not states:
        yield error("queues", f"not read by their functions: {', '.join(off) or 'all'}",
                    "enable the event source mappings in the Lambda console")  # fmt: skip
    else:
        yield ok("queues", f"{counted(len(states), 'queue')} read by their functions")


def guard(subject: Subject) -> Iterator[Check]:
    """Yields whether the guard runs each minute, and runs by their schedules."""
    events, scheduler = subject.clients.of("events"), subject.clients.scheduler
    rules = [events.describe_rule(Name=_rule(each)) for each in subject.resources("Events::Rule")]
    off = [rule["Name"] for rule in rules if rule["State"] != "ENABLED"]
    if off or not rules:
        yield error("guard", "is switched off: nothing stops a forgotten model",
                    f"enable the rule {', '.join(off)} in EventBridge")  # fmt: skip
    else:
        yield ok("guard", "runs every minute")
    names = subject.resources("Scheduler::Schedule")
    off = [name for name in names if scheduler.get_schedule(Name=name)["State"] != "ENABLED"]
    if off:
        yield warning("schedules", f"switched off: {', '.join(off)}", "enable them in EventBridge")
    else:
        yield ok("schedules", f"{counted(len(names), 'schedule')} on")


def _rule(physical_id: str) -> str:
    """Returns the name of a rule, which some write with its bus before it."""
    return physical_id.rpartition("|")[2]


def buckets(subject: Subject) -> Iterator[Check]:
    """Yields whether the buckets are encrypted, closed to the public, and uploads versioned."""
    deployed, s3 = _of(subject), subject.clients.s3
    names = [deployed.documents_bucket, deployed.results_bucket, deployed.tiles_bucket,
             deployed.models_bucket]  # fmt: skip
    keys = {name: _encryption(s3, name) for name in names}
    plain = [name for name, key in keys.items() if not key]
    if plain:
        yield error("encryption", f"not encrypted: {', '.join(plain)}", "deploy the stack again")
    else:
        yield ok("encryption", f"buckets by {', '.join(sorted(set(keys.values())))}")
    public = [name for name in names if not _is_closed(s3, name)]
    if public:
        yield error("public access", f"not blocked: {', '.join(public)}", "block it in S3")
    versioning = s3.get_bucket_versioning(Bucket=deployed.documents_bucket).get("Status")
    if versioning != "Enabled":
        yield error("versions", f"{deployed.documents_bucket} keeps no versions: an upload could "
                    "replace a document while it is read", "enable versioning")  # fmt: skip


def _encryption(s3: Any, bucket: str) -> str:
    try:
        found = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    except ClientError as failure:
        if "NotFound" not in failure.response["Error"]["Code"]:
            raise
        return ""
    return str(found["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])


def _is_closed(s3: Any, bucket: str) -> bool:
    try:
        found = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError as failure:
        if "NoSuchPublicAccessBlock" not in failure.response["Error"]["Code"]:
            raise
        return False
    return all(found.values())


def tables(subject: Subject) -> Iterator[Check]:
    """Yields whether the tables can be restored to any time of the last 35 days."""
    deployed = _of(subject)
    client = subject.clients.of("dynamodb")
    names = [deployed.documents.name, deployed.detections.name, deployed.ledger.name]
    lost = [name for name in names if not _is_restorable(client, name)]
    if lost:
        yield warning("backups", f"no point-in-time recovery: {', '.join(lost)}",
                      "enable it in DynamoDB, or deploy the stack again")  # fmt: skip
    else:
        yield ok("backups", f"{counted(len(names), 'table')} with point-in-time recovery")


def _is_restorable(client: Any, table: str) -> bool:
    found = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = found.get("PointInTimeRecoveryDescription", {})
    return bool(recovery.get("PointInTimeRecoveryStatus") == "ENABLED")


def alarms(subject: Subject) -> Iterator[Check]:
    """Yields whether anybody is told of alarms, and which are raised now."""
    topic = _of(subject).outputs.get("AlarmsTopicArn", "")
    names = subject.resources("CloudWatch::Alarm")
    if not topic:
        yield warning("alarms", "the stack has no output AlarmsTopicArn", "deploy this version")
        return
    yield _subscriptions(subject, topic)
    found = subject.clients.of("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    for alarm in found:
        if alarm["StateValue"] == "ALARM":
            yield warning("alarm", f"{alarm['AlarmName']}: {alarm.get('AlarmDescription', '')}",
                          "see docs/runbooks.md")  # fmt: skip


def _subscriptions(subject: Subject, topic: str) -> Check:
    answer = subject.clients.of("sns").list_subscriptions_by_topic(TopicArn=topic)
    arns = [each["SubscriptionArn"] for each in answer["Subscriptions"]]
    confirmed = [arn for arn in arns if arn.startswith("arn:")]
    if confirmed:
        return ok("alarms", f"{counted(len(confirmed), 'subscription')} to {topic}")
    if arns:
        return warning("alarms", f"{counted(len(arns), 'subscription')} not confirmed: nobody is "
                       "told of alarms", "confirm the mail of AWS")  # fmt: skip
    return warning("alarms", "nobody is told of alarms",
                   f"set alarm_email and deploy, or subscribe to {topic}")  # fmt: skip


def network(subject: Subject) -> Iterator[Check]:
    """Yields whether the functions' VPC has an endpoint for every service that they call."""
    wanted = _of(subject).outputs.get("VpcEndpoints", "")
    if not wanted:
        return
    vpc = subject.settings.get("vpc", {}).get("id", "")
    ec2 = subject.clients.of("ec2")
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    found = {
        endpoint["ServiceName"].rpartition(".")[2]
        for endpoint in ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"]
        if endpoint["State"].lower() == "available"
    }
    missing = [service for service in wanted.split(",") if service not in found]
    if missing:
        yield warning("network", f"{vpc} has no endpoint for {', '.join(missing)}",
                      "add them, unless the subnets have a NAT gateway")  # fmt: skip
    else:
        yield ok("network", f"{vpc} has an endpoint for {wanted.replace(',', ', ')}")


def _of(subject: Subject) -> Stack:
    assert subject.stack is not None
    return subject.stack


DEPLOYED_HERE: dict[str, Examine] = {
    "stack": stack,
    "functions": functions,
    "queues": queues,
    "guard": guard,
    "buckets": buckets,
}
"""The checks of a stack that apply on this machine too, in order."""
DEPLOYED = DEPLOYED_HERE | {"tables": tables, "network": network, "alarms": alarms}
"""The checks of a stack on AWS, in order."""
