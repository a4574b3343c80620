"""What the functions ask of AWS for a document, from its upload to its end, and what that costs.

`--counts FILE` writes the counts per tile, page, document and detection that prices are made of.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from tests.handlers import model_service, served_model
from tests.handlers.account import Account, module
from tests.handlers.between import Reply, detector
from tests.handlers.model_service import EXECUTIONS, VERSION, ModelService
from tests.handlers.papers import upload_event
from tests.handlers.runs import Clock, Run, clock
from tests.handlers.usage import Usage, metered
from tilescout import keys
from tilescout.detector_kinds import KINDS, DetectorName
from tilescout.intake.planning import plan_document
from tilescout.pricing import (
    DOCUMENT_GB_SECONDS,
    PAGE_GB_SECONDS,
    RENDERED_TILE_GB_SECONDS,
    TILE_GB_SECONDS,
    PriceTable,
)
from tilescout.pricing.counted_requests import COUNTS, IDLE_GUARD
from tilescout.profiles import Profile
from tilescout.rendering.render import inspect_document

NOW = 1_800_000_000
SHIPPED: dict[DetectorName, str] = {
    "custom-labels": "symbols",
    "textract": "text",
    "rekognition-text": "words",
    "pdf-text": "layer",
    "onnx": "served",
}
"""The profile of the tests that uses each detector."""
MINUTES_OF_A_SWEEP = 15
Counts = dict[str, dict[str, float]]
HEAD = '''"""The requests and units that AWS bills around tiles, pages, documents and detections.

Counted by the tests. With COUNTS=lambdas/tilescout/pricing/counted_requests.py, it is written by

    python -m pytest tests/handlers/test_usage.py --counts $COUNTS

