"""The one key of all stores, queues, logs and the topic; without it AWS's own keys are used."""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config.account_settings import AccountSettings
from infra.constructs.conventions import fix_logical_id

USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""The rights by which a function reads and writes encrypted rows, objects and messages."""


class Encryption(Construct):
    """``key`` is made, given, or None; ``upload_keys`` are those that uploads may be under."""

    def __init__(self, scope: Construct, id_: str, *, settings: AccountSettings) -> None:
        super().__init__(scope, id_)
        self.upload_keys = list(settings.upload_kms_keys)
        self.key = self._key(settings)

    def _key(self, settings: AccountSettings) -> kms.IKey | None:
        if not settings.kms_key:
            return None
        if settings.kms_key != "create":
            return kms.Key.from_key_arn(self, "DataKey", settings.kms_key)
        key = kms.Key(
            self,
            "DataKey",
            description=f"Documents, results and work of the stack {settings.name}",
            enable_key_rotation=True,
            # It outlives the stack, as the buckets and tables that it encrypts do.
            removal_policy=RemovalPolicy.RETAIN,
        )
        fix_logical_id(key, "DataKey")
        self._let_services_use(key, settings)
        return key

    def _let_services_use(self, key: kms.Key, settings: AccountSettings) -> None:
        """Lets services use the key that act by no role of ours, and for this account only."""
        bucket = settings.documents_bucket
        owners = sorted({Aws.ACCOUNT_ID, (bucket.account if bucket else "") or Aws.ACCOUNT_ID})
        for service in ("s3", "cloudwatch", "events"):
            accounts = owners if service == "s3" else [Aws.ACCOUNT_ID]
            self._allow(key, service, {"StringEquals": {"aws:SourceAccount": accounts}})
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:*"
        context = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}
        self._allow(key, f"logs.{Aws.REGION}", context)

    @staticmethod
    def _allow(key: kms.Key, service: str, conditions: dict[str, Any]) -> None:
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                actions=[*USE],
                resources=["*"],
                conditions=conditions,
            )
        )

    def of_bucket(self) -> dict[str, Any]:
        """Returns the arguments of a bucket that encrypt it."""
        if self.key is None:
            return {"encryption": s3.BucketEncryption.S3_MANAGED}
        return {
            "encryption": s3.BucketEncryption.KMS,
            "encryption_key": self.key,
            "bucket_key_enabled": True,
        }

    def of_queue(self) -> dict[str, Any]:
        """Returns the arguments of a queue that encrypt it."""
        if self.key is None:
            return {"encryption": sqs.QueueEncryption.SQS_MANAGED}
        return {
            "encryption": sqs.QueueEncryption.KMS,
            "encryption_master_key": self.key,
            # One request to KMS per hour and caller, where five minutes are usual.
            "data_key_reuse": Duration.hours(1),
        }

    def of_table(self) -> dict[str, Any]:
        """Returns the arguments of a table that encrypt it."""
        if self.key is None:
            return {}
        encryption = dynamodb.TableEncryption.CUSTOMER_MANAGED
        return {"encryption": encryption, "encryption_key": self.key}

    def statements(self) -> list[iam.PolicyStatement]:
        """Returns the rights of every function to the key."""
        if self.key is None:
            return []
        return [iam.PolicyStatement(actions=[*USE], resources=[self.key.key_arn])]

    def of_uploads(self) -> list[iam.PolicyStatement]:
        """Returns the rights to read uploads that are encrypted under keys of their own."""
        if not self.upload_keys:
            return []
        return [iam.PolicyStatement(actions=["kms:Decrypt"], resources=self.upload_keys)]
