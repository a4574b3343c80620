"""The four buckets: documents, results, tiles and models."""

from __future__ import annotations

from aws_cdk import CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.conventions import acknowledge, fix_logical_id
from infra.constructs.queues import Queues

INCOMING, IMAGES, ANSWERS, RESULTS = "incoming/", "tiles/", "answers/", "results/"
"""Keys of uploads, of images of tiles, of answers for them and of results begin with these."""

NO_ACCESS_LOG = (
    "A log bucket would cost more than the requests it lists; a reader who must audit every "
    "request switches on CloudTrail data events for the account."
)


class Storage(Construct):
    """Documents, results and models are kept for ever; tiles can be cut again."""

    def __init__(self, scope: Construct, id_: str, *, queues: Queues) -> None:
        super().__init__(scope, id_)
        self.documents = self._bucket("DocumentsBucket", removal=RemovalPolicy.RETAIN)
        self.results = self._bucket("ResultsBucket", removal=RemovalPolicy.RETAIN)
        self.tiles = self._bucket("TilesBucket", removal=RemovalPolicy.DESTROY, expire_days=90)
        self.models = self._bucket("ModelsBucket", removal=RemovalPolicy.RETAIN)
        self._notify(queues)

    def _bucket(
        self, name: str, *, removal: RemovalPolicy, expire_days: int | None = None
    ) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            name,
            versioned=name == "DocumentsBucket",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=removal,
            lifecycle_rules=[
                s3.LifecycleRule(
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    # A backstop only: a tile belongs to its document, which removes it at its end.
                    expiration=Duration.days(expire_days) if expire_days else None,
                )
            ],
        )
        fix_logical_id(bucket, name)
        acknowledge(bucket, "S1", NO_ACCESS_LOG)
        return bucket

    def _notify(self, queues: Queues) -> None:
        """Notifies natively: the L2 method would deploy a custom resource with wide rights."""
        bucket = self.documents.node.default_child
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
