"""The three tables: documents and runs, detections, and the ledger of the work."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.config.stack_config import Settings
from infra.constructs.conventions import fix_logical_id
from infra.constructs.encryption import Encryption

NUMBER = dynamodb.AttributeType.NUMBER


def _attribute(
    name: str, type_: dynamodb.AttributeType = dynamodb.AttributeType.STRING
) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=type_)


class Tables(Construct):
    """Tables on demand, with point-in-time recovery, kept when the stack is deleted."""

    def __init__(
        self, scope: Construct, id_: str, *, settings: Settings, encryption: Encryption
    ) -> None:
        super().__init__(scope, id_)
        self._deletion_protection = settings.deletion_protection
        self._encryption = encryption
        self.documents = self._table("DocumentsTable", key=_attribute("id"))
        self._index(self.documents, "by_status", key="status", sort=_attribute("due"))
        self._index(
            self.documents, "by_source", key="source_key", sort=_attribute("accepted_at", NUMBER)
        )
        self.detections = self._table(
            "DetectionsTable",
            key=_attribute("result_id"),
            sort=_attribute("sort"),
            expiry="expire_at" if settings.results_retention_days else None,
        )
        self._index(self.detections, "by_label", key="label_shard", sort=_attribute("label_key"))
        self._index(self.detections, "by_text", key="text_prefix", sort=_attribute("text_key"))
        self.ledger = self._table(
            "LedgerTable", key=_attribute("pk"), sort=_attribute("sk"), expiry="expire_at"
        )

    def _table(
        self,
        name: str,
        *,
        key: dynamodb.Attribute,
        sort: dynamodb.Attribute | None = None,
        expiry: str | None = None,
    ) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            name,
            partition_key=key,
            sort_key=sort,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self._deletion_protection,
            removal_policy=RemovalPolicy.RETAIN,
            time_to_live_attribute=expiry,
            **self._encryption.of_table(),
        )
        fix_logical_id(table, name)
        return table

    @staticmethod
    def _index(table: dynamodb.Table, name: str, *, key: str, sort: dynamodb.Attribute) -> None:
        """Adds a sparse index: a row without both attributes is not in it."""
        table.add_global_secondary_index(
            index_name=name, partition_key=_attribute(key), sort_key=sort
        )
