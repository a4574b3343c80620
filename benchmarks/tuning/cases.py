"""The cases of benchmarks.tuning: symbols with the sample model, tags with the local OCR."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import second_scale
from benchmarks.symbols.pages import write_pages, write_sheets
from benchmarks.symbols.unseen_pages import SEEDS
from tilescout.detections import Answer
from tilescout.detectors.responses import from_textract
from tilescout.pricing import PriceTable
from tilescout.profiles import Find, Profile
from tilescout.tiling.grid import Tile
from tilescout_local.apis import textract
from tilescout_local.engines.ocr import TextReader
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_samples import write_samples
from tilescout_tune import annotated_pages, onnx_detector
from tilescout_tune.answer_cache import AnswerCache, NamedDetector
from tilescout_tune.candidates import SearchSpace, Value
from tilescout_tune.scoring import Criterion
from tilescout_tune.search_space import build_search_space
from tilescout_tune.trials import Trials, all_labels

SCATTERED = 60
"""The symbols per sheet beside those of its plans, fewer than the model was measured with, for
time."""
TAGGED_PAGES = (1, 4)
SYMBOLS = Profile(name="symbols", detector="onnx", dpi=130, tile_size=1024, overlap=128)
LARGER = Profile(
    name="symbols", detector="onnx", dpi=150, tile_size=512, overlap=64, seconds_per_tile=0.0625
)
"""The seconds per tile are those of the other case, scaled by pixels."""
SIZES_DRAWN = {4: 12, 1: 60}
"""The multiples of the usual size, and how many symbols are placed on a sheet if there is room."""
TAGS = Profile(
    name="tags",
    detector="textract",
    dpi=200,
    tile_size=2048,
    overlap=256,
    find=(
        Find(label="instrument", pattern=r"[A-Z]{1,3}-\d{3,5}[A-Z]?"),
        Find(label="bubble", pattern=r"[A-Z]{2,3} \d{3,5}[A-Z]?", lines=2),
    ),
)
Varied = Mapping[str, Sequence[Value]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Pages with a detector and the settings to try; ``pages`` are the numbers of pages of the
    searches."""

    name: str
    what: str
    trials: Trials
    varied: Varied
    pages: tuple[int, ...]
    min_recall: float

    @property
    def search_space(self) -> SearchSpace:
        return build_search_space(self.trials.base, self.varied)


@dataclass(frozen=True, slots=True)
class LocalOcr:
    """The local OCR, which answers as the local Textract does, without HTTP."""

    reader: TextReader

    def detect(self, image: bytes, tile: Tile) -> Answer:
        with Image.open(io.BytesIO(image)) as opened:
            pixels = np.asarray(opened.convert("RGB"))[:, :, ::-1]
        lines = self.reader.read(np.ascontiguousarray(pixels))
        answered = textract.response(lines, pixels.shape[1], pixels.shape[0])
        words = from_textract(answered, tile)
        return Answer(tile=tile.index, tile_box=tile.box, words=words)


def symbols(folder: Path) -> Case:
    truth = write_pages(folder / "pages", SEEDS, SCATTERED)
    return Case(
        name="symbols",
        what=f"the sample model on {len(SEEDS)} annotated A2 sheets of unseen seeds; the dpi that "
        "it was trained at, 150, is not among those tried",
        trials=_of_symbols(folder, truth, SEEDS, SYMBOLS),
        varied={
            "dpi": (75, 110, 130, 165, 200, 300),
            "tile_size": (512, 1024, 2048),
            "overlap": (32, 64, 128),
        },
        pages=(6, 3, 1),
        min_recall=0.98,
    )


def two_sizes(folder: Path) -> Case:
    sheets = ((seed, second_scale.sheet(seed, SIZES_DRAWN)) for seed in second_scale.SEEDS)
    truth = write_sheets(folder / "two_sizes", sheets)
    return Case(
        name="two sizes",
        what=f"the sample model on {len(second_scale.SEEDS)} A2 sheets with symbols of their size "
        "and some drawn four times as large, most of which only a second scale shows as the model "
        "knows them",
        trials=_of_symbols(folder, truth, second_scale.SEEDS, LARGER),
        varied={
            "dpi": (100, 150, 200),
            "input_scale": (0.5, 1),
            "tile_size": (512, 1024),
            "overlap": (32, 64),
            "second_scale": (0.0, 0.5, 0.25, "page"),
        },
        pages=(4, 1),
        min_recall=0.9,
    )


def _of_symbols(folder: Path, truth: Path, seeds: range, base: Profile) -> Trials:
    found = annotated_pages.gather([truth.parent / f"page_{seed}.pdf" for seed in seeds], [truth])
    return Trials(
        pages=found.pages,
        base=base,
        criterion=Criterion(kind="objects", labels=all_labels(found.pages)),
        detectors={"onnx": onnx_detector.open_model(SAMPLE_MODEL, workers=2)},
        cache=AnswerCache(folder / "cache"),
        prices=PriceTable(),
    )


def tags(folder: Path) -> Case:
    pdf = write_samples(folder / "samples")[1]
    found = annotated_pages.gather([pdf], [pdf.with_suffix(".json")])
    trials = Trials(
        pages=tuple(page for page in found.pages if page.number in TAGGED_PAGES),
        base=TAGS,
        criterion=Criterion(kind="snippets", labels=()),
        detectors={"textract": NamedDetector(name="ocr", port=LocalOcr(TextReader()))},
        cache=AnswerCache(folder / "cache"),
        prices=PriceTable(),
    )
    return Case(
        name="tags",
        what="the local OCR on an A1 page of the sample set and on a scan of an A3 page; tags by "
        "their exact text",
        trials=trials,
        varied={
            "dpi": (70, 90, 110, 150, 200),
            "tile_size": (1024, 2048),
            "overlap": (32, 128, 256),
        },
        pages=(2, 1),
        min_recall=0.9,
    )
