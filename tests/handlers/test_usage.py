"""What the functions ask of AWS for a document, from its upload to its end, and what that costs.

`--counts FILE` writes the counts per tile, page, document and detection that prices are made of.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from tests.handlers import example_model, model_service, served_model
from tests.handlers.account import Account, module
from tests.handlers.between import Reply, detector
from tests.handlers.model_service import EXECUTIONS, VERSION, ModelService
from tests.handlers.papers import upload_event
from tests.handlers.runs import Clock, Run, clock
from tests.handlers.usage import Usage, metered
from tilescout import keys
from tilescout.detector_kinds import KINDS, DetectorName
from tilescout.detectors.responses import DETECT_TEXT_MAX_WORDS
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
from tilescout.rendering.render import inspect_for_profile
from tilescout.runs.inference_units import START_SECONDS, STOP_SECONDS

NOW = 1_800_000_000
SHIPPED: dict[DetectorName, str] = {
    "custom-labels": "symbols",
    "textract": "text",
    "rekognition-text": "words",
    "pdf-text": "layer",
    "onnx": "served",
    "example": "like",
}
"""The profile of the tests that uses each detector."""
MINUTES_OF_A_SWEEP = 15
LOOK_SECONDS = 20
"""From the last answer until a run looks, and stops the model."""
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
    """Pages of a row of tiles, ``tile`` points high, and ``words`` in each.

    A page that ``is_scanned`` is a picture, which a search by example reads tile by tile.
    """

    pages: int = 1
    tiles: int = 4
    words: int = 0
    tile: int = 400
    step: int = 350
    is_scanned: bool = False

    @property
    def name(self) -> str:
        return f"{self.pages}-{self.tiles}-{self.words}"

    def pdf(self) -> bytes:
        document = pymupdf.open()
        for number in range(self.pages):
            width = self.tile + self.step * (self.tiles - 1)
            page = document.new_page(width=width, height=self.tile)
            for tile in range(self.tiles):
                left = self.step * tile
                page.draw_rect((left + 180, 180, left + 200, 200))
                self._mark(page, left + 120, number, tile)
                for word in range(self.words):
                    text = f"T{number}-{tile}-{word}"
                    page.insert_text((left + 120, 60 + 24 * word), text, fontsize=10)
        if self.is_scanned:
            document = scanned(document)
        body: bytes = document.tobytes()
        document.close()
        return body

    def _mark(self, page: Any, left: int, *numbers: int) -> None:
        """Draws a bar code: a tile that looked like another one would take its answer."""
        code = hashlib.sha256(f"{self.name} {numbers}".encode()).digest()[0:3]
        for bit, set_ in enumerate(f"{int.from_bytes(code):024b}"):
            if set_ == "1":
                page.draw_rect((left + 6 * bit, 370, left + 6 * bit + 4, 380))


SCAN = Drawing(tile=512, step=487, is_scanned=True)
"""A sheet whose tiles are those of the profile that searches by example."""


def scanned(document: Any) -> Any:
    """Returns the document as pictures of its pages, at 144 dpi."""
    pictures = pymupdf.open()
    for page in document:
        picture = page.get_pixmap(dpi=144, colorspace=pymupdf.csGRAY)
        pictures.new_page(width=page.rect.width, height=page.rect.height).insert_image(
            page.rect, pixmap=picture
        )
    return pictures


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


def crowded() -> Reply:
    """Every tile shows as many words as DetectText tells of, so it is asked in four parts more."""
    calls = itertools.count()

    def reply(_: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        words = range(1 if next(calls) % 5 else DETECT_TEXT_MAX_WORDS)
        lines = [line for n in words for line in _texts(n, f"W{n}", 0.2 + 0.006 * n)]
        return 200, {"TextDetections": lines, "TextModelVersion": "3"}

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


@dataclass
class Model:
    """A started model: its seconds to start and to stop, and those that an answer takes."""

    start: int = 0
    stop: int = 0
    answer: float = 0.0
    since: int = 0
    answered: int = 0
    unit_seconds: float = 0.0

    def worked(self, calls: int) -> float:
        """Returns the seconds for the answers since the last look."""
        new, self.answered = calls - self.answered, calls
        return new * self.answer

    def move(self, service: ModelService, now: int, waited: int) -> None:
        """The model is up, or down, once its time has come; it is paid all the while."""
        status = service.status[VERSION]
        if status == "STOPPED":
            self.since = now
            return
        self.unit_seconds += waited * service.asked[0][2]
        became = {"STARTING": ("RUNNING", self.start), "STOPPING": ("STOPPED", self.stop)}
        if status == "RUNNING":
            self.since = now
        elif now - self.since >= became[status][1]:
            service.status[VERSION], self.since = became[status][0], now


def go(run: Run, time: Clock, service: ModelService, usage: Usage, model: Model) -> None:
    """Takes every step of the workflow in its order."""
    step = "OpenRun"
    for _ in range(400):
        state = run.step(step)
        run.work_off()
        if step == "CloseRun" and not state["next"]:
            usage.unit_seconds = model.unit_seconds
            return
        waited = round(max(1, state["wait_seconds"], model.worked(usage.calls)))
        time.now += waited
        model.move(service, time.now, waited)
        step = state["next"] or step
    raise AssertionError("the run never ended")


def processed(
    account: Account,
    detector_name: DetectorName,
    drawing: Drawing,
    *,
    reply: Reply | None = None,
    of_model: Model | None = None,
) -> Usage:
    """The calls for a document and a run of its own, which ends DONE."""
    profile = SHIPPED[detector_name]
    key = f"incoming/{profile}/{drawing.name}.pdf"
    version = account.upload(key, drawing.pdf())
    model = module("accept_document").CONFIGURATION.profile_for(profile).model
    run = Run(account, model=model, execution=f"{EXECUTIONS}:{drawing.name}")
    with clock(NOW) as time, detector(reply or seen(drawing.words)), metered() as usage:
        account.deliver("accept_document", upload_event(key, version))
        while messages := account.received("pages"):
            for message in messages:
                account.deliver("tile_page", message)
        with model_service.model_service() as service:
            go(run, time, service, usage, of_model or Model())
    row = account.document(keys.document_id("documents-bucket", key, version))
    assert (row["status"], row["tiles_failed"]) == ("DONE", 0)
    if not (reply or KINDS[detector_name].is_paid_by_lambda_seconds):
        assert row["detections"] == drawing.pages * drawing.tiles * drawing.words
    return usage


def counted(account: Account, name: DetectorName) -> Counts:
    """The counts of one tile, page, document and detection, as differences of whole documents."""
    sheet = SCAN if name == "example" else Drawing()
    processed(account, name, replace(sheet, tiles=2))  # loads what a process keeps
    small = processed(account, name, sheet)
    wide = processed(account, name, replace(sheet, tiles=24))
    long = processed(account, name, replace(sheet, pages=3))
    dense = processed(account, name, replace(sheet, words=10))
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
    paid += prices.model_time(1, usage.unit_seconds)
    return usage.usd(prices) + paid + seconds * prices.lambda_gb_second


def estimated(name: DetectorName, drawing: Drawing, folder: Path) -> tuple[float, float, Profile]:
    """The least and the most that the plan says the drawing costs, and its profile."""
    profile = module("accept_document").CONFIGURATION.profile_for(SHIPPED[name])
    path = folder / "drawing.pdf"
    path.write_bytes(drawing.pdf())
    plan = plan_document(inspect_for_profile(path, profile), profile, PriceTable())
    return *plan.dollars, profile


@pytest.mark.parametrize("name", ["textract", "pdf-text", "onnx"])
def test_an_estimate_is_within_five_per_cent_of_the_bill(
    account: Account, models: None, tmp_path: Path, name: DetectorName
) -> None:
    drawing = Drawing(pages=2, tiles=5, words=0 if name == "onnx" else 3)
    usage = processed(account, name, drawing)
    _, most, profile = estimated(name, drawing, tmp_path)
    assert most == pytest.approx(bill(usage, profile, drawing), rel=0.05)


@pytest.mark.long
@pytest.mark.parametrize(("is_scanned", "tiles"), [(True, 5), (False, 1)], ids=["scan", "vector"])
def test_an_estimate_of_a_search_by_example_is_within_five_per_cent_of_the_bill(
    account: Account, tmp_path: Path, is_scanned: bool, tiles: int
) -> None:
    example_model.promote(account, tmp_path, "v1")
    drawing = replace(SCAN, pages=2, tiles=5, is_scanned=is_scanned)
    usage = processed(account, "example", drawing)
    _, most, profile = estimated("example", drawing, tmp_path)
    assert most == pytest.approx(bill(usage, profile, replace(drawing, tiles=tiles)), rel=0.05)


@pytest.mark.long
@pytest.mark.parametrize(("reply", "end"), [(None, 0), (crowded(), 1)], ids=["sparse", "crowded"])
def test_the_ends_of_an_estimate_by_detect_text_are_the_bills_of_sparse_and_of_crowded_tiles(
    account: Account, tmp_path: Path, reply: Reply | None, end: int
) -> None:
    drawing = Drawing(pages=2, tiles=5, words=3)
    usage = processed(account, "rekognition-text", drawing, reply=reply)
    *ends, profile = estimated("rekognition-text", drawing, tmp_path)
    assert ends[end] == pytest.approx(bill(usage, profile, drawing), rel=0.05)


@pytest.mark.long
def test_an_estimate_with_a_model_is_within_five_per_cent_if_it_starts_as_is_assumed(
    account: Account, models: None, tmp_path: Path
) -> None:
    """The hours of the model are nearly all of the bill: from its start until it is down."""
    drawing = Drawing(pages=2, tiles=20)
    model = Model(start=START_SECONDS, stop=STOP_SECONDS - LOOK_SECONDS, answer=1.0)
    usage = processed(account, "custom-labels", drawing, of_model=model)
    _, most, profile = estimated("custom-labels", drawing, tmp_path)
    assert usage.unit_seconds > START_SECONDS
    assert most == pytest.approx(bill(usage, profile, drawing), rel=0.05)


@pytest.mark.long
def test_the_counts_that_prices_are_made_of(
    account: Account, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    idle_minute = idle_guard(account)
    request.getfixturevalue("models")
    example_model.promote(account, tmp_path, "v1")
    counts = {name: counted(account, name) for name in SHIPPED}
    # Nothing is like the sample model's objects or the example on these drawings.
    for name in ("onnx", "example"):
        counts[name]["detection"] = counts["custom-labels"]["detection"]
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