A document's counts are those of one that has a run of its own. Calls of detectors and the time of
functions are not in here.
"""

from __future__ import annotations

from collections.abc import Mapping

'''


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """Pages of a row of tiles, and ``words`` in each tile."""

    pages: int = 1
    tiles: int = 4
    words: int = 0

    @property
    def name(self) -> str:
        return f"{self.pages}-{self.tiles}-{self.words}"

    def pdf(self) -> bytes:
        document = pymupdf.open()
        for number in range(self.pages):
            page = document.new_page(width=400 + 350 * (self.tiles - 1), height=400)
            for tile in range(self.tiles):
                left = 350 * tile
                page.draw_rect((left + 180, 180, left + 200, 200))
                self._mark(page, left + 120, number, tile)
                for word in range(self.words):
                    text = f"T{number}-{tile}-{word}"
                    page.insert_text((left + 120, 60 + 24 * word), text, fontsize=10)
        body: bytes = document.tobytes()
        document.close()
        return body

    def _mark(self, page: Any, left: int, *numbers: int) -> None:
        """Draws a bar code: a tile that looked like another one would take its answer."""
        code = hashlib.sha256(f"{self.name} {numbers}".encode()).digest()[0:3]
        for bit, set_ in enumerate(f"{int.from_bytes(code):024b}"):
            if set_ == "1":
                page.draw_rect((left + 6 * bit, 370, left + 6 * bit + 4, 380))


def seen(words: int) -> Reply:
    """Every tile shows so many words, none of them near its border or like another."""
    numbers = itertools.count()

    def reply(asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        call = next(numbers)
        texts = [(f"T{call}-{word}", 0.15 + 0.06 * word) for word in range(words)]
        if "ProjectVersionArn" in asked:
            return 200, {"CustomLabels": [_label(top) for _, top in texts]}
        if "Document" in asked:
            blocks = [block for text, top in texts for block in _blocks(text, top)]
            return 200, {"Blocks": blocks, "DetectDocumentTextModelVersion": "1.0"}
        detections = [line for n, (text, top) in enumerate(texts) for line in _texts(n, text, top)]
        return 200, {"TextDetections": detections, "TextModelVersion": "3"}

    return reply


def _geometry(top: float) -> dict[str, Any]:
    corners = [(0.3, top), (0.6, top), (0.6, top + 0.03), (0.3, top + 0.03)]
    box = {"Left": 0.3, "Top": top, "Width": 0.3, "Height": 0.03}
    return {"BoundingBox": box, "Polygon": [{"X": x, "Y": y} for x, y in corners]}


def _label(top: float) -> dict[str, Any]:
    return {"Name": "valve", "Confidence": 88.5, "Geometry": _geometry(top)}


def _blocks(text: str, top: float) -> Iterator[dict[str, Any]]:
    block = {"Text": text, "Confidence": 99.0, "Geometry": _geometry(top)}
    words = [{"Type": "CHILD", "Ids": [f"w{top}"]}]
    yield block | {"BlockType": "LINE", "Id": f"l{top}", "Relationships": words}
    yield block | {"BlockType": "WORD", "Id": f"w{top}"}


def _texts(number: int, text: str, top: float) -> Iterator[dict[str, Any]]:
    found = {"DetectedText": text, "Confidence": 99.0, "Geometry": _geometry(top)}
    yield found | {"Type": "LINE", "Id": 2 * number}
    yield found | {"Type": "WORD", "Id": 2 * number + 1, "ParentId": 2 * number}


def moves(service: ModelService) -> None:
    """The model is up, or down, at the next look."""
    became = {"STARTING": "RUNNING", "STOPPING": "STOPPED"}
    service.status[VERSION] = became.get(service.status[VERSION], service.status[VERSION])


def go(run: Run, time: Clock, service: ModelService) -> None:
    """Takes every step of the workflow in its order."""
    step = "OpenRun"
    for _ in range(40):
        state = run.step(step)
        run.work_off()
        if step == "CloseRun" and not state["next"]:
            return
        time.now += max(1, state["wait_seconds"])
        moves(service)
        step = state["next"] or step
    raise AssertionError("the run never ended")


def processed(account: Account, detector_name: DetectorName, drawing: Drawing) -> Usage:
    """The calls for a document and a run of its own, which ends DONE."""
    profile = SHIPPED[detector_name]
    key = f"incoming/{profile}/{drawing.name}.pdf"
    version = account.upload(key, drawing.pdf())
    model = module("accept_document").CONFIGURATION.profile_for(profile).model
    run = Run(account, model=model, execution=f"{EXECUTIONS}:{drawing.name}")
    with clock(NOW) as time, detector(seen(drawing.words)), metered() as usage:
        account.deliver("accept_document", upload_event(key, version))
        while messages := account.received("pages"):
            for message in messages:
                account.deliver("tile_page", message)
        with model_service.model_service() as service:
            go(run, time, service)
    row = account.document(keys.document_id("documents-bucket", key, version))
    assert (row["status"], row["tiles_failed"]) == ("DONE", 0)
    if detector_name != "onnx":
        assert row["detections"] == drawing.pages * drawing.tiles * drawing.words
    return usage


def counted(account: Account, name: DetectorName) -> Counts:
    """The counts of one tile, page, document and detection, as differences of whole documents."""
    processed(account, name, Drawing(tiles=2))  # loads what a process keeps
    small = processed(account, name, Drawing())
    wide = processed(account, name, Drawing(tiles=24))
    long = processed(account, name, Drawing(pages=3))
    dense = processed(account, name, Drawing(words=10))
    counts: Counts = {"tile": {}, "page": {}, "document": {}, "detection": {}}
    for price in sorted(small.counts):
        has_tiles = KINDS[name].reads_pixels
        tile = (wide.counts[price] - small.counts[price]) / 20 if has_tiles else 0.0
        page = (long.counts[price] - small.counts[price]) / 2 - 4 * tile
        counts["tile"][price] = tile
        counts["page"][price] = page
        counts["document"][price] = small.counts[price] - 4 * tile - page
        counts["detection"][price] = (dense.counts[price] - small.counts[price]) / 40
    return {
        part: {price: round(count, 3) for price, count in each.items() if round(count, 3)}
        for part, each in counts.items()
    }


@pytest.fixture
def models(account: Account) -> None:
    """Versions of the two models are in use."""
    model_service.put_to_use(account)
    served_model.promote(account)


def bill(usage: Usage, profile: Profile, drawing: Drawing) -> float:
    """US dollars for the calls that were made, and for the time that functions should take."""
    prices = PriceTable()
    kind, tiles = profile.kind, drawing.pages * drawing.tiles
    per_tile = TILE_GB_SECONDS if kind.service else RENDERED_TILE_GB_SECONDS
    seconds = DOCUMENT_GB_SECONDS + drawing.pages * PAGE_GB_SECONDS
    seconds += tiles * per_tile if kind.reads_pixels else 0
    paid = usage.calls * prices.call(profile.detector)
    if kind.is_paid_by_lambda_seconds:
        paid += tiles * prices.tile_call(profile)
    return usage.usd(prices) + paid + seconds * prices.lambda_gb_second


@pytest.mark.parametrize("name", ["textract", "pdf-text", "onnx"])
def test_an_estimate_is_within_five_per_cent_of_the_bill(
    account: Account, models: None, tmp_path: Path, name: DetectorName
) -> None:
    drawing = Drawing(pages=2, tiles=5, words=0 if name == "onnx" else 3)
    usage = processed(account, name, drawing)
    profile = module("accept_document").CONFIGURATION.profile_for(SHIPPED[name])
    path = tmp_path / "drawing.pdf"
    path.write_bytes(drawing.pdf())
    plan = plan_document(inspect_document(path, max_pages=9), profile, PriceTable())
    assert plan.dollars[1] == pytest.approx(bill(usage, profile, drawing), rel=0.05)


@pytest.mark.long
def test_the_counts_that_prices_are_made_of(
    account: Account, request: pytest.FixtureRequest
) -> None:
    idle_minute = idle_guard(account)
    model_service.put_to_use(account)
    served_model.promote(account)
    counts = {name: counted(account, name) for name in SHIPPED}
    # The sample model finds nothing on these drawings; both kinds of model find objects.
    counts["onnx"]["detection"] = counts["custom-labels"]["detection"]
    if target := request.config.getoption("--counts"):
        written = "COUNTS: Mapping[str, Mapping[str, Mapping[str, float]]] = "
        idle = f"IDLE_GUARD: Mapping[str, float] = {json.dumps(idle_minute)}\n"
        told = '"""The guard\'s requests in a minute without work, on average over a sweep."""\n'
        Path(target).write_text(HEAD + written + json.dumps(counts, indent=4) + "\n" + idle + told)
    assert counts == COUNTS


def idle_guard(account: Account) -> dict[str, float]:
    """The average over a sweep of what the guard asks of AWS while there is nothing to do."""
    with clock(NOW) as time, metered() as usage:
        for minute in range(MINUTES_OF_A_SWEEP):
            time.now = NOW + 60 * minute
            account.call("guard", {}, 30)
    return {
        name: round(count / MINUTES_OF_A_SWEEP, 3) for name, count in sorted(usage.counts.items())
    }


def test_an_idle_guard_asks_for_no_more_than_the_idle_month_is_made_of(account: Account) -> None:
    assert idle_guard(account) == IDLE_GUARD
