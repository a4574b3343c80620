"""Messages in the queues: ids and keys only, parsed by pydantic at the boundary."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote_plus, unquote_plus

from pydantic import Field, TypeAdapter, ValidationError

from tilescout.errors import UnknownMessage


@dataclass(frozen=True, slots=True)
class Upload:
    """One object version that was written to the documents bucket."""

    bucket: str
    key: str
    version_id: str = ""
    """Empty where the event carries none; the object's headers have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRange:
    """Pages of a document to be tiled, first and last included."""

    document_id: str
    first_page: Annotated[int, Field(ge=1)]
    last_page: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TileHint:
    """A hint that a tile is pending; the ledger tells if it is."""

    model: str
    token: int
    run_id: str
    document_id: str
    page: int
    tile: int
    model_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeHint:
    """A hint that a page's tiles are all answered."""

    document_id: str
    claim_token: int
    page: int


def parse(kind: type[Any], body: str) -> Any:
    """Returns the message. Raises UnknownMessage where ``body`` is not of this kind."""
    try:
        hashable: Any = kind
        return _adapter(hashable).validate_json(body)
    except ValidationError as error:
        raise UnknownMessage(
            f"expected {kind.__name__}, received {body[:200]!r}: {error.error_count()} errors; "
            "send it to the queue it belongs to"
        ) from error


def body(message: object) -> str:
    """Returns the message as JSON."""
    kind: Any = type(message)
    return _adapter(kind).dump_json(message).decode()


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


@dataclass(frozen=True, slots=True)
class _S3Object:
    key: str
    versionId: str | None = None  # noqa: N815  (the event's own name)


@dataclass(frozen=True, slots=True)
class _S3Bucket:
    name: str


@dataclass(frozen=True, slots=True)
class _S3Entity:
    bucket: _S3Bucket
    object: _S3Object


@dataclass(frozen=True, slots=True)
class _S3Record:
    eventName: str  # noqa: N815
    s3: _S3Entity


@dataclass(frozen=True, slots=True)
class _BusDetail:
    bucket: _S3Bucket
    object: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _S3Event:
    Records: tuple[_S3Record, ...] = ()
    Event: str = ""
    Message: str = ""
    source: str = ""
    detail: _BusDetail | None = None


def uploads(event_body: str) -> tuple[Upload, ...]:
    """Returns the created objects of an S3 notification, or of S3's event on EventBridge.

    A notification may be wrapped by SNS.
    ``s3:TestEvent`` and events other than ObjectCreated have none. The key is decoded exactly
    once. Raises UnknownMessage for anything else.
    """
    event = parse(_S3Event, event_body)
    if event.detail and event.source == "aws.s3":
        return (_upload_of_bus(event.detail),)
    if event.Message:
        return uploads(event.Message)
    if not event.Records and event.Event != "s3:TestEvent":
        raise UnknownMessage(
            f"expected an S3 notification, received {event_body[:200]!r}; "
            "only the documents bucket writes to this queue"
        )
    return tuple(
        Upload(
            record.s3.bucket.name,
            unquote_plus(record.s3.object.key),
            record.s3.object.versionId or "",
        )
        for record in event.Records
        if "ObjectCreated" in record.eventName
    )


def _upload_of_bus(detail: _BusDetail) -> Upload:
    """Returns the object that EventBridge tells of, whose key is as it is in the bucket."""
    told = detail.object
    return Upload(detail.bucket.name, str(told["key"]), str(told.get("version-id") or ""))


def upload_event(upload: Upload) -> dict[str, Any]:
    """Returns the notification that S3 would have sent for the object."""
    entity = {
        "bucket": {"name": upload.bucket},
        "object": {"key": quote_plus(upload.key), "versionId": upload.version_id},
    }
    return {"Records": [{"eventName": "ObjectCreated:Put", "s3": entity}]}
