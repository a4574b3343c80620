"""One large page and one long document, read whole and within the memory that functions have."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from benchmarks.large_documents import SIDE_PT, measure_alone
from tests.handlers.account import Account
from tests.handlers.papers import upload_event
from tests.handlers.runs import Run
from tests.unit.tilescout.rendering.pdf_files import save
from tests.unit.tilescout.rendering.test_rendering import request
from tilescout import keys
from tilescout.rendering.process import RenderLimits
from tilescout.rendering.render import render_page


def large_page(side: float) -> bytes:
    """A square with a word in three corners; ``side`` in points."""
    document = pymupdf.open()
    page = document.new_page(width=side, height=side)
    for left, top in ((50, 50), (side - 200, 50), (50, side - 50)):
        page.insert_text((left, top), "FV-1023", fontsize=20)
    body: bytes = document.tobytes()
    document.close()
    return body


def read_whole(account: Account, body: bytes) -> tuple[str, int, int]:
    """Status, detections and calls of a document that is read by its text."""
    key = "incoming/layer/set.pdf"
    version = account.upload(key, body)
    account.deliver("accept_document", upload_event(key, version))
    while messages := account.received("pages"):
        for message in messages:
            account.deliver("tile_page", message)
    Run(account, model="pdf-text").go()
    row = account.document(keys.document_id("documents-bucket", key, version))
    return row["status"], int(row["detections"]), int(row["calls"])


def test_the_text_of_a_page_of_36000_px_needs_little_memory() -> None:
    measured = measure_alone("36,000 px page, its text")
    assert (measured.words, measured.tiles) == (1_000, 0)
    assert measured.child_mb < 300
    assert measured.parent_mb < 200


@pytest.mark.long
def test_a_page_of_36000_px_is_cut_into_tiles_in_little_memory() -> None:
    measured = measure_alone("36,000 px page, cut into tiles")
    assert (measured.words, measured.tiles) == (1_000, 385)
    assert measured.child_mb < 300
    assert measured.parent_mb < 200


@pytest.mark.long
def test_the_text_of_two_hundred_pages_needs_no_more_memory_than_that_of_one() -> None:
    measured = measure_alone("200 pages of A1, their text")
    assert (measured.pages, measured.words) == (200, 20_000)
    assert measured.child_mb < 300
    assert measured.parent_mb < 200


def test_the_renderer_keeps_to_less_address_space_than_it_is_allowed(tmp_path: Path) -> None:
    path = save(pymupdf.open("pdf", large_page(SIDE_PT)), tmp_path)
    wanted = request(dpi=200, tile_size=2000, overlap=200, text_layer=True, tiles="never")
    page = render_page(path, wanted, lambda tile: None, RenderLimits(memory_mb=900))
    assert (page.width_px, page.height_px) == (36_000, 36_000)


@pytest.mark.long
def test_a_page_of_36000_px_is_read_whole(account: Account) -> None:
    """The account's profile is of 72 dpi, so a point is a pixel."""
    assert read_whole(account, large_page(36_000)) == ("DONE", 3, 0)


@pytest.mark.long
def test_a_document_of_two_hundred_pages_is_read_whole(account: Account) -> None:
    document = pymupdf.open()
    for number in range(200):
        document.new_page(width=300, height=200).insert_text((20, 50), f"FV-{number:04d}")
    body: bytes = document.tobytes()
    document.close()
    assert read_whole(account, body) == ("DONE", 200, 0)
