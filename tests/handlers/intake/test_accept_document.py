from __future__ import annotations

import io
import json

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from PIL import Image

from tests.handlers.account import Account, sqs_event
from tests.handlers.between import Crash, announced, crash_at, s3_refuses
from tests.handlers.papers import drawing_of, upload_event
from tilescout import keys

KEY = "incoming/text/site 7/sheet+1.pdf"


def accepted(account: Account, pdf: bytes, key: str = KEY, **metadata: str) -> tuple[str, str]:
    """The document's id and the event of its upload, once delivered."""
    version = account.upload(key, pdf, **metadata)
    event = upload_event(key, version)
    account.deliver("accept_document", event)
    return keys.document_id("documents-bucket", key, version), event


def test_an_upload_is_accepted_with_a_plan_and_a_price(account: Account) -> None:
    document_id, _ = accepted(account, drawing_of("A", "B"))
    document = account.document(document_id)
    assert document["status"] == "ACCEPTED"
    assert (document["first_page"], document["last_page"]) == (1, 2)
    assert document["tiles_planned"] == 4
    assert document["estimated_usd_low"] >= 4 * 0.0015 - 1e-9
    assert document["source_key"] == f"documents-bucket/{KEY}"


def test_its_pages_are_sent_to_be_tiled(account: Account) -> None:
    document_id, _ = accepted(account, drawing_of("A", "B"))
    assert [json.loads(body) for body in account.received("pages")] == [
        {"document_id": document_id, "first_page": 1, "last_page": 2}
    ]


@pytest.mark.fault("I1")
@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_event_delivered_several_times_makes_one_document(account: Account, times: int) -> None:
    _, event = accepted(account, drawing_of("A"))
    for _ in range(times - 1):
        account.deliver("accept_document", event)
    assert len(account.rows("document")) == 1


@pytest.mark.fault("I1")
def test_an_event_twice_in_one_batch_makes_one_document(account: Account) -> None:
    version = account.upload(KEY, drawing_of("A"))
    event = upload_event(KEY, version)
    account.deliver("accept_document", event, event)
    assert len(account.rows("document")) == 1


@pytest.mark.fault("I3")
def test_a_new_version_of_the_object_is_a_new_document(account: Account) -> None:
    first, _ = accepted(account, drawing_of("A"))
    second, _ = accepted(account, drawing_of("B"))
    assert first != second
    assert len(account.rows("document")) == 2


def test_a_crash_after_the_record_is_made_good_by_the_next_delivery(account: Account) -> None:
    version = account.upload(KEY, drawing_of("A"))
    event = upload_event(KEY, version)
    with crash_at(8) as calls, pytest.raises(Crash):
        account.deliver("accept_document", event)
    assert calls[-4:] == ["PutItem", "ListObjectVersions", "GetItem", "SendMessageBatch"]
    assert account.received("pages") == []
    account.deliver("accept_document", event)
    assert len(account.received("pages")) == 1


def test_a_document_that_is_queued_already_sends_no_pages_again(account: Account) -> None:
    document_id, event = accepted(account, drawing_of("A"))
    account.received("pages")
    account.documents.update_item(
        Key={"id": document_id},
        UpdateExpression="SET #s = :queued",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":queued": "QUEUED"},
    )
    account.deliver("accept_document", event)
    assert account.received("pages") == []


def test_what_is_no_pdf_is_rejected_with_a_reason(account: Account) -> None:
    document_id, _ = accepted(account, b"GIF89a")
    document = account.document(document_id)
    assert document["status"] == "REJECTED"
    assert "%PDF-" in document["reason"]
    assert document["ended_at"] > 0
    assert account.received("pages") == []


def test_only_the_pages_asked_for_are_planned(account: Account) -> None:
    document_id, _ = accepted(account, drawing_of("A", "B", "C"), pages="2-3")
    document = account.document(document_id)
    assert (document["first_page"], document["last_page"]) == (2, 3)


def test_pages_that_cannot_be_understood_reject_the_document(account: Account) -> None:
    document_id, _ = accepted(account, drawing_of("A"), pages="all")
    document = account.document(document_id)
    assert document["status"] == "REJECTED"
    assert "must look like 3 or 1-4, received 'all'" in document["reason"]


def test_an_upload_that_insists_on_an_unknown_profile_is_rejected(account: Account) -> None:
    key = "incoming/texxt/sheet.pdf"
    version = account.upload(key, drawing_of("A"), profile="texxt")
    account.deliver("accept_document", upload_event(key, version))
    document = account.document(keys.document_id("documents-bucket", key, version))
    assert document["status"] == "REJECTED"
    assert document["reason"] == (
        "an upload of `tilescout` names a profile of the stack; 'texxt' is none; known: "
        "drawing-only, fine, fresh, layer, like, served, symbols, text, twice, words; "
        "deploy the cdk.json that has it"
    )


def test_an_unknown_profile_is_processed_by_the_default(account: Account) -> None:
    document_id, _ = accepted(account, drawing_of("A"), key="incoming/elsewhere/a.pdf")
    assert account.document(document_id)["profile"]["name"] == "text"


@pytest.mark.fault("I7")
def test_the_test_event_of_s3_is_no_document(account: Account) -> None:
    account.deliver("accept_document", json.dumps({"Event": "s3:TestEvent"}))
    assert account.rows("document") == []


