"""Compares dollars per tile: an ONNX model in Lambda, Custom Labels, and the APIs paid per image.

    python -m benchmarks.detector_prices --out docs

Writes detector_prices.md. Seconds are measured here on tiles of the sample sheet; prices are those
of tilescout.pricing; what nobody measured in AWS is said to be assumed.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tilescout.detectors.onnx.model import ServedModel, decoded
from tilescout.pricing import ONNX_GB, PRICES_AS_OF, PRICES_REGION, PriceTable
from tilescout.profiles import Profile
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout.runs.inference_units import START_SECONDS, STOP_SECONDS
from tilescout_local.engines.symbol_detector import SAMPLE_MODEL
from tilescout_samples import write_samples

PROFILE = Profile(
    name="symbols-onnx",
    detector="onnx",
    model_project="sample-symbols-onnx",
    dpi=150,
    tile_size=1024,
    overlap=128,
)
TILES = (100, 1_000, 10_000, 100_000, 1_000_000)
RATES = (1.0, 2.8, 5.0)
"""Tiles per second of one inference unit. AWS does not document it; 2.8 is the local model's
rate."""
MAX_RUN_SECONDS = 600 * 60
"""Seconds of detecting in one run, the longest deadline; the rest pays another start."""
REQUEST_SECONDS = 0.12
"""The time of one tile's requests in Lambda, one after the other: two of S3, nine of DynamoDB."""
SLOWER = 2.0
"""The time of a core of Lambda over that of a core of this machine, on the safe side."""
SECONDS_A_TILE = (0.25, 1.0, 3.0, 10.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU seconds of one thread per tile: the median and the 90th percentile."""

    tiles: int
    middle: float
    most: float


def measure(folder: Path) -> Measured:
    """Decodes, detects and suppresses every tile of the sample sheet, after one that does not
    count."""
    model = ServedModel(SAMPLE_MODEL.read_bytes())
    images = _images(folder)
    model.find(decoded(images[0]))
    seconds = sorted(_seconds(model, image) for image in images)
    return Measured(len(seconds), statistics.median(seconds), seconds[int(0.9 * len(seconds))])


def _seconds(model: ServedModel, image: bytes) -> float:
    begin = time.thread_time()
    model.find(decoded(image), 50.0)
    return time.thread_time() - begin


def _images(folder: Path) -> list[bytes]:
    """Returns the sheet's tiles as a run stores them."""
    write_samples(folder)
    tiles: list[RenderedTile] = []
    request = RenderRequest.for_page(1, PROFILE, pixels_only=True)
    render_page(folder / "sample_a0.pdf", request, tiles.append)
    return [tile.image for tile in tiles]


def of_onnx(prices: PriceTable, seconds: float) -> float:
    """Returns the dollars of a tile that takes the function this long."""
    return prices.tile_call(replace(PROFILE, seconds_per_tile=seconds))


def of_custom_labels(prices: PriceTable, tiles: int, rate: float) -> float:
    """Returns the dollars of one unit from start to stop, in as many runs as the deadline
    requires."""
    detecting = tiles / rate
    runs = math.ceil(detecting / MAX_RUN_SECONDS)
    return prices.model_time(1, detecting + runs * (START_SECONDS + STOP_SECONDS))


def cheaper_from(prices: PriceTable, a_tile: float, rate: float) -> str:
    """Returns the number of tiles in one run from which the model by the hour is cheaper."""
    saved = a_tile - prices.model_time(1, 1 / rate)
    if saved <= 0:
        return "never"
    return f"{math.ceil(prices.model_time(1, START_SECONDS + STOP_SECONDS) / saved):,}"


def page(measured: Measured, prices: PriceTable) -> str:
    """Returns docs/detector_prices.md."""
    expected = SLOWER * measured.middle + REQUEST_SECONDS
    a_tile = prices.tile_call(PROFILE)
    return TEXT.format(
        region=PRICES_REGION,
        as_of=PRICES_AS_OF,
        tiles=measured.tiles,
        middle=1000 * measured.middle,
        most=1000 * measured.most,
        rate=1 / measured.middle,
        slower=SLOWER,
        requests=REQUEST_SECONDS,
        expected=expected,
        assumed=PROFILE.seconds_per_tile,
        gigabytes=ONNX_GB,
        a_tile=a_tile,
        a_million=1_000_000 * a_tile,
        start=prices.model_time(1, START_SECONDS + STOP_SECONDS),
        minutes=(START_SECONDS + STOP_SECONDS) / 60,
        hours=MAX_RUN_SECONDS / 3600,
        around=prices.tile("textract"),
        around_onnx=prices.tile("onnx"),
        by_tiles=_table(
            ["tiles in one run", "ONNX", *(f"Custom Labels, {r:g} tiles/s" for r in RATES),
             "DetectText", "Textract"],
            (_by_tiles(prices, tiles) for tiles in TILES),
        ),
        by_seconds=_table(
            ["seconds per tile in Lambda", "$ per tile", "$ per million",
             *(f"Custom Labels cheaper from, {r:g} tiles/s" for r in RATES)],
            (_by_seconds(prices, seconds) for seconds in SECONDS_A_TILE),
        ),
        by_image=_table(
            ["instead of", "$ per tile", *(f"{r:g} tiles/s" for r in RATES)],
            (
                [name, f"${call:.4f}", *(cheaper_from(prices, call, rate) for rate in RATES)]
                for name, call in (
                    ("DetectText", prices.call("rekognition-text")),
                    ("Textract", prices.call("textract")),
                )
            ),
        ),
        limits=", ".join(
            f"{prices.model_time(1, 1 / rate) / of_onnx(prices, 1):.0f} s at {rate:g}"
            for rate in RATES
        ),
    )  # fmt: skip


def _by_tiles(prices: PriceTable, tiles: int) -> list[str]:
    return [
        f"{tiles:,}",
        _usd(tiles * prices.tile_call(PROFILE)),
        *(_usd(of_custom_labels(prices, tiles, rate)) for rate in RATES),
        _usd(tiles * prices.call("rekognition-text")),
        _usd(tiles * prices.call("textract")),
    ]


def _by_seconds(prices: PriceTable, seconds: float) -> list[str]:
    a_tile = of_onnx(prices, seconds)
    return [
        f"{seconds:g}",
        f"${a_tile:.7f}",
        _usd(1_000_000 * a_tile),
        *(cheaper_from(prices, a_tile, rate) for rate in RATES),
    ]


def _usd(amount: float) -> str:
    return f"${amount:,.0f}" if amount >= 100 else f"${amount:.2f}" if amount >= 1 else (
        f"${amount:.4f}"
    )  # fmt: skip


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


TEXT = """# What a tile costs, by detector

Written by `python -m benchmarks.detector_prices --out docs`. List prices of {region}, {as_of}, in
US dollars, without free tiers. Storing, sending and merging a tile
costs ${around:.6f} more by a service and ${around_onnx:.6f} by ONNX; that is left out. Without
documents each of them costs nothing.

## Measured and assumed

- **ONNX in Lambda** (`detector: onnx`). The sample model takes {middle:.0f} ms of one core of this
  machine for a tile of 1,024 px, decoding and suppression included (the middle of {tiles} tiles
  of the sample sheet; nine of ten under {most:.0f} ms): {rate:.0f} tiles per second and core. Not
  measured in AWS: a core of Lambda is taken for {slower:g} times as slow, and the reads and writes
  of a tile for {requests:g} s, together {expected:.2f} s. The price is that of {assumed:g} s, the
  profile's `seconds_per_tile`, of {gigabytes:.2f} GB, which is one core: **${a_tile:.7f} per tile,
  ${a_million:.2f} a million**. A larger model: measure it with
  `tilescout onnx check FILE`, and set `seconds_per_tile`.
- **Custom Labels**: one inference unit by the hour, from its start until it is down; start and stop
  are taken for {minutes:.0f} minutes, ${start:.2f}. The tiles per second of a unit are not
  documented. A run detects {hours:.0f} hours at the most; what is left pays another start. More
  units do not change the price of a tile.
- **DetectText and Textract** are paid by the image. They read text and find no symbols: they stand
  here for what the same tiles cost when they are read.

## By tiles

{by_tiles}

An A0 sheet at 150 dpi is {tiles} tiles. A month of single runs with a start each costs Custom
Labels that row as often as it runs; the other columns do not mind how tiles are spread.

## When each pays

**ONNX against Custom Labels.** A model by the hour is cheaper only where a tile takes Lambda
longer than this, by the tiles per second of a unit: {limits}. Even then it is so only from so many
tiles in one run:

{by_seconds}

So every model of some megabytes is cheaper in Lambda, from the first tile. What speaks for Custom
Labels is not the price: it trains without a machine of your own, and needs no model file.

**Custom Labels against the APIs by the image**, cheaper from so many tiles in one run:

{by_image}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("docs"))
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder))
    path = out / "detector_prices.md"
    path.write_text(page(measured, PriceTable()))
    print(f"{path}: {1 / measured.middle:.0f} tiles per second and core")


if __name__ == "__main__":
    main()
