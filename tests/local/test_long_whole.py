"""Tests that take minutes: lost workers, outages, pages without end, very wide pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pymupdf
import pytest

from tests.local.drawings import drawing, endless_forms, wide_drawing, with_page_of
from tests.local.system import REKOGNITION, TEXTRACT, System, deployed, synthesised
from tilescout_local.functions.log import peak_memory

pytestmark = pytest.mark.long
InjectFault = Callable[..., None]
WIDE = (12_960.0, 720.0)
"""The size of 36,000 x 2,000 px at 200 dpi, in points."""
MEASURED_PAGES = 25
"""The number of pages whose text is measured before a document is accepted."""


def impatient(configuration: dict[str, Any]) -> None:
    """Makes runs without a model end after a minute, so that they do not disturb others."""
    for profile in configuration["profiles"].values():
        if profile["detector"] != "custom-labels":
            profile["deadline_minutes"] = 1


@pytest.fixture(scope="module")
def short_runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Deploys a stack whose runs detect for a minute at most."""
    assembly = synthesised(tmp_path_factory.mktemp("short"), impatient)
    with deployed(tmp_path_factory.mktemp("short-aws"), assembly) as system:
        yield system


def within_memory(system: System) -> bool:
    used = peak_memory(system.aws.home)
    return bool(used) and all(most <= size for most, size in used.values())


@pytest.mark.fault("R12")
def test_a_worker_killed_between_answer_and_commit_costs_one_call_more(
    system: System, faults: InjectFault
) -> None:
    document = system.queued(wide_drawing("FV-1110", "FV-1111"), "tags", "killed.pdf")
    before = system.billed(TEXTRACT)
    faults(service="textract", operation="DetectDocumentText", kill="after")
    execution = system.start("textract")
    assert system.ended(execution) == "SUCCEEDED"
    ended = system.document(document)
    assert (ended.status, ended.reason) == ("DONE", "")
    assert system.texts(document) == ["FV-1110", "FV-1111"]
    assert system.billed(TEXTRACT) - before == 3
    assert system.record_of(execution).calls == 3


def test_an_outage_of_a_whole_run_fails_nothing_and_the_next_run_finishes(
    short_runs: System,
) -> None:
    document = short_runs.queued(wide_drawing("FV-1120", "FV-1121"), "tags", "outage.pdf")
    short_runs.aws.inject_fault(
        service="textract",
        operation="DetectDocumentText",
        times=10_000,
        error="ServiceUnavailableException",
    )
    execution = short_runs.start("textract")
    assert short_runs.ended(execution) == "SUCCEEDED"
    record = short_runs.record_of(execution)
    assert (record.calls, record.tiles_answered, record.tiles_failed) == (0, 0, 0)
    waiting = short_runs.document(document)
    assert (waiting.status, waiting.runs_without_progress) == ("QUEUED", 1)
    short_runs.aws.clear_faults()
    assert short_runs.run("textract") == "SUCCEEDED"
    ended = short_runs.document(document)
    assert (ended.status, ended.calls) == ("DONE", 2)
    assert short_runs.texts(document) == ["FV-1120", "FV-1121"]


@pytest.mark.fault("P7")
def test_a_page_without_end_among_the_first_is_rejected_before_anything_is_made(
    system: System,
) -> None:
    document = system.upload(with_page_of(endless_forms()), "pdf-text", "endless.pdf")
    ended = system.when(document, "REJECTED", "QUEUED")
    assert ended.status == "REJECTED"
    assert "its content may inflate to 200 MB" in ended.reason


@pytest.mark.fault("P7")
def test_a_page_without_end_among_many_leaves_the_others(system: System) -> None:
    pdf = with_page_of(endless_forms(), after=MEASURED_PAGES)
    document = system.upload(pdf, "pdf-text", "late.pdf")
    system.when(document, "QUEUED", "REJECTED")
    assert system.run("pdf-text") == "SUCCEEDED"
    ended = system.document(document)
    assert ended.status == "PARTIAL"
    assert ended.reason.startswith(f"page {MEASURED_PAGES + 1}: ")
    assert "its content may inflate to 200 MB" in ended.reason
    assert system.texts(document) == [f"FV-{1001 + page}" for page in range(MEASURED_PAGES + 1)]


@pytest.mark.parametrize("profile", ["pdf-text", "text-rekognition"])
def test_a_page_of_36000_px_takes_less_memory_than_every_function_has(
    system: System, profile: str
) -> None:
    tags = [(60.0 + 4_200 * number, 200.0, f"LV-{7001 + number}") for number in range(4)]
    before = system.billed(REKOGNITION)
    name = f"wide-{profile}.pdf"
    document = system.queued(drawing(*tags, size=WIDE), profile, name)
    model = "pdf-text" if profile == "pdf-text" else "rekognition-text"
    assert system.run(model) == "SUCCEEDED"
    ended = system.document(document)
    assert (ended.status, system.texts(document)) == ("DONE", [text for _, _, text in tags])
    assert system.billed(REKOGNITION) - before == ended.tiles_planned
    assert [page["width_px"] for page in system.result(document)["document"]["pages"]] == [36_000]
    assert within_memory(system)


def test_a_dense_page_of_36000_px_is_tiled_within_memory(system: System) -> None:
    document = pymupdf.open()
    page = document.new_page(width=WIDE[0], height=WIDE[0])
    for row in range(100):
        page.draw_line((0, 128 * row), (WIDE[0], 128 * row), width=2)
    body: bytes = document.tobytes()
    system.queued(body, "pdf-text", "lines.pdf")
    assert within_memory(system)
    assert system.run("pdf-text") == "SUCCEEDED"
