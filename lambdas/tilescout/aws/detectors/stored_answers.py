"""Answers in the tiles bucket, and the rows by which tiles with the same image take them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from tilescout import keys
from tilescout.aws import objects
from tilescout.aws.items import from_item, to_item
from tilescout.aws.tile_attempts import TileAttempt
from tilescout.detections import Answer
from tilescout.detectors import reuse
from tilescout.detectors.responses import answer_from_json, answer_to_json

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
class StoredAnswers:
    """Answers by their keys, and by the names under which they are shared; see ``reuse``."""

    ledger: Table
    s3: S3Client
    tiles_bucket: str

    def store(self, attempt: TileAttempt, answer: Answer, name: str = "") -> str:
        """Stores the answer of an attempt, and returns its key, which tells of the name."""
        key = attempt.answer_key(name)
        body = answer_to_json(answer).encode()
        objects.write(self.s3, self.tiles_bucket, key, body, "application/json")
        return key

    def share(self, document_id: str, answer: str, now: int) -> None:
        """Shares a stored answer, by its key; one under the same name gives way."""
        expire_at = now + reuse.KEEP_SECONDS
        shared = SharedAnswer(answer=answer, document_id=document_id, expire_at=expire_at)
        row = to_item(shared) | keys.shared_answer(keys.shared_name(answer))
        self.ledger.put_item(Item=row)

    def take(self, attempt: TileAttempt, now: int) -> str:
        """Returns the key of an answer for the same image; empty where none is shared.

        It is one that a crash kept this very tile from having, else a copy of another tile's.
        """
        name = attempt.shared_name
        key, answer = (self._find(name, now) if name else None) or ("", None)
        if answer is None or key.startswith(attempt.answers):
            return key
        return self.store(attempt, reuse.as_if_of(attempt.tile, answer))

    def _find(self, name: str, now: int) -> tuple[str, Answer] | None:
        """Returns an answer and its key, or None where none is shared that can be read."""
        item = self.ledger.get_item(Key=keys.shared_answer(name)).get("Item")
        shared = from_item(SharedAnswer, item) if item else None
        # The table deletes what has expired some days later.
        if shared is None or shared.expire_at <= now:
            return None
        body = objects.read(self.s3, self.tiles_bucket, shared.answer)
        answer = _read(body or b"")
        return (shared.answer, answer) if answer else None


def _read(body: bytes) -> Answer | None:
    """Returns None for what is no answer, so that the tile is sent to its detector."""
    try:
        return answer_from_json(body.decode())
    except (ValidationError, UnicodeDecodeError):
        return None
