"""The outcomes of documents of all kinds, good and bad, in one run of each model."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pymupdf
import pytest

from tests.local.drawings import (
    A5,
    LEGIBLE,
    TWO_TILES,
    content,
    dense_drawing,
    drawing,
    ink_of,
    overlap_of,
    page_of,
    picture_bomb,
    scanned,
    with_page_of,
)
from tests.local.system import PATIENCE, REKOGNITION, TEXTRACT, System
from tilescout.documents import Document
from tilescout_local.functions.log import peak_memory

# The seam of the two tiles: one ends at 2048 px, the other begins at 1792 px.
CUT_ONCE = (720.0, 100.0, "FV-1023")
CUT_TWICE = (560.0, 260.0, "FIC-20456A")
SMALL, LARGE = 16.0, 60.0
SECONDS_TO_REJECT = 60.0
"""A few seconds here; the rest is for a loaded machine."""


def seam_drawing() -> bytes:
    """Returns a tag cut by the end of one tile, and one so long that both tiles cut it."""
    document = pymupdf.open()
    page_of(document, [CUT_ONCE], TWO_TILES, SMALL)
    document[0].insert_text(CUT_TWICE[:2], CUT_TWICE[2], fontsize=LARGE)
    return content(document)


def mixed_drawing() -> bytes:
    """Returns a page with text of its own, and a scanned one."""
    document = pymupdf.open()
    tags = [(60.0, 80.0 + 40 * row, f"PUMP P-{1071 + row}") for row in range(6)]
    page_of(document, tags, A5, LEGIBLE)
    scanned(document, [(60, 80, "TANK T-2044"), (60, 140, "HS-200")])
    return content(document)


def locked(**passwords: str) -> bytes:
    document = pymupdf.open()
    page_of(document, [(60, 80, "LIC-301")], A5, LEGIBLE)
    return content(document, encryption=pymupdf.PDF_ENCRYPT_AES_256, **passwords)


def many_pages(count: int) -> bytes:
    document = pymupdf.open()
    for _ in range(count):
        document.new_page(width=100, height=100)
    return content(document)


@dataclass(frozen=True)
class Papers:
    """The ids of the good documents by name, the calls billed for them, and how the runs ended."""

    system: System
    ids: dict[str, str]
    billed: dict[str, int]
    endings: list[str]

    def __getitem__(self, name: str) -> Document:
        return self.system.document(self.ids[name])

    def rows(self, name: str) -> list[dict[str, Any]]:
        return self.system.rows(self.ids[name])

    def texts(self, name: str) -> list[str]:
        return self.system.texts(self.ids[name])


GOOD = {
    "seam": ("tags", seam_drawing()),
    "dense": ("text-rekognition", dense_drawing()[0]),
    "mixed": ("text-first", mixed_drawing()),
    "announced": ("tags", drawing((60, 80, "TT-4001"))),
    "owner": ("pdf-text", locked(owner_pw="owner")),
    "bomb": ("tags", with_page_of(picture_bomb())),
}


def announce_again(system: System, document: Document) -> None:
    system.announce(document.key, document.version)


@pytest.fixture(scope="module")
def papers(system: System) -> Papers:
    """Uploads every good document and waits until the runs and the documents have ended."""
    before = {name: system.billed(name) for name in (TEXTRACT, REKOGNITION)}
    ids = {}
    for name, (profile, pdf) in GOOD.items():
        ids[name] = system.upload(pdf, profile, f"{name}.pdf")
    for _ in range(3):
        announce_again(system, system.when(ids["announced"], "ACCEPTED", "QUEUED"))
    for document in ids.values():
        system.when(document, "QUEUED")
    executions = [system.start(model) for model in ("textract", "rekognition-text", "pdf-text")]
    endings = [system.ended(execution) for execution in executions]
    billed = {name: system.billed(name) - count for name, count in before.items()}
    return Papers(system, ids, billed, endings)


def test_every_run_succeeds(papers: Papers) -> None:
    assert papers.endings == ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]


@pytest.mark.parametrize(("tag", "font"), [(CUT_ONCE, SMALL), (CUT_TWICE, LARGE)])
def test_a_tag_cut_by_a_seam_is_found_once_where_it_is(
    papers: Papers, tag: tuple[float, float, str], font: float
) -> None:
    (found,) = [row for row in papers.rows("seam") if row["text"] == tag[2]]
    assert found["label"] == "instrument"
    assert overlap_of(found["box_px"], ink_of(tag, font)) >= 0.5


def test_nothing_but_the_tags_is_found_at_a_seam(papers: Papers) -> None:
    matches = [row["text"] for row in papers.rows("seam") if row["label"] == "instrument"]
    assert sorted(matches) == ["FIC-20456A", "FV-1023"]


def test_a_tile_of_over_a_hundred_words_is_read_whole_in_five_calls(papers: Papers) -> None:
    words = {word for text in papers.texts("dense") for word in text.split()}
    assert dense_drawing()[1] - words == set()
    assert (papers["dense"].tiles_planned, papers["dense"].calls) == (1, 5)
    assert papers.billed[REKOGNITION] == 5


def test_a_page_with_text_of_its_own_costs_no_call(papers: Papers) -> None:
    pages = {row["page"]: row["tiles"] for row in papers.rows("mixed")}
    texts = " ".join(papers.texts("mixed"))
    assert all(tag in texts for tag in ("P-1071", "P-1076", "T-2044", "HS-200"))
    assert sorted(pages) == [1, 2]
    assert papers["mixed"].calls == 1


@pytest.mark.fault("I1")
def test_an_upload_announced_four_times_is_one_document_read_once(papers: Papers) -> None:
    document = papers["announced"]
    assert (document.status, document.calls) == ("DONE", 1)
    assert papers.texts("announced") == ["TT-4001"]
    assert papers.system.result_sets(document.id) == {document.result_id}


def test_the_calls_billed_are_the_tiles_of_all_documents(papers: Papers) -> None:
    tiles = sum(papers[name].tiles_planned for name in ("seam", "mixed", "announced", "bomb"))
    assert papers.billed[TEXTRACT] == tiles == 6


@pytest.mark.fault("I1")
def test_an_upload_announced_after_its_end_changes_nothing(papers: Papers) -> None:
    before, billed = papers["announced"], papers.system.billed(TEXTRACT)
    announce_again(papers.system, before)
    assert papers.system.run("textract") == "SUCCEEDED"
    assert papers["announced"] == before
    assert papers.system.billed(TEXTRACT) == billed


@pytest.mark.fault("P2")
def test_an_owners_password_alone_keeps_nobody_out(papers: Papers) -> None:
    assert papers["owner"].status == "DONE"
    assert papers.texts("owner") == ["LIC-301"]


@pytest.mark.fault("P7")
def test_a_page_that_cannot_be_rendered_leaves_the_others(papers: Papers) -> None:
    document = papers["bomb"]
    assert document.status == "PARTIAL"
    assert "page 2: " in document.reason
    assert "60000 x 60000 px" in document.reason
    assert papers.texts("bomb") == ["FV-1001", "FV-1002"]


def test_a_done_document_has_its_result_in_the_bucket_too(papers: Papers) -> None:
    result = papers.system.result(papers.ids["seam"])
    shown = {(detection["label"], detection["text"]) for detection in result["detections"]}
    assert result["document"]["status"] == "DONE"
    assert ("instrument", "FV-1023") in shown


@pytest.mark.fault("P1")
@pytest.mark.parametrize(
    ("name", "file", "reason"),
    [
        ("page.pdf", b"<!doctype html><title>drawing</title>", "this file begins with b'<!doctyp'"),
        ("empty.pdf", b"", "it is empty; upload it again"),
        ("locked.pdf", locked(user_pw="secret", owner_pw="owner"), "password"),
        ("long.pdf", many_pages(10_002), "may have 10000 pages; this one has 10002; split it"),
        ("cut.pdf", b"%PDF-1.7\n1 0 obj\n<</Type", "PDF"),
    ],
)
def test_a_bad_file_is_rejected_at_once_with_a_reason(
    system: System, name: str, file: bytes, reason: str
) -> None:
    started = time.monotonic()
    document = system.when(system.upload(file, "text", name), "REJECTED", "QUEUED")
    assert (document.status, document.calls) == ("REJECTED", 0)
    assert reason in document.reason
    assert "; " in document.reason
    assert time.monotonic() - started < SECONDS_TO_REJECT < PATIENCE


def test_every_function_stays_within_its_memory(papers: Papers) -> None:
    used = peak_memory(papers.system.aws.home)
    assert len(used) >= 5
    assert {name: pair for name, pair in used.items() if pair[0] > pair[1]} == {}
