"""Keeps settings of resources that the emulator's CloudFormation forgets.

They are networks of functions, permissions boundaries of roles, keys of tables, buckets and topics,
and policies of event buses. The services of the emulator have all of them; only a template does not
reach them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb, eventbridge, iam, lambda_svc, s3, sns
from ministack.services.cloudformation import provisioners

Keep = Callable[[str, dict[str, Any]], None]


def install() -> None:
    """Has what a template creates keep its settings."""
    for kind, keep in {
        "Lambda::Function": _keep_network,
        "IAM::Role": _keep_boundary,
        "DynamoDB::Table": _keep_key_of_table,
        "S3::Bucket": _keep_key_of_bucket,
        "SNS::Topic": _keep_key_of_topic,
    }.items():
        handler = provisioners._RESOURCE_HANDLERS[f"AWS::{kind}"]
        handler["create"] = _with_kept(handler["create"], keep)
    provisioners._RESOURCE_HANDLERS["AWS::Events::EventBusPolicy"] = {
        "create": _create_bus_policy,
        "delete": _delete_bus_policy,
    }


def _create_bus_policy(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
    eventbridge._put_permission(properties)
    return properties["StatementId"], {}


def _delete_bus_policy(statement: str, properties: dict[str, Any]) -> None:
    eventbridge._remove_permission({"StatementId": statement})


def _with_kept(create: Callable[..., Any], keep: Keep) -> Callable[..., Any]:
    """Returns the function that creates a resource, with ``keep`` called for what it made."""

    def create_whole(logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        name, attributes = create(logical_id, properties, stack)
        keep(name, properties)
        return name, attributes

    return create_whole


def _keep_network(name: str, properties: dict[str, Any]) -> None:
    network = lambda_svc._vpc_config_with_id(properties.get("VpcConfig"))
    lambda_svc._functions[name]["config"]["VpcConfig"] = network


def _keep_boundary(name: str, properties: dict[str, Any]) -> None:
    iam._roles[name]["PermissionsBoundary"] = properties.get("PermissionsBoundary")


def _keep_key_of_table(name: str, properties: dict[str, Any]) -> None:
    if key := properties.get("SSESpecification", {}).get("KMSMasterKeyId"):
        request = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        dynamodb._tables[name]["SSEDescription"] = dynamodb._sse_description_from_spec(request)


def _keep_key_of_bucket(name: str, properties: dict[str, Any]) -> None:
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    for rule in rules:
        if key := rule["ServerSideEncryptionByDefault"].get("KMSMasterKeyID"):
            s3._bucket_encryption[name] = (
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
                f"<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{key}</KMSMasterKeyID>"
                "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
            )


def _keep_key_of_topic(arn: str, properties: dict[str, Any]) -> None:
    if key := properties.get("KmsMasterKeyId"):
        sns._topics[arn]["attributes"]["KmsMasterKeyId"] = key
