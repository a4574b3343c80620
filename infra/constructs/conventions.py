"""Conventions that constructs follow: fixed logical ids, acknowledged findings, log retention."""

from __future__ import annotations

from aws_cdk import Acknowledgment, CfnResource, Validations
from aws_cdk import aws_logs as logs
from constructs import IConstruct

_RETENTION_NAMES = {
    1: "ONE_DAY",
    3: "THREE_DAYS",
    5: "FIVE_DAYS",
    7: "ONE_WEEK",
    14: "TWO_WEEKS",
    30: "ONE_MONTH",
    60: "TWO_MONTHS",
    90: "THREE_MONTHS",
    180: "SIX_MONTHS",
    365: "ONE_YEAR",
    731: "TWO_YEARS",
    1827: "FIVE_YEARS",
    3653: "TEN_YEARS",
}


def fix_logical_id(construct: IConstruct, logical_id: str) -> None:
    """Sets a fixed logical id, as a refactoring must not replace a resource that holds data."""
    resource = construct.node.default_child
    assert isinstance(resource, CfnResource)
    resource.override_logical_id(logical_id)


def as_written(logical_id: str, existing_arn: str = "") -> str:
    """Returns the ARN of a store as cdk-nag writes it, of an existing one by the end of its ARN."""
    service, _, rest = existing_arn.partition(":")
    if not existing_arn:
        return f"<{logical_id}.Arn>"
    place = "::" if service == "s3" else "<AWS::Region>:<AWS::AccountId>:"
    return f"arn:<AWS::Partition>:{service}:{place}{rest}"


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accepts a finding of cdk-nag that is intended, with its reason."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def acknowledge_wildcard(construct: IConstruct, resource: str, reason: str) -> None:
    """Accepts a wildcard; cdk-nag writes tokens of ``resource`` as ``<LogicalId.Attribute>``."""
    acknowledge(construct, f"IAM5[Resource::{resource}]", reason)


def retention_of(days: int) -> logs.RetentionDays:
    """Returns the retention as CDK names it; ``days`` is a value of log_retention_days."""
    return logs.RetentionDays[_RETENTION_NAMES[days]]
