"""Upload, event, download: the same object, whatever its key."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.handlers.account import Account
from tests.handlers.papers import drawing_of, upload_event
from tilescout import keys, messages
from tilescout.aws import objects
from tilescout.aws.documents import uploads

CATALOGUE = {
    "space": "incoming/text/a b.pdf",
    "plus": "incoming/text/a+b.pdf",
    "percent 2B": "incoming/text/a%2Bb.pdf",
    "percent": "incoming/text/100%.pdf",
    "NFC": "incoming/text/\u00e9.pdf",
    "NFD": "incoming/text/e\u0301.pdf",
    "emoji": "incoming/text/\U0001f4d0.pdf",
    "1024 bytes": "incoming/text/" + "x" * 1010,
    "1024 bytes of unicode": "incoming/text/" + "\u00e9" * 505,
    "leading slash": "/incoming/text/a.pdf",
    "double slash": "incoming//text//a.pdf",
    "dots": "incoming/text/../../../etc/passwd",
    "control": "incoming/text/a\tb\x01c.pdf",
    "newline": "incoming/text/a\nb.pdf",
    "formula": "incoming/text/=cmd|' /C calc'!A0.pdf",
    "markup": "incoming/text/<script>&amp;.pdf",
    "upper-case": "incoming/text/A.PDF",
    "no suffix": "incoming/text/drawing",
    "quotes": "incoming/text/\"a\" 'b'.pdf",
    "bidirectional": "incoming/text/\u202efdp.a",
}


def bytes_of(key: str) -> int:
    return len(key.encode())


s3_keys = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=1024
).filter(lambda key: bytes_of(key) <= 1024)


@pytest.mark.fault("I8")
@settings(max_examples=300, deadline=None)
@given(s3_keys)
def test_it_does_so_however_much_of_the_key_is_encoded(key: str) -> None:
    every_byte = "".join(f"%{byte:02X}" for byte in key.encode())
    event = json.loads(upload_event(key, "v"))
    for encoded in (every_byte, quote(key), quote(key, safe="/*-._~")):
        event["Records"][0]["s3"]["object"]["key"] = encoded
        assert messages.uploads(json.dumps(event))[0].key == key


@pytest.mark.fault("I8")
@settings(max_examples=300, deadline=None)
@given(s3_keys, s3_keys)
def test_two_keys_are_two_documents_and_none_is_a_path(one: str, other: str) -> None:
    made = keys.document_id("b", one, "v")
    assert (made == keys.document_id("b", other, "v")) == (one == other)
    assert set(made) <= set("0123456789abcdef")


@pytest.mark.fault("I8", "I9")
@pytest.mark.parametrize("key", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_what_was_uploaded_is_what_is_accepted_and_downloaded(
    account: Account, tmp_path: Path, key: str
) -> None:
    body = drawing_of("A")
    version = account.upload(key, body)
    account.deliver("accept_document", upload_event(key, version))
    document = account.document(keys.document_id("documents-bucket", key, version))
    assert (document["key"], document["status"]) == (key, "ACCEPTED")
    target = tmp_path / "document.pdf"
    assert objects.download(
        account.s3, document["bucket"], document["key"], document["version"], target
    )
    assert target.read_bytes() == body
    assert [path.name for path in tmp_path.iterdir()] == ["document.pdf"]


@pytest.mark.fault("I8", "I12")
def test_an_object_is_found_without_its_event_whatever_its_key(account: Account) -> None:
    # moto lists versions as plain XML, which cannot hold this one; S3 encodes the keys.
    incoming = {key for key in CATALOGUE.values() if key.startswith(keys.INCOMING)}
    incoming.remove(CATALOGUE["control"])
    for key in incoming:
        account.upload(key, b"%PDF-")
    found = list(uploads.all_latest(account.s3, "documents-bucket", keys.INCOMING))
    assert {upload.key for upload in found} == incoming
    events = [json.dumps(messages.upload_event(upload)) for upload in found]
    assert [messages.uploads(event) for event in events] == [(upload,) for upload in found]
