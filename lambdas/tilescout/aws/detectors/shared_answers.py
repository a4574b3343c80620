"""Answers in the tiles bucket that tiles with the same image take: one row of the ledger each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from tilescout import keys
from tilescout.aws import objects
from tilescout.aws.items import from_item, to_item
from tilescout.detections import Answer
from tilescout.detectors.responses import answer_from_json
from tilescout.detectors.reuse import KEEP_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAnswer:
    """The key of a document's answer that other tiles may take until ``expire_at``."""

    answer: str
    document_id: str
    expire_at: int


@dataclass(frozen=True, slots=True)
class SharedAnswers:
    """Answers by the names under which they are shared; see ``detectors.reuse``."""

    ledger: Table
    s3: S3Client
    tiles_bucket: str

    def find(self, name: str, now: int) -> tuple[str, Answer] | None:
        """Returns an answer and its key, or None where none is shared that can be read."""
        item = self.ledger.get_item(Key=keys.shared_answer(name)).get("Item")
        shared = from_item(SharedAnswer, item) if item else None
        # The table deletes what has expired some days later.
        if shared is None or shared.expire_at <= now:
            return None
        body = objects.read(self.s3, self.tiles_bucket, shared.answer)
        answer = _read(body or b"")
        return (shared.answer, answer) if answer else None

    def share(self, document_id: str, answer: str, now: int) -> None:
        """Shares a stored answer, by its key; one under the same name gives way."""
        shared = SharedAnswer(answer=answer, document_id=document_id, expire_at=now + KEEP_SECONDS)
        row = to_item(shared) | keys.shared_answer(keys.shared_name(answer))
        self.ledger.put_item(Item=row)


def _read(body: bytes) -> Answer | None:
    """Returns None for what is no answer, so that the tile is sent to its detector."""
    try:
        return answer_from_json(body.decode())
    except (ValidationError, UnicodeDecodeError):
        return None
