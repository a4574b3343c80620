"""The three tables: documents and runs, detections, and the ledger of the work."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.config.stack_config import Settings
from infra.constructs.conventions import as_written, fix_logical_id
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
        self._settings = settings
        self._encryption = encryption
        self.documents = self._existing("DocumentsTable") or self._documents()
        self.detections = self._existing("DetectionsTable") or self._detections()
        self.ledger = self._existing("LedgerTable") or self._table(
            "LedgerTable", key=_attribute("pk"), sort=_attribute("sk"), expiry="expire_at"
        )

    def as_written(self, name: str) -> str:
        """Returns the ARN of a table as cdk-nag writes it."""
        existing = self._settings.existing(name)
        return as_written(name, f"dynamodb:table/{existing}" if existing else "")

    def _existing(self, name: str) -> dynamodb.ITable | None:
        """Returns a table that was restored, or that another stack left; None where there is none.

        It has the keys and the indexes of the table that it takes the place of.
        """
        existing = self._settings.existing(name)
        return dynamodb.Table.from_table_name(self, name, existing) if existing else None

    def _documents(self) -> dynamodb.Table:
        table = self._table("DocumentsTable", key=_attribute("id"))
        self._index(table, "by_status", key="status", sort=_attribute("due"))
        accepted = _attribute("accepted_at", NUMBER)
        self._index(table, "by_source", key="source_key", sort=accepted)
        return table

    def _detections(self) -> dynamodb.Table:
        table = self._table(
            "DetectionsTable",
            key=_attribute("result_id"),
            sort=_attribute("sort"),
            expiry="expire_at" if self._settings.results_retention_days else None,
        )
        self._index(table, "by_label", key="label_shard", sort=_attribute("label_key"))
        self._index(table, "by_text", key="text_prefix", sort=_attribute("text_key"))
        return table

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
            deletion_protection=self._settings.deletion_protection,
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
