"""The picture of the viewer in the documentation, made from the sample sheet.

Run `make web` first, then `python -m benchmarks.viewer_picture --out docs/viewer.png`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.viewer import DPI
from tests.browser import chromium
from tilescout.tiling.page_geometry import page_pixels
from tilescout_drawings.drawing import Drawing
from tilescout_reviews.review import Author
from tilescout_samples import write_samples
from tilescout_viewer import server
from tilescout_viewer.sources import LocalFiles

VIEWPORT = {"width": 1280, "height": 800}


def result_of_sample(folder: Path) -> None:
    """Writes detections.json with what the sample says is drawn, as if it had been found."""
    write_samples(folder)
    (folder / "sample_a0.pdf").rename(folder / "drawing.pdf")
    with Drawing(folder / "drawing.pdf") as drawing:
        (size,) = drawing.pages
    told = json.loads((folder / "sample_a0.json").read_text())
    items = told["pages"][0]
    rows = [
        _row(number, each)
        for number, each in enumerate([*items.get("tags", []), *items.get("symbols", [])])
    ]
    width, height = page_pixels(size.width_pt, size.height_pt, DPI)
    page = {"page": 1, "width_px": width, "height_px": height, "width_pt": size.width_pt,
            "height_pt": size.height_pt, "dpi": DPI, "rotation": 0}  # fmt: skip
    head = {
        "id": "0" * 32,
        "source": {"bucket": "b", "key": "incoming/tags/0/sample_a0.pdf", "version": "1"},
        "profile": "tags", "status": "DONE", "reason": "", "result_id": "0" * 32 + "-000001",
        "run_id": "", "model_version": "", "cost": {"spent_usd": 0}, "warnings": [],
        "pages": [page],
    }  # fmt: skip
    result = {"document": head, "detections": rows}
    (folder / "detections.json").write_text(json.dumps(result))


def _row(number: int, each: dict[str, Any]) -> dict[str, Any]:
    box = [round(side, 2) for side in each["box_pt"]]
    return {
        "id": f"00001#{number:06d}", "page": 1, "label": each.get("label", "tag"),
        "text": each.get("text", ""), "normalised_text": each.get("text", "").upper(),
        "confidence": 45 + (number * 29) % 55, "box_px": [round(s * DPI / 72) for s in box],
        "box_pt": box, "tiles": [0], "open_sides": ["right"] if number % 17 == 0 else [],
        "model_version": "",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the PNG to write")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name) / "sample"
        result_of_sample(folder)
        author = Author(name="you", now=lambda: int(time.time()))
        library = server.library(LocalFiles([folder]), author, Path(name) / "cache")
        with (
            server.serving(library) as address,
            chromium.launch(playwright) as browser,
            chromium.viewer(browser, address, viewport=VIEWPORT) as viewer,
        ):
            viewer.page.get_by_label("Order").select_option("position")
            for _ in range(30):
                viewer.press("j")
            viewer.press("-", "-", "-", "a")
            viewer.saved()
            viewer.page.wait_for_timeout(1_500)
            viewer.sharp()
            viewer.page.screenshot(path=arguments.out)
    image = Image.open(arguments.out).convert("RGB").quantize(256)
    image.save(arguments.out, optimize=True)


if __name__ == "__main__":
    main()
