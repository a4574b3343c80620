"""Waiting for documents: when runs are started and stopped, and what progress says."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.tilescout_cli.cli_stack import add, add_ledger, deployed_stack, document, replace
from tilescout import keys
from tilescout.aws.tables import document_table
from tilescout.documents import Document
from tilescout.runs.records import Run
from tilescout_cli.console.failures import CommandFailed
from tilescout_cli.documents.uploads import Pdf, SentPdf
from tilescout_cli.runs import progress, waiting
from tilescout_cli.runs.executions import StartedRuns
from tilescout_cli.runs.progress import DocumentProgress, Totals
from tilescout_cli.stack.target import Stack


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.0)
    with deployed_stack(monkeypatch) as deployed:
        yield deployed


def upload(number: int = 1) -> SentPdf:
    return SentPdf(Pdf(Path("plan.pdf"), "0"), f"{number:032x}", "key")


def executions(stack: Stack, status: str = "RUNNING") -> list[str]:
    """ARNs."""
    listed = stack.clients.step_functions.list_executions(
        stateMachineArn=stack.detection_run, statusFilter=status
    )
    return [each["executionArn"] for each in listed["executions"]]


def silence(_: object) -> None:
    pass


def test_a_document_that_was_rejected_needs_no_run(stack: Stack) -> None:
    add(stack, document(status="REJECTED", reason="the file is empty", result_id=""))
    told: list[str] = []
    (watched,) = waiting.watch(stack, [upload()], seconds=9, show=silence, tell=told.append)
    assert watched.document is not None
    assert watched.document.status == "REJECTED"
    assert told == ["plan.pdf: REJECTED: the file is empty"]
    assert executions(stack) == []


def test_a_run_is_started_once_and_waited_for(stack: Stack) -> None:
    add(stack, document(status="QUEUED", result_id=""))
    shown: list[Totals] = []

    def show(totals: Totals) -> None:
        shown.append(totals)
        if len(shown) == 4:
            replace(stack, document())

    (watched,) = waiting.watch(stack, [upload()], seconds=9, show=show, tell=silence)
    assert watched.document is not None
    assert watched.document.status == "DONE"
    assert len(executions(stack)) == 1


def superseded(number: int, newer: int) -> Document:
    """As an accept of the same key leaves it."""
    by = f"{newer:032x}"
    return document(number, status="SUPERSEDED", superseded_by=by, result_id="", run_id="")


def test_who_uploads_the_same_file_a_moment_earlier_gets_the_result_of_the_later_one(
    stack: Stack,
) -> None:
    add(stack, superseded(1, newer=2))
    add(stack, superseded(2, newer=3))
    add(stack, document(3, status="QUEUED", result_id=""))
    told: list[str] = []
    shown: list[Totals] = []

    def show(totals: Totals) -> None:
        shown.append(totals)
        if len(shown) == 3:
            replace(stack, document(3))

    (watched,) = waiting.watch(stack, [upload(1)], seconds=9, show=show, tell=told.append)
    assert watched.document == document(3)
    assert [line for line in told if "plan.pdf" in line] == [
        "plan.pdf: the same file was uploaded again meanwhile; the result is that of its document "
        "00000000"
    ]
    assert len(executions(stack)) == 1


def test_a_document_whose_newer_version_is_not_known_is_told_as_superseded(stack: Stack) -> None:
    add(stack, superseded(1, newer=2))
    (watched,) = waiting.watch(stack, [upload(1)], seconds=9, show=silence, tell=silence)
    assert watched.document is not None
    assert watched.document.status == "SUPERSEDED"


def test_no_run_is_started_while_a_page_is_being_tiled() -> None:
    queued, accepted = (
        DocumentProgress(document=document(status="QUEUED")),
        DocumentProgress(document=document(status="ACCEPTED")),
    )
    assert waiting.models_to_run([queued, accepted]) == []
    assert waiting.models_to_run([queued, DocumentProgress()]) == []
    assert waiting.models_to_run([queued, DocumentProgress(document=document())]) == ["textract"]


def test_a_run_of_the_schedule_is_not_doubled(stack: Stack) -> None:
    stack.clients.step_functions.start_execution(
        stateMachineArn=stack.detection_run, input=json.dumps({"model": "textract"})
    )
    StartedRuns(stack, "detect", silence).ensure("textract", 0.0)
    assert len(executions(stack)) == 1


def test_a_run_of_another_model_is_no_reason_to_wait(stack: Stack) -> None:
    stack.clients.step_functions.start_execution(
        stateMachineArn=stack.detection_run, input=json.dumps({"model": "valves"})
    )
    StartedRuns(stack, "detect", silence).ensure("textract", 0.0)
    assert len(executions(stack)) == 2


def test_what_was_started_is_stopped_when_the_person_leaves(stack: Stack) -> None:
    add(stack, document(status="QUEUED", result_id=""))

    def leave(totals: Totals) -> None:
        if executions(stack):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        waiting.watch(stack, [upload()], seconds=9, show=leave, tell=silence)
    assert executions(stack) == []
    assert len(executions(stack, "ABORTED")) == 1


def test_a_stack_that_ends_with_the_command_is_asked_nothing_when_the_person_leaves(
    stack: Stack, tmp_path: Path
) -> None:
    own = dataclasses.replace(stack, home=tmp_path)
    add(own, document(status="QUEUED", result_id=""))

    def leave(totals: Totals) -> None:
        if executions(own):
            raise SystemExit(143)

    with pytest.raises(SystemExit):
        waiting.watch(own, [upload()], seconds=9, show=leave, tell=silence)
    assert len(executions(own)) == 1


def test_the_third_failed_run_ends_the_waiting(stack: Stack) -> None:
    told: list[str] = []
    runs = StartedRuns(stack, "detect", told.append)
    with pytest.raises(CommandFailed, match="3 runs for textract failed"):
        for moment in range(0, 400, 100):
            runs.ensure("textract", float(moment))
            runs.stop()
    assert sum("started" in line for line in told) == 3


def test_before_another_run_a_person_hears_why_the_last_one_ended(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    runs = StartedRuns(stack, "detect", told.append)
    runs.ensure("valves", 0.0)
    runs.stop()
    ended = {"status": "SUCCEEDED", "output": json.dumps({"run": {"finished": "$10 are spent"}})}
    monkeypatch.setattr(stack.clients.step_functions, "describe_execution", lambda **_: ended)
    runs.ensure("valves", 100.0)
    assert told[1].startswith("the last run ended: $10 are spent; started another run for valves")


def test_when_the_time_is_over_the_document_is_returned_as_it_stands(stack: Stack) -> None:
    add(stack, document(status="QUEUED", result_id=""))
    (watched,) = waiting.watch(stack, [upload()], seconds=0, show=silence, tell=silence)
    assert watched.document is not None
    assert watched.document.status == "QUEUED"


def test_tiles_are_counted_from_the_bands_of_the_ledger(stack: Stack) -> None:
    one = document(status="RUNNING", result_id="")
    add(stack, one)
    band = {"page": 1, "planned": 5, "answered": {0, 1}, "failed": {4}}
    add_ledger(stack, one.id, keys.band_sort(1, 0), band=0, **band)
    add_ledger(stack, one.id, keys.band_sort(1, 1), band=1, page=1, planned=2)
    standing = progress.look(stack, one.id, DocumentProgress())
    assert (standing.tiles, standing.tiles_answered, standing.tiles_failed) == (7, 2, 1)


def test_pages_are_counted_from_the_groups_of_the_ledger(stack: Stack) -> None:
    one = document(status="ACCEPTED", result_id="", last_page=300)
    add(stack, one)
    add_ledger(stack, one.id, keys.page_group_sort(1), seen={1, 2})
    add_ledger(stack, one.id, keys.page_group_sort(256), seen={256})
    standing = progress.look(stack, one.id, DocumentProgress())
    assert (standing.pages_tiled, standing.pages) == (3, 300)


def test_what_a_run_has_spent_so_far_is_told_at_the_price_its_document_was_accepted_at(
    stack: Stack,
) -> None:
    one = document(status="RUNNING", result_id="", run_id="run#000001#one", price_per_call=0.002)
    add(stack, one)
    run = Run(
        id="run#000001#one", model="textract", execution="one", token=1, status="OPEN",
        opened_at=1, calls_left=93, calls_allowed=100,
    )  # fmt: skip
    document_table.open_run(stack.documents, run)
    totals = progress.totals(stack, [progress.look(stack, one.id, DocumentProgress())])
    assert (totals.calls, totals.usd) == (7, 0.014)


def test_the_line_of_progress_tells_stage_pages_tiles_calls_and_dollars() -> None:
    totals = Totals(
        documents=2, settled=0, in_intake=0, running=2, pages=4, pages_tiled=4, tiles=12,
        tiles_ended=5, tiles_failed=1, calls=6, usd=0.009,
    )  # fmt: skip
    line = "detecting, pages tiled 4/4, tiles answered 5/12, calls 6 ($0.0090)"
    assert (totals.stage, totals.summary) == ("detecting", line)
