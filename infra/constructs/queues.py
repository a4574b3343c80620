"""The five queues: two carry work and have dead letters, three carry hints and have none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config.account_settings import DocumentsBucket
from infra.constructs.conventions import acknowledge, fix_logical_id
from infra.constructs.encryption import Encryption

VISIBILITY_FACTOR = 6
"""AWS's rule for a queue that feeds a function: six times the function's time-out."""

HINT = (
    "A message is a hint: the ledger holds the work, and the workflow sends again what is pending. "
    "A dead-letter queue would only collect stale hints."
)


class Queues(Construct):
    """Server-side encrypted, TLS only; ``timeouts`` holds each function's time-out in seconds.

    ``uploads`` is a bucket that the stack does not own, and that uploads come from.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        timeouts: Mapping[str, int],
        encryption: Encryption,
        uploads: DocumentsBucket | None,
    ) -> None:
        super().__init__(scope, id_)
        self._encryption = encryption
        dead = timeouts["collect_dead_letters"]
        self.documents_dead_letters = self._queue("DocumentsDeadLetters", timeout=dead)
        self.pages_dead_letters = self._queue("PagesDeadLetters", timeout=dead)
        self.documents = self._queue(
            "DocumentsQueue",
            timeout=timeouts["accept_document"],
            dead_letters=self.documents_dead_letters,
        )
        self.pages = self._queue(
            "PagesQueue", timeout=timeouts["tile_page"], dead_letters=self.pages_dead_letters
        )
        self.tiles = self._hints("TilesQueue", timeout=timeouts["detect_tile"], minutes=15)
        self.onnx_tiles = self._hints("OnnxTilesQueue", timeout=timeouts["detect_onnx"], minutes=15)
        self.merges = self._hints("MergesQueue", timeout=timeouts["merge_page"], minutes=240)
        self._let_s3_send(uploads)

    def _hints(self, name: str, *, timeout: int, minutes: int) -> sqs.Queue:
        queue = self._queue(name, timeout=timeout, retention=Duration.minutes(minutes))
        acknowledge(queue, "SQS3", HINT)
        return queue

    def _queue(
        self,
        name: str,
        *,
        timeout: int,
        dead_letters: sqs.Queue | None = None,
        retention: Duration | None = None,
    ) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            name,
            **self._encryption.of_queue(),
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(VISIBILITY_FACTOR * timeout),
            retention_period=retention or Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=5)
            if dead_letters is not None
            else None,
        )
        fix_logical_id(queue, name)
        return queue

    def _let_s3_send(self, uploads: DocumentsBucket | None) -> None:
        """Lets S3 of this account send; naming the bucket would close a circle of references.

        A bucket that the stack does not own is named, with the account that owns it.
        """
        conditions: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        if uploads is not None:
            owner = uploads.account or Aws.ACCOUNT_ID
            arn = f"arn:{Aws.PARTITION}:s3:::{uploads.name}"
            conditions = {
                "StringEquals": {"aws:SourceAccount": owner},
                "ArnEquals": {"aws:SourceArn": arn},
            }
        self.documents.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.documents.queue_arn],
                conditions=conditions,
            )
        )
