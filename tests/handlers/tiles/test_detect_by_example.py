"""One box on a drawing finds the symbols of ten sheets through the workflow, strokes and scans."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.handlers.account import Account, module
from tests.handlers.example_model import FIRST, PAGES, PROJECT, promote, sheets
from tests.handlers.papers import upload_event
from tests.handlers.runs import Run
from tests.unit.tilescout.example_search.drawn_strokes import VALVE, placed
from tests.unit.tilescout.example_search.pixels.drawn_pixels import PIXEL, scan_of
from tilescout import keys


@pytest.fixture(autouse=True)
def _cold() -> Iterator[None]:
    """Every test begins with a new instance of the function."""
    module("detect_onnx").warm_examples.cache_clear()
    yield
    module("detect_onnx").warm_examples.cache_clear()


def detected(account: Account, key: str, body: bytes) -> tuple[Run, dict[str, Any]]:
    """The run that processes the document, and the document's result."""
    version = account.upload(key, body)
    account.deliver("accept_document", upload_event(key, version))
    for message in account.received("pages"):
        account.deliver("tile_page", message)
    run = Run(account, model=PROJECT, execution=f"arn:aws:states:x:1:execution:D:{version}")
    run.go()
    document = account.document(keys.document_id("documents-bucket", key, version))
    assert document["status"] == "DONE"
    name = f"results/{document['result_id']}/detections.json"
    stored = account.s3.get_object(Bucket="results-bucket", Key=name)["Body"].read()
    return run, json.loads(stored)


def counts(result: dict[str, Any]) -> list[int]:
    """Detections per page, in order of the pages."""
    found = Counter(each["page"] for each in result["detections"])
    return [found[page] for page in range(1, PAGES + 1)]


@pytest.mark.long
def test_one_box_counts_ten_sheets_and_a_reject_takes_look_alikes_away(
    account: Account, tmp_path: Path
) -> None:
    first = promote(account, tmp_path, "v1")
    run, result = detected(account, "incoming/like/one.pdf", sheets())
    assert counts(result) == [number + 3 + 3 for number in range(1, PAGES + 1)]
    assert run.row["model_version"] == first

    second = promote(account, tmp_path, "v2", with_reject=True)
    run, result = detected(account, "incoming/like/two.pdf", sheets())
    assert counts(result) == [number + 3 for number in range(1, PAGES + 1)]
    assert run.row["model_version"] == second != first
    assert result["document"]["model_version"] == second
    withheld = [(e["page"], e["label"], e["reason"]) for e in result["withheld"]]
    assert withheld.count((1, "valve", "looks like a counter-example")) == 3
    assert len([e for e in withheld if e[2] == "looks like a counter-example"]) == 3 * PAGES
    assert "page 1: 3 places that resemble an example withheld" in result["document"]["warnings"][0]


@pytest.mark.long
def test_a_vector_page_is_one_tile_on_the_bill_and_boxes_are_where_it_shows_them(
    account: Account, tmp_path: Path
) -> None:
    promote(account, tmp_path, "v1")

    run, result = detected(account, "incoming/like/one.pdf", sheets())

    assert run.row["calls_allowed"] - run.row["calls_left"] == PAGES
    # Two seconds of a whole core for each page, and what is around it.
    assert float(run.row["spent_usd"]) == pytest.approx(PAGES * (0.0000461 + 0.0000219), rel=0.3)
    middles = {
        (round((left + right) / 2), round((top + bottom) / 2 + 3))
        for left, top, right, bottom in (each["box_pt"] for each in result["detections"])
    }
    assert FIRST in middles


@pytest.mark.long
def test_a_scan_is_searched_tile_by_tile(account: Account, tmp_path: Path) -> None:
    promote(account, tmp_path, "v1")
    copies = [(60, 60), (200, 60), (330, 200), (520, 250)]
    page = scan_of([placed(VALVE, x, y) for x, y in copies], size=(600, 300))
    file = io.BytesIO()
    Image.fromarray(page.grey).save(file, "PNG", dpi=(round(72 / PIXEL),) * 2)

    _, result = detected(account, "incoming/like/scan.png", file.getvalue())

    middles = sorted(
        (round((left + right) / 2, -1), round((top + bottom) / 2 + 3, -1))
        for left, top, right, bottom in (each["box_pt"] for each in result["detections"])
    )
    assert middles == copies
