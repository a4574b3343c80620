"""Findings of cdk-nag that are meant to be so, each with its reason."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))


def acknowledge_wildcard(construct: IConstruct, resource: str, reason: str) -> None:
    """``resource`` as cdk-nag writes it, tokens as ``<LogicalId.Attribute>``."""
    acknowledge(construct, f"IAM5[Resource::{resource}]", reason)
