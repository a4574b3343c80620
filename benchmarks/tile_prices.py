"""Prints what AWS's services around a tile, a page and a document cost, from counted requests.

    python -m benchmarks.tile_prices

The counts are those of tilescout.pricing.counted_requests, which the tests write; prices are list
prices.
A detector that nobody has counted is priced as the dearest one, and is not in the table.
"""

from __future__ import annotations

from collections.abc import Iterator

from tilescout.detector_kinds import KINDS
from tilescout.pricing import PriceTable
from tilescout.pricing.counted_requests import COUNTS

DENSE_ROWS = 922
"""Detections of the densest sample page, read by its text layer."""
TEXT_TILES = 20
"""Tiles of a 42 x 30 in sheet at 200 dpi, 2,048 px each."""
BEFORE = {
    "custom-labels": 11,
    "textract": 11,
    "rekognition-text": 13,
    "onnx": 11,
    "text page": 11,
    "layer page": 7,
    "document": 80,
}
"""Write units at commit 534515b, before writes were saved, as the recorder of commit 11a8578, its
child, counts them there: its tests/handlers/test_usage.py with --counts on the older functions. A
page is without its tiles and rows."""


def table(prices: PriceTable) -> str:
    """Returns the table of docs/costs.md."""
    head = "| | write units before | now | US dollars | detector on top |\n|---|---|---|---|---|"
    return "\n".join([head, *_tiles(prices), *_pages(prices)])


def _tiles(prices: PriceTable) -> Iterator[str]:
    for name, kind in KINDS.items():
        if kind.reads_pixels and name in COUNTS:
            writes = COUNTS[name]["tile"]["dynamodb_write"]
            on_top = f"${prices.call(name):g}" if kind.call_price else _time(name)
            numbers = f"{BEFORE.get(name, 'not there')} | {writes:g} | {prices.tile(name):.6f}"
            yield f"| a tile by `{name}` | {numbers} | {on_top} |"


def _time(name: str) -> str:
    return "its model's hours" if name == "custom-labels" else "its function's time"


def _pages(prices: PriceTable) -> Iterator[str]:
    tiles = TEXT_TILES * COUNTS["textract"]["tile"]["dynamodb_write"]
    writes = COUNTS["textract"]["page"]["dynamodb_write"] + tiles
    usd = prices.page("textract") + TEXT_TILES * prices.tile("textract")
    calls = TEXT_TILES * prices.call("textract")
    before = BEFORE["text page"] + TEXT_TILES * BEFORE["textract"]
    numbers = f"{before} | {writes:g} | {usd:.6f}"
    yield f"| a text page of {TEXT_TILES} tiles, no rows | {numbers} | ${calls:g} |"
    writes = COUNTS["pdf-text"]["page"]["dynamodb_write"]
    writes += DENSE_ROWS * COUNTS["pdf-text"]["detection"]["dynamodb_write"]
    usd = prices.page("pdf-text") + DENSE_ROWS * prices.detection("pdf-text")
    before = BEFORE["layer page"] + DENSE_ROWS * 2
    numbers = f"{before} | {writes:g} | {usd:.6f}"
    yield f"| a page of {DENSE_ROWS} rows by `pdf-text` | {numbers} | none |"
    writes = COUNTS["textract"]["document"]["dynamodb_write"]
    usd = prices.document("textract")
    yield f"| a document with a run of its own | {BEFORE['document']} | {writes:g} | {usd:.6f} | |"


def main() -> None:
    print(table(PriceTable()))


if __name__ == "__main__":
    main()
