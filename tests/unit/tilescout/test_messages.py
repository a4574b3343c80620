from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout import messages
from tilescout.errors import UnknownMessage
from tilescout.messages import MergeHint, PageRange, TileHint, Upload

KEYS = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=60)


def event(*encoded_keys: str, name: str = "ObjectCreated:Put", **other: Any) -> str:
    """As S3 writes it, with the fields that Tilescout does not read."""
    records = [
        {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "eu-west-1",
            "eventName": name,
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": {"name": "drawings", "arn": "arn:aws:s3:::drawings"},
                "object": {"key": key, "size": 9, "versionId": "v1", "sequencer": "0A"},
            },
        }
        for key in encoded_keys
    ]
    return json.dumps({"Records": records} | other)


@pytest.mark.fault("I8")
@given(KEYS)
def test_any_key_comes_back_the_same_through_the_events_encoding(key: str) -> None:
    assert messages.uploads(event(quote_plus(key))) == (Upload("drawings", key, "v1"),)


@pytest.mark.fault("I8")
@given(KEYS)
def test_any_key_comes_back_the_same_through_our_own_event(key: str) -> None:
    upload = Upload("drawings", key, "v1")
    assert messages.uploads(json.dumps(messages.upload_event(upload))) == (upload,)


@pytest.mark.fault("I8")
def test_a_key_is_decoded_exactly_once() -> None:
    found = messages.uploads(event("incoming/text/100%2525+a%2Bb.pdf"))
    assert found[0].key == "incoming/text/100%25 a+b.pdf"


@pytest.mark.fault("I7")
def test_several_records_are_several_uploads() -> None:
    assert [found.key for found in messages.uploads(event("a.pdf", "b.pdf"))] == ["a.pdf", "b.pdf"]


@pytest.mark.fault("I7")
def test_an_event_wrapped_by_sns_is_read() -> None:
    wrapped = json.dumps({"Type": "Notification", "Message": event("a.pdf")})
    assert messages.uploads(wrapped) == (Upload("drawings", "a.pdf", "v1"),)


@pytest.mark.fault("I7")
def test_an_event_by_eventbridge_has_its_key_as_it_is() -> None:
    detail = {
        "bucket": {"name": "drawings"},
        "object": {"key": "incoming/text/100% + 7.pdf", "size": 1, "version-id": "v1"},
    }
    body = json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})
    upload = messages.Upload("drawings", "incoming/text/100% + 7.pdf", "v1")
    assert messages.uploads(body) == (upload,)


def test_the_test_event_of_s3_is_no_upload() -> None:
    body = '{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "drawings"}'
    assert messages.uploads(body) == ()


@pytest.mark.fault("I6")
def test_a_removed_object_is_no_upload() -> None:
    assert messages.uploads(event("a.pdf", name="ObjectRemoved:Delete")) == ()


def test_an_object_without_a_version_has_an_empty_one() -> None:
    body = json.loads(event("a.pdf"))
    del body["Records"][0]["s3"]["object"]["versionId"]
    assert messages.uploads(json.dumps(body))[0].version_id == ""


@pytest.mark.fault("I7")
@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        "[]",
        "7",
        "{}",
        '{"hello": "world"}',
        '{"Records": [{"Sns": {}}]}',
        '{"Type": "Notification", "Message": "hello"}',
    ],
)
def test_foreign_messages_are_told_apart(body: str) -> None:
    with pytest.raises(UnknownMessage):
        messages.uploads(body)


@pytest.mark.parametrize(
    "message",
    [
        PageRange(document_id="d", first_page=1, last_page=3),
        TileHint(model="textract", token=3, run_id="r", document_id="d", page=1, tile=0),
        MergeHint(document_id="d", claim_token=3, page=1),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_comes_back_the_same(message: object) -> None:
    assert messages.parse(type(message), messages.body(message)) == message


@pytest.mark.parametrize("first", [0, -1])
def test_pages_count_from_one(first: int) -> None:
    body = json.dumps({"document_id": "d", "first_page": first, "last_page": 3})
    with pytest.raises(UnknownMessage, match="expected PageRange"):
        messages.parse(PageRange, body)


def test_a_hint_is_not_taken_for_another_kind() -> None:
    hint = MergeHint(document_id="d", claim_token=3, page=1)
    with pytest.raises(UnknownMessage):
        messages.parse(PageRange, messages.body(hint))
