"""`tilescout smoke`: its sample is found, judged, and gone afterwards, whatever happens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pymupdf
import pytest
from typer.testing import CliRunner, Result

from tests.unit.tilescout_cli.cli_stack import add, add_result, deployed_stack, document, tag
from tilescout.detections import Detection
from tilescout.profiles import Find, Profile
from tilescout_cli.app import app
from tilescout_cli.documents.uploads import SentPdf
from tilescout_cli.runs import smoke_test, waiting
from tilescout_cli.runs.waiting import Watched
from tilescout_cli.stack.target import Stack

TEXT = Profile(name="pdf-text", detector="pdf-text", dpi=200, tile_size=2048, overlap=0)
Processed = Callable[..., None]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


@pytest.fixture
def processed(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Processed:
    """Returns a function that says what becomes of the sample: a status, and what is found."""

    def become(status: str, *found: Detection, **changed: Any) -> None:
        def watch(stack: Stack, uploads: list[SentPdf], **_: Any) -> list[Watched]:
            (sent,) = uploads
            values = {"id": sent.document_id, "key": sent.key, "profile": TEXT, "status": status}
            made = document(**values, result_id=f"{sent.document_id}-000001", **changed)
            add(stack, made)
            add_result(stack, made, *found)
            return [Watched(sent, made)]

        monkeypatch.setattr(waiting, "watch", watch)

    return become


def smoke(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["smoke", *arguments])


def is_empty(stack: Stack) -> bool:
    versions = stack.clients.s3.list_object_versions(Bucket="documents-bucket")
    tables = (stack.documents, stack.detections, stack.ledger)
    return not versions.get("Versions") and not any(table.scan()["Count"] for table in tables)


def test_a_stack_that_finds_everything_passes(stack: Stack, processed: Processed) -> None:
    processed("DONE", tag("FV-1023"), tag("P-4711"))

    result = smoke("--json")

    outcome = json.loads(result.stdout)
    assert (result.exit_code, outcome["good"]) == (0, True)
    assert outcome["expected"] == ["FV-1023", "P-4711"]
    assert is_empty(stack)


def test_a_text_that_is_not_found_fails_it(stack: Stack, processed: Processed) -> None:
    processed("DONE", tag("FV-1023"))

    result = smoke()

    assert (result.exit_code, is_empty(stack)) == (1, True)
    assert "1 of 2 expected texts found; the sample is removed" in result.stdout
    assert "P-4711 not found; see the profile pdf-text" in result.stderr


def test_a_sample_that_ends_badly_fails_it_with_the_reason(
    stack: Stack, processed: Processed
) -> None:
    processed("FAILED", reason="no page could be tiled")

    result = smoke()

    assert (result.exit_code, is_empty(stack)) == (1, True)
    assert "the sample ended FAILED: no page could be tiled" in result.stderr


def test_a_stack_that_accepts_nothing_fails_it(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "watch", lambda _, uploads, **__: [Watched(uploads[0], None)])

    result = smoke()

    assert (result.exit_code, is_empty(stack)) == (1, True)
    assert "the upload was not accepted in time; `tilescout doctor`" in result.stderr


def test_an_interruption_removes_the_sample(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(waiting, "watch", interrupted)

    assert smoke().exit_code == 130
    assert is_empty(stack)


def test_the_sample_holds_the_texts_and_is_new_each_time(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("sample")
    first = smoke_test.write_sample(folder)
    words = pymupdf.open(first.path)[0].get_text().split()

    assert words == ["FV-1023", "P-4711"]
    assert smoke_test.write_sample(folder).digest != first.digest


def test_what_is_expected_follows_from_the_profile() -> None:
    tags = replace(TEXT, find=(Find(label="tag", pattern=r"[A-Z]{2}-\d{4}"),))
    others = replace(TEXT, find=(Find(label="tag", pattern="VALVE"),))
    symbols = replace(TEXT, detector="onnx", model_project="valves")

    assert smoke_test.expected_texts(TEXT) == ("FV-1023", "P-4711")
    assert smoke_test.expected_texts(tags) == ("FV-1023",)
    assert smoke_test.expected_texts(others) == ()
    assert smoke_test.expected_texts(symbols) == ()
