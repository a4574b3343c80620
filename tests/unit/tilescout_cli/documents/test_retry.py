"""`tilescout retry` and `tilescout reconcile`, from arguments to output, exit code and tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from tests.unit.tilescout_cli.cli_stack import OUTPUTS, add, deployed_stack, document
from tilescout import keys, messages
from tilescout.aws.items import to_item
from tilescout.aws.tables import page_table
from tilescout.documents import Document
from tilescout.ledger import PageRow, TileRow
from tilescout_cli.app import app
from tilescout_cli.stack.target import Stack

GIVEN_UP = "could not be processed after several tries; see the functions' logs"


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


def run(*arguments: str) -> Result:
    result = CliRunner(env={"COLUMNS": "200", "TERM": "dumb"}).invoke(app, list(arguments))
    assert "Traceback" not in result.stderr
    return result


def answer(*arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def partial(stack: Stack, number: int = 1, **changed: Any) -> Document:
    """A document of one page, whose first tile failed and whose second is answered."""
    made = document(number, **{"status": "PARTIAL"} | changed)
    add(stack, made)
    rows = []
    for tile, state in enumerate(("failed", "answered")):
        image, reply = f"tiles/{made.id}/00001/g/{tile}", f"answers/{made.id}/{tile}"
        for key in (image, reply):
            stack.clients.s3.put_object(Bucket="tiles-bucket", Key=key, Body=b"x")
        rows.append(
            TileRow(page=1, tile=tile, box=(0, 0, 9, 9), image=image, state=state, answer=reply)  # type: ignore[arg-type]
        )
    page_table.write_tiles(stack.ledger, made.id, 1, rows)
    bands = page_table.write_bands(stack.ledger, made.id, 1, range(2))
    for row in rows:
        page_table.band_outcome(stack.ledger, made.id, 1, row.tile, row.state)
    marked = PageRow(page=1, tiled=True, tiles=2, bands=bands, grid="g")
    page_table.mark(stack.ledger, made.id, marked)
    return made


def status_of(stack: Stack, made: Document) -> str:
    return str(stack.documents.get_item(Key={"id": made.id})["Item"]["status"])


def sent(queue: str) -> list[str]:
    url = OUTPUTS[f"{queue}QueueUrl"]
    found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [each["Body"] for each in found.get("Messages", [])]


def test_a_named_document_is_retried(stack: Stack) -> None:
    made = partial(stack)
    assert answer("retry", made.id) == [
        {
            "document": made.id,
            "key": made.key,
            "was": "PARTIAL",
            "status": "QUEUED",
            "did": "retried",
            "tiles": 1,
            "pages": 0,
            "answered": 1,
        }
    ]
    assert status_of(stack, made) == "QUEUED"


@pytest.mark.fault("S12")
def test_a_dry_run_says_the_same_and_does_nothing(stack: Stack) -> None:
    made = partial(stack)
    before = to_item(made)
    result = run("retry", made.key, "--dry-run")
    assert result.exit_code == 0
    assert (
        "would retry: 1 tile to send again, 0 pages to tile again, 1 answer kept" in result.stdout
    )
    kept = stack.documents.get_item(Key={"id": made.id})["Item"]
    assert {name: kept[name] for name in before} == before


def test_a_second_retry_finds_nothing_to_do(stack: Stack) -> None:
    made = partial(stack)
    answer("retry", made.id)
    (again,) = answer("retry", made.id)
    assert (again["did"], again["status"]) == ("nothing to retry", "QUEUED")


@pytest.mark.fault("S12")
def test_documents_are_taken_by_their_kind(stack: Stack) -> None:
    partial(stack, 1)
    add(
        stack,
        document(2, status="FAILED", reason="page 1: no", result_id=""),
        document(3, status="FAILED", reason=f"page 1: {GIVEN_UP}", result_id=""),
        document(4, status="REJECTED", reason=GIVEN_UP, result_id=""),
        document(5),
    )

    def taken(*options: str) -> list[str]:
        return sorted(each["document"][-1] for each in answer("retry", *options, "--dry-run"))

    assert taken("--partial") == ["1"]
    assert taken("--failed") == ["2", "3"]
    assert taken("--dead-letters") == ["3", "4"]
    assert taken("--partial", "--failed") == ["1", "2", "3"]


def test_a_failed_page_is_sent_to_be_tiled_again(stack: Stack) -> None:
    made = document(1, status="FAILED", result_id="")
    add(stack, made)
    page_table.mark(stack.ledger, made.id, PageRow(page=1, failed_reason="no"))
    (done,) = answer("retry", "--failed")
    assert (done["status"], done["pages"]) == ("ACCEPTED", 1)
    assert [json.loads(body)["first_page"] for body in sent("Pages")] == [1]


def test_a_rejected_document_is_announced_again(stack: Stack) -> None:
    version = stack.clients.s3.put_object(
        Bucket="documents-bucket", Key="incoming/text/a b.pdf", Body=b"x"
    )["VersionId"]
    made = document(1, status="REJECTED", key="incoming/text/a b.pdf", version=version)
    add(stack, made)
    (done,) = answer("retry", made.id)
    assert done["did"] == "judged again"
    (body,) = sent("Documents")
    assert messages.uploads(body)[0].key == "incoming/text/a b.pdf"


def test_what_is_being_cleaned_up_ends_with_1_and_the_remedy(stack: Stack) -> None:
    made = partial(stack, clean_after=9_999_999_999)
    result = run("retry", made.id)
    assert result.exit_code == 1
    assert "try again in 11 minutes" in result.stdout
    assert "1 document could not be retried" in result.stderr
    assert status_of(stack, made) == "PARTIAL"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing was given"),
        (("3f2a", "--partial"), "not both"),
        (("nobody-knows-it",), "no document is named 'nobody-knows-it'"),
    ],
)
def test_what_cannot_be_meant_ends_with_2(
    stack: Stack, arguments: tuple[str, ...], said: str
) -> None:
    result = run("retry", *arguments)
    assert (result.exit_code, said in result.stderr) == (2, True)


def test_nothing_of_a_kind_is_no_failure(stack: Stack) -> None:
    result = run("retry", "--partial")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "there is nothing to retry" in result.stderr


def lost(stack: Stack) -> str:
    """An object without a record beside one that has its own."""
    s3 = stack.clients.s3
    known = s3.put_object(Bucket="documents-bucket", Key="incoming/text/known.pdf", Body=b"x")
    key, version = "incoming/text/known.pdf", known["VersionId"]
    made = document(
        1, key=key, version=version, id=keys.document_id("documents-bucket", key, version)
    )
    add(stack, made)
    s3.put_object(Bucket="documents-bucket", Key="elsewhere/x.pdf", Body=b"x")
    s3.put_object(Bucket="documents-bucket", Key="incoming/text/gone.pdf", Body=b"x")
    s3.delete_object(Bucket="documents-bucket", Key="incoming/text/gone.pdf")
    answer = s3.put_object(Bucket="documents-bucket", Key="incoming/text/ä+%2B.pdf", Body=b"x")
    return str(answer["VersionId"])


@pytest.mark.fault("I12")
def test_objects_without_a_record_are_announced(stack: Stack) -> None:
    version = lost(stack)
    assert answer("reconcile") == [
        {"key": "incoming/text/ä+%2B.pdf", "version": version, "announced": True}
    ]
    (body,) = sent("Documents")
    (upload,) = messages.uploads(body)
    assert (upload.key, upload.version_id) == ("incoming/text/ä+%2B.pdf", version)


def test_a_dry_run_of_reconcile_announces_nothing(stack: Stack) -> None:
    lost(stack)
    result = run("reconcile", "--dry-run")
    assert (result.exit_code, result.stdout) == (0, "incoming/text/ä+%2B.pdf\n")
    assert "1 object without a document" in result.stderr
    assert sent("Documents") == []


@pytest.mark.fault("S10")
def test_a_key_cannot_steer_the_terminal(stack: Stack) -> None:
    key = "incoming/text/a\u202eb\u200bc.pdf"
    stack.clients.s3.put_object(Bucket="documents-bucket", Key=key, Body=b"x")
    assert run("reconcile", "--dry-run").stdout == "incoming/text/a\ufffdb\ufffdc.pdf\n"
    assert answer("reconcile", "--dry-run")[0]["key"] == key
