"""Policies to attach to people and programs: one that uploads, and one that reads."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.conventions import acknowledge_wildcard
from infra.constructs.function_specs import Stores
from infra.constructs.permissions import Statements, allow, objects
from infra.constructs.storage import INCOMING, RESULTS

WHY_KEYS = "Keys of uploads and results are chosen by customers or made of the document's id."
WHY_INDEXES = "Every index of the table; each holds the rows that the table itself holds."


class Access(Construct):
    """``uploader`` may put uploads and follow them; ``reader`` may see drawings and results."""

    def __init__(self, scope: Construct, id_: str, *, stores: Stores) -> None:
        super().__init__(scope, id_)
        self._stores = stores
        self.uploader = self._policy("Uploader", "Upload to Tilescout", self._upload())
        self.reader = self._policy("Reader", "Read results of Tilescout", self._read())

    def _policy(self, id_: str, what: str, statements: Statements) -> iam.ManagedPolicy:
        shared = [self._describe(), *self._follow()]
        policy = iam.ManagedPolicy(
            self, id_, description=f"{what} {Stack.of(self).stack_name}",
            statements=[*shared, *statements],
        )  # fmt: skip
        storage, tables = self._stores.storage, self._stores.tables
        for bucket, prefix in (("DocumentsBucket", INCOMING), ("ResultsBucket", RESULTS)):
            arn = storage.as_written(bucket)
            acknowledge_wildcard(policy, f"{arn}/{prefix}*", WHY_KEYS)
        for table in ("DocumentsTable", "DetectionsTable"):
            acknowledge_wildcard(policy, f"{tables.as_written(table)}/index/*", WHY_INDEXES)
        return policy

    def _describe(self) -> iam.PolicyStatement:
        """Allows to find buckets and tables by the outputs of the stack."""
        return allow(["cloudformation:DescribeStacks"], [Stack.of(self).stack_id])

    def _follow(self) -> Statements:
        tables = self._stores.tables
        reading = ["dynamodb:GetItem", "dynamodb:Query"]
        rows = [tables.documents.table_arn, f"{tables.documents.table_arn}/index/*"]
        return [allow(reading, [*rows, tables.ledger.table_arn]), *self._keys()]

    def _keys(self) -> Statements:
        key = self._stores.encryption.key
        return [allow(["kms:Decrypt", "kms:GenerateDataKey"], [key.key_arn])] if key else []

    def _upload(self) -> Statements:
        verbs = ("PutObject", "AbortMultipartUpload", "ListMultipartUploadParts")
        return [objects(self._stores.storage.documents, *verbs, prefix=INCOMING)]

    def _read(self) -> Statements:
        storage, detections = self._stores.storage, self._stores.tables.detections.table_arn
        return [
            objects(storage.documents, "GetObject", "GetObjectVersion", prefix=INCOMING),
            objects(storage.results, "GetObject", prefix=RESULTS),
            self._list(storage.results, RESULTS),
            allow(["dynamodb:Query"], [detections, f"{detections}/index/*"]),
        ]

    @staticmethod
    def _list(bucket: s3.IBucket, prefix: str) -> iam.PolicyStatement:
        """Allows to list what is under the prefix: without it S3 answers 403, not 404."""
        return iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        )
