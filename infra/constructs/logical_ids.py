"""Hand-chosen logical ids: a refactoring must not replace what holds data."""

from __future__ import annotations

from aws_cdk import CfnResource
from constructs import IConstruct


def named(construct: IConstruct, logical_id: str) -> None:
    """Fix the logical id of a construct's own resource."""
    resource = construct.node.default_child
    assert isinstance(resource, CfnResource)
    resource.override_logical_id(logical_id)
