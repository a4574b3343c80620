"""The four buckets: documents, results, tiles and models."""

from __future__ import annotations

from aws_cdk import Aws, CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.config.account_settings import AccountSettings, DocumentsBucket
from infra.constructs.conventions import acknowledge, as_written, fix_logical_id
from infra.constructs.encryption import Encryption
from infra.constructs.queues import Queues

INCOMING, IMAGES, ANSWERS, RESULTS = "incoming/", "tiles/", "answers/", "results/"
"""Keys of uploads, of images of tiles, of answers for them and of results begin with these."""

NO_ACCESS_LOG = (
    "A log bucket would cost more than the requests it lists; a reader who must audit every "
    "request switches on CloudTrail data events for the account."
)


def _days(count: int | None) -> Duration | None:
    return Duration.days(count) if count else None


class Storage(Construct):
    """Documents, results and models are kept, unless told otherwise; tiles can be cut again."""

    documents: s3.IBucket

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        queues: Queues,
        settings: AccountSettings,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, id_)
        self._encryption, self._settings = encryption, settings
        if settings.documents_bucket is None:
            own = self._bucket(
                "DocumentsBucket",
                removal=RemovalPolicy.RETAIN,
                keep_versions_days=settings.version_retention_days,
            )
            self._notify(own, queues)
            self.documents = own
        else:
            self.documents = self._existing(settings.documents_bucket, queues)
        self.results = self._left("ResultsBucket") or self._bucket(
            "ResultsBucket",
            removal=RemovalPolicy.RETAIN,
            expire_days=settings.results_retention_days,
        )
        self.tiles = self._bucket("TilesBucket", removal=RemovalPolicy.DESTROY, expire_days=90)
        models = self._left("ModelsBucket")
        self.models = models or self._bucket("ModelsBucket", removal=RemovalPolicy.RETAIN)

    def as_written(self, name: str) -> str:
        """Returns the ARN of a bucket as cdk-nag writes it."""
        uploads = self._settings.documents_bucket
        own = uploads.name if uploads and name == "DocumentsBucket" else ""
        existing = own or self._settings.existing(name)
        return as_written(name, f"s3:{existing}" if existing else "")

    def _left(self, name: str) -> s3.IBucket | None:
        """Returns a bucket that another stack left; None where this stack makes its own."""
        existing = self._settings.existing(name)
        return s3.Bucket.from_bucket_name(self, name, existing) if existing else None

    def _bucket(
        self,
        name: str,
        *,
        removal: RemovalPolicy,
        expire_days: int | None = None,
        keep_versions_days: int | None = None,
    ) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            name,
            versioned=name == "DocumentsBucket",
            **self._encryption.of_bucket(),
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=removal,
            lifecycle_rules=[
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    # A backstop only: a tile belongs to its document, which removes it at its end.
                    expiration=_days(expire_days),
                    noncurrent_version_expiration=_days(keep_versions_days),
                    expired_object_delete_marker=True if keep_versions_days else None,
                )
            ],
        )
        fix_logical_id(bucket, name)
        acknowledge(bucket, "S1", NO_ACCESS_LOG)
        return bucket

    def _existing(self, uploads: DocumentsBucket, queues: Queues) -> s3.IBucket:
        """Returns a bucket that the stack does not own; its owner lets it tell of uploads."""
        if uploads.events == "eventbridge":
            self._take_events(uploads, queues)
        return s3.Bucket.from_bucket_name(self, "DocumentsBucket", uploads.name)

    def _take_events(self, uploads: DocumentsBucket, queues: Queues) -> None:
        """Takes uploads from the default bus, to which S3 or another account sends them."""
        rule = events.CfnRule(
            self,
            "Uploads",
            event_pattern={
                "source": ["aws.s3"],
                "account": [uploads.account or Aws.ACCOUNT_ID],
                "detail-type": ["Object Created"],
                "detail": {
                    "bucket": {"name": [uploads.name]},
                    "object": {"key": [{"prefix": INCOMING}]},
                },
            },
            targets=[events.CfnRule.TargetProperty(arn=queues.documents.queue_arn, id="Uploads")],
        )
        queues.documents.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queues.documents.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
            )
        )
        if uploads.account:
            events.CfnEventBusPolicy(
                self,
                "OwnerMayTell",
                statement_id=f"{Aws.STACK_NAME}-uploads",
                action="events:PutEvents",
                principal=uploads.account,
            )

    @staticmethod
    def _notify(documents: s3.Bucket, queues: Queues) -> None:
        """Notifies natively: the L2 method would deploy a custom resource with wide rights."""
        bucket = documents.node.default_child
        assert isinstance(bucket, s3.CfnBucket)
        prefix = s3.CfnBucket.FilterRuleProperty(name="prefix", value=INCOMING)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=queues.documents.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(rules=[prefix])
                    ),
                )
            ]
        )
        # S3 sends a test message when the notification is set, and needs the right to by then.
        policy = queues.documents.node.find_child("Policy").node.default_child
        assert isinstance(policy, CfnResource)
        bucket.add_resource_dependency(policy)
