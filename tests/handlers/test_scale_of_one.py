"""One large page and one long document, within the memory that the functions have."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from tests.handlers.account import Account
from tests.handlers.papers import upload_event
from tests.handlers.runs import Run
from tests.unit.pdf_files import save
from tests.unit.test_rendering import request
from tilescout import keys
from tilescout.rendering import RenderLimits, render_page

SIDE_PT = 36_000 * 72 / 200
MEMORY = RenderLimits(wall_seconds=300, cpu_seconds=120, memory_mb=2500)
"""What tile_page allows its child."""


def large_page(folder: Path) -> Path:
    """36,000 px a side at 200 dpi, with a word in each corner."""
    document = pymupdf.open()
    page = document.new_page(width=SIDE_PT, height=SIDE_PT)
    for left, top in ((50, 50), (SIDE_PT - 200, 50), (50, SIDE_PT - 50)):
        page.insert_text((left, top), "FV-1023", fontsize=20)
    return save(document, folder)


def test_the_text_of_a_page_of_36000_px_needs_little_memory(tmp_path: Path) -> None:
    wanted = request(dpi=200, tile_size=2000, overlap=200, text_layer=True, tiles="never")
    page = render_page(large_page(tmp_path), wanted, lambda tile: None, RenderLimits(memory_mb=900))
    assert (page.width_px, page.height_px) == (36_000, 36_000)
    assert [word.text for word in page.words] == ["FV-1023"] * 3


@pytest.mark.long
def test_a_page_of_36000_px_is_cut_into_tiles_within_the_function_s_memory(tmp_path: Path) -> None:
    wanted = request(dpi=200, tile_size=2000, overlap=200)
    page = render_page(large_page(tmp_path), wanted, lambda tile: None, MEMORY)
    assert (page.tiles_sent, page.tiles_sent + page.tiles_skipped) == (3, 400)


@pytest.mark.long
def test_a_document_of_two_hundred_pages_is_read_whole(account: Account) -> None:
    document = pymupdf.open()
    for number in range(200):
        document.new_page(width=300, height=200).insert_text((20, 50), f"FV-{number:04d}")
    key = "incoming/layer/set.pdf"
    version = account.upload(key, document.tobytes())
    document.close()
    account.deliver("accept_document", upload_event(key, version))
    while messages := account.received("pages"):
        for body in messages:
            account.deliver("tile_page", body)
    Run(account, model="pdf-text").go()
    row = account.document(keys.document_id("documents-bucket", key, version))
    assert (row["status"], row["detections"], row["calls"]) == ("DONE", 200, 0)
