"""Sending to SQS in batches of ten, spread over time; a refused message is an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tilescout import messages
from tilescout.errors import MessageNotSent

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH = 10
DEPTH: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
MAX_DELAY = 900
"""The longest DelaySeconds that SQS takes."""


def depth(sqs: SQSClient, queue_url: str) -> int:
    """Returns about how many messages the queue holds, in flight and delayed ones included."""
    answer = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=list(DEPTH))
    return sum(int(answer["Attributes"][name]) for name in DEPTH)


def send(
    sqs: SQSClient, queue_url: str, sent: Sequence[object], spread: float = 0, delay: int = 0
) -> None:
    """Sends all messages, after ``delay`` seconds and then evenly over ``spread`` seconds.

    Raises MessageNotSent where the queue refuses one; the caller's message is then redelivered.
    """
    for start in range(0, len(sent), BATCH):
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(number),
                "MessageBody": messages.body(message),
                "DelaySeconds": min(MAX_DELAY, delay + int(spread * (start + number) / len(sent))),
            }
            for number, message in enumerate(sent[start : start + BATCH])
        ]
        failed = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries).get("Failed", [])
        if failed:
            raise MessageNotSent(
                f"{queue_url} refused {len(failed)} of {len(entries)} messages: "
                f"{failed[0].get('Code')}; they are sent again"
            )
