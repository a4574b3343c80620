"""Detects symbols drawn 1 to 12 times their size, with a second scale and without.

    python -m benchmarks.second_scale [--out docs/second_scale.md]

The trained sample model knows symbols of 30 to 90 px. Tiles of 512 px, 64 px of overlap: drawn
larger, symbols outgrow the model, the overlap, and the tile. Rendered, answered and merged by the
code of a run.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.symbols.accuracy import Counts, Detected, Page, counts
from benchmarks.symbols.pages import A2, SIZES, TRIES, TURNS
from tilescout.detections import Answer
from tilescout.detectors.onnx.answers import objects_seen
from tilescout.detectors.onnx.model import OnnxModel, decoded
from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.merging.page import detect_on_page
from tilescout.profiles import Profile, SecondScale
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout_datasets.annotations import Annotation
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import place_symbol

SEEDS = range(700, 704)
FACTORS = {1: 140, 2: 60, 4: 20, 6: 10, 8: 6, 12: 3}
"""The multiples of the usual size, and how many symbols are placed on a sheet if there is room."""
SECOND_SCALES: tuple[SecondScale, ...] = (0.0, 0.5, 0.25, 0.125, "page")
DPI, TILE_SIZE, OVERLAP, THRESHOLD = 150, 512, 64, 50.0
PROFILE = Profile(name="symbols", detector="onnx", dpi=DPI, tile_size=TILE_SIZE, overlap=OVERLAP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All sheets of one factor at one second scale; ``tiles`` are those detected in."""

    factor: int
    sizes: tuple[float, float]
    second_scale: SecondScale
    tiles: int
    counts: Counts


def sheet(seed: int, factors: Mapping[int, int]) -> Sheet:
    """Draws an A2 sheet with symbols of all kinds and turns, as many per factor as there is room
    for."""
    chance = random.Random(seed)
    drawn = Sheet(*A2, chance)
    for factor, count in factors.items():
        for _ in range(count):
            _place(drawn, factor)
    return drawn


def _place(drawn: Sheet, factor: int) -> None:
    label, turn = drawn.chance.choice(tuple(SIZES)), drawn.chance.choice(TURNS)
    reach = 0.95 * factor * SIZES[label]
    for _ in range(TRIES):
        x = drawn.chance.uniform(reach, A2[0] - reach)
        y = drawn.chance.uniform(reach, A2[1] - reach)
        if drawn.is_free(Box(x, y, x, y).grow(reach, reach)):
            place_symbol(drawn, label, (x, y), factor * SIZES[label], turn)
            return


def rows(model: OnnxModel) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        for factor in FACTORS:
            drawn = (sheet(seed, {factor: FACTORS[factor]}) for seed in SEEDS)
            pages = [_saved(sheet_drawn, Path(folder) / "sheet.pdf") for sheet_drawn in drawn]
            longest = [max(item.box.width, item.box.height) for _, truth in pages for item in truth]
            for second_scale in SECOND_SCALES:
                results = [detect_page(model, pdf, truth, second_scale) for pdf, truth in pages]
                yield Row(
                    factor=factor,
                    sizes=(min(longest), max(longest)),
                    second_scale=second_scale,
                    tiles=sum(tiles for _, tiles in results),
                    counts=counts([page for page, _ in results], THRESHOLD),
                )


def _saved(drawn: Sheet, path: Path) -> tuple[bytes, tuple[Annotation, ...]]:
    drawn.finish().save(path)
    truth = tuple(
        Annotation(symbol["label"], Box(*symbol["box_pt"]).scale(DPI / POINTS_PER_INCH))
        for symbol in drawn.truth.symbols
    )
    return path.read_bytes(), truth


def detect_page(
    model: OnnxModel, pdf: bytes, truth: tuple[Annotation, ...], second_scale: SecondScale
) -> tuple[Page, int]:
    """Returns what a run detects on the page, and how many tiles it sends."""
    tiles: list[RenderedTile] = []
    profile = replace(PROFILE, second_scale=second_scale)
    request = RenderRequest.for_page(1, profile, pixels_only=True)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        page = render_page(Path(file.name), request, tiles.append)
    found = detect_on_page(
        [_answer(model, tile) for tile in tiles], 1, page.width_px, page.height_px, PROFILE
    )
    seen = tuple(
        Detected(detection.label, detection.confidence, detection.box) for detection in found
    )
    return Page(truth, seen), len(tiles)


def _answer(model: OnnxModel, rendered: RenderedTile) -> Answer:
    tile = rendered.tile
    found = model.find(decoded(rendered.image), THRESHOLD)
    return Answer(
        tile=tile.index,
        tile_box=tile.box,
        scale=tile.scale,
        objects=objects_seen(found, model.card, tile),
    )


def table(found: list[Row]) -> str:
    head = (
        "| drawn | longer side px | second scale | tiles | objects | found | wrong | F1 |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    return "\n".join([head, *map(_line, found)]) + "\n"


def _line(row: Row) -> str:
    seen, (least, most) = row.counts, row.sizes
    scale = "none" if row.second_scale == 0 else str(row.second_scale)
    return (
        f"| x {row.factor} | {least:.0f} to {most:.0f} | {scale} | {row.tiles} | {seen.objects} "
        f"| {seen.right} | {seen.wrong} | {seen.f1:.3f} |"
    )


def page_text(found: list[Row]) -> str:
    """Returns docs/second_scale.md."""
    return f"""# A second scale

Written by `python -m benchmarks.second_scale --out docs/second_scale.md`. A profile with
`second_scale` looks at each page once more, coarser ([deploy.md](deploy.md)). The sample's trained
model knows symbols of 30 to 90 px at {DPI} dpi. Here the same symbols are drawn up to 12 times as
large, on {len(SEEDS)} sheets each, of seeds {SEEDS[0]} to {SEEDS[-1]}, and cut into tiles of
{TILE_SIZE} px with {OVERLAP} px overlap: the larger ones outgrow the overlap, then the tile, and
all of them the model. The code of a run renders, answers and merges.

{table(found)}
Confidence {THRESHOLD:g}, IoU .5; "found" with the right label, once.

What it says:
- What is too large for the tiles is found at the second scale that shows it at the size the model
  knows, and at no other. A ratio is chosen for the things that are results for; none serves all.
- Things of the usual size are found as before. Of the second scale counts only what is larger than
  the overlap (and an eighth of a tile), and nothing where a fine tile saw something whole. The few
  wrong ones more are the price of looking.
- The wrong ones on the sheets of large symbols are there without a second scale too: a model that
  has never seen such lines takes parts of them for small symbols. Train it on pages as they are.
- Of text, the second scale counts where letters are higher than the overlap: there it is read at
  the second scale, everywhere else in the tiles. On page 1 of three real drawings (E201A floor
  plan, finish plan, Framework 16 schematic; tiles of 1,024 px at 200 dpi) no text is so large, and
  the lines are the same with `"page"`, with `0.25` and without. Lines of any length are stitched
  from the tiles.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    found = list(rows(OnnxModel(SAMPLE_MODEL)))
    print(table(found))
    if asked.out:
        asked.out.write_text(page_text(found))


if __name__ == "__main__":
    main()