@pytest.mark.fault("I5")
def test_an_object_that_is_gone_is_no_document(account: Account) -> None:
    account.deliver("accept_document", upload_event(KEY, ""))
    assert account.rows("document") == []


@pytest.mark.fault("I7")
def test_a_foreign_message_fails_alone(account: Account) -> None:
    version = account.upload(KEY, drawing_of("A"))
    event = sqs_event(upload_event(KEY, version), '{"hello": "world"}')
    answer = account.call("accept_document", event)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert len(account.rows("document")) == 1


def test_a_key_that_names_no_profile_is_told_that_the_default_was_used(account: Account) -> None:
    document_id, _ = accepted(account, drawing_of("A"), key="incoming/texxt/sheet.pdf")
    (warning, *_) = account.document(document_id)["warnings"]
    assert warning.startswith("the key names the profile 'texxt', which does not exist, so 'text'")


@pytest.mark.fault("I13")
@pytest.mark.parametrize(("status", "said"), [(400, "400 Bad Request"), (403, "403 Forbidden")])
def test_an_object_that_may_not_be_read_is_rejected_with_the_remedy(
    account: Account, status: int, said: str
) -> None:
    with s3_refuses("HEAD", status):
        document_id, event = accepted(account, drawing_of("A"))
        account.deliver("accept_document", event)
    document = account.document(document_id)
    assert document["status"] == "REJECTED"
    assert document["reason"].startswith(f"the function may not read the object ({said}); grant it")
    assert document["reason"].endswith("or upload without a customer key")


@pytest.mark.fault("I13")
def test_a_download_that_is_refused_rejects_the_document(account: Account) -> None:
    with s3_refuses("GET", 403, "AccessDenied"):
        document_id, _ = accepted(account, drawing_of("A"))
    assert "(403 Forbidden)" in account.document(document_id)["reason"]


@pytest.mark.fault("I13")
@pytest.mark.parametrize(
    ("method", "status", "code"),
    [("HEAD", 503, ""), ("HEAD", 409, ""), ("GET", 503, "SlowDown"), ("GET", 400, "ExpiredToken")],
)
def test_an_upload_is_tried_again_where_the_object_is_not_to_blame(
    account: Account, monkeypatch: pytest.MonkeyPatch, method: str, status: int, code: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    version = account.upload(KEY, drawing_of("A"))
    event = upload_event(KEY, version)
    with s3_refuses(method, status, code), pytest.raises(BatchProcessingError):
        account.deliver("accept_document", event)
    assert account.rows("document") == []


def test_the_rejection_is_announced_once(account: Account) -> None:
    with announced() as events:
        document_id, event = accepted(account, b"GIF89a")
        account.deliver("accept_document", event)
    assert [(each["document_id"], each["status"]) for each in events] == [(document_id, "REJECTED")]
    assert "%PDF-" in events[0]["reason"]


def test_an_accepted_document_is_not_announced(account: Account) -> None:
    with announced() as events:
        accepted(account, drawing_of("A"))
    assert events == []


def test_a_crash_before_the_event_is_made_good_by_the_next_delivery(account: Account) -> None:
    version = account.upload(KEY, b"GIF89a")
    event = upload_event(KEY, version)
    with crash_at(7) as calls, pytest.raises(Crash):
        account.deliver("accept_document", event)
    assert calls[-1] == "PutEvents"
    with announced() as events:
        account.deliver("accept_document", event)
    assert len(events) == 1


def scan(*sizes: tuple[int, int]) -> bytes:
    """A TIFF of a page for each size, with a blot on it."""
    pages = [Image.new("L", size, 255) for size in sizes]
    for page in pages:
        page.paste(0, (100, 100, 300, 200))
    body = io.BytesIO()
    pages[0].save(body, "TIFF", save_all=True, append_images=pages[1:])
    return body.getvalue()


def test_a_picture_is_a_document_whose_frames_are_its_pages(account: Account) -> None:
    key = "incoming/text/site 7/scan.tif"
    document_id, _ = accepted(account, scan((800, 600), (1000, 500)), key)
    document = account.document(document_id)
    assert (document["status"], document["last_page"]) == ("ACCEPTED", 2)
    account.deliver("tile_page", *account.received("pages"))
    assert account.document(document_id)["status"] == "QUEUED"


def test_a_picture_that_takes_too_much_memory_is_rejected_before_it_is_tiled(
    account: Account,
) -> None:
    body = io.BytesIO()
    Image.new("1", (40_000, 25_000), 1).save(body, "TIFF", compression="group4")
    document_id, _ = accepted(account, body.getvalue(), "incoming/text/scan.tif")
    document = account.document(document_id)
    assert document["status"] == "REJECTED"
    assert "page 1 is one of 40000 x 25000 px that takes 1000 MB" in document["reason"]


def test_a_folder_made_in_the_console_is_no_document(account: Account) -> None:
    version = account.upload("incoming/tags/", b"")
    account.deliver("accept_document", upload_event("incoming/tags/", version))
    assert account.rows("document") == []


def test_a_pdf_whose_key_ends_like_a_folder_is_a_document(account: Account) -> None:
    version = account.upload("incoming/text/odd/", drawing_of("A"))
    account.deliver("accept_document", upload_event("incoming/text/odd/", version))
    assert [row["status"] for row in account.rows("document")] == ["ACCEPTED"]
