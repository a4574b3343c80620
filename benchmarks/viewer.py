"""How fast the viewer is: first picture, frames per second while panning and zooming, memory.

A sheet of 12,600 x 9,000 px with 3,000 and with 20,000 detections, and one of 36,000 px. Frames are
counted in Chromium's own trace. Beside it, OpenSeadragon with an HTML overlay for each detection,
on the same drawing. Run `make web` first, then `python -m benchmarks.viewer`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymupdf
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium
from tests.browser.chromium import Viewer
from tilescout.tiling.page_geometry import page_pixels
from tilescout_reviews.review import Author
from tilescout_viewer import server
from tilescout_viewer.sources import LocalFiles

DPI = 200
SECONDS = 4
LABELS = ("instrument", "line number", "pump", "tag", "valve")
VIEWPORT = {"width": 1280, "height": 800}
OVERLAYS = chromium.WEB / "node_modules/openseadragon/build/openseadragon/openseadragon.min.js"

INTRODUCTION = """# The viewer's speed

`python -m benchmarks.viewer` wrote this table: a drawn sheet in headless Chromium without a
graphics card, frames counted in the browser's own trace. The first picture is sharp with all its
boxes, the first time its tiles are drawn from the PDF, the second time they are there.

"""

MOVES = {
    "pan": "viewport.panBy({x: 0.004 * Math.cos(t / 400), y: 0.004 * Math.sin(t / 300)}, true)",
    "zoom": "viewport.zoomBy(Math.sin(t / 700) > 0 ? 1.015 : 1 / 1.015, undefined, true)",
}
DRIVE = """(seconds) => new Promise((done) => {
  const {viewport} = VIEWER;
  const start = performance.now(); let frames = 0;
  const step = () => {
    const t = performance.now() - start;
    if (t > seconds * 1000) return done(frames / seconds);
    MOVE;
    frames += 1;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""
OURS = "window.tilescout.stage.viewer"
THEIRS = "window.overlaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Times in seconds, frames per second by move, memory of the page's process in MB."""

    what: str
    cold: float
    warm: float
    frames: dict[str, float]
    memory_mb: float


def write_sheet(folder: Path, width_px: int, height_px: int, detections: int) -> None:
    """A sheet with pipes, symbols and tags, and a detection at each symbol."""
    folder.mkdir(parents=True)
    size = width_px * 72 / DPI, height_px * 72 / DPI
    draw = random.Random(7)
    rows = []
    content = []
    for number in range(detections):
        x, y = draw.uniform(20, size[0] - 50), draw.uniform(20, size[1] - 50)
        rows.append(_row(number, [x, y, x + 16, y + 16], draw.uniform(30, 100)))
        content.append(_symbol(x, size[1] - y, f"FV-{number}"))
    with pymupdf.open() as document:
        page = document.new_page(width=size[0], height=size[1])
        page.insert_text((5, 15), "SHEET", fontname="helv")
        (stream,) = page.get_contents()
        document.update_stream(stream, b"0.5 w\n" + "".join(content).encode())
        document.save(folder / "drawing.pdf")
    result = {"document": _head(*page_pixels(*size, DPI), size), "detections": rows}
    (folder / "detections.json").write_text(json.dumps(result))


def _symbol(x: float, y: float, text: str) -> str:
    """Operators of PDF that draw a bubble of 16 pt with its tag and a pipe; y goes up."""
    return (
        f"{x:.2f} {y - 8:.2f} m {x:.2f} {y:.2f} {x + 16:.2f} {y:.2f} {x + 16:.2f} {y - 8:.2f} c "
        f"{x + 16:.2f} {y - 16:.2f} {x:.2f} {y - 16:.2f} {x:.2f} {y - 8:.2f} c S "
        f"{x + 16:.2f} {y - 8:.2f} m {x + 30:.2f} {y - 8:.2f} l S "
        f"BT /helv 4 Tf {x + 1:.2f} {y - 9:.2f} Td ({text}) Tj ET\n"
    )


def _row(number: int, box: list[float], confidence: float) -> dict[str, Any]:
    return {
        "id": f"00001#{number:06d}", "page": 1, "label": LABELS[number % 5],
        "text": f"FV-{number}", "normalised_text": f"FV-{number}",
        "confidence": round(confidence, 2),
        "box_px": [round(side * DPI / 72) for side in box],
        "box_pt": [round(side, 2) for side in box], "tiles": [0],
        "open_sides": ["right"] if number % 20 == 0 else [], "model_version": "",
    }  # fmt: skip


def _head(width: int, height: int, size: tuple[float, float]) -> dict[str, Any]:
    page = {"page": 1, "width_px": width, "height_px": height, "width_pt": size[0],
            "height_pt": size[1], "dpi": DPI, "rotation": 0}  # fmt: skip
    return {
        "id": "0" * 32, "source": {"bucket": "b", "key": "incoming/p/0/sheet.pdf", "version": "1"},
        "profile": "tags", "status": "DONE", "reason": "", "result_id": "0" * 32 + "-000001",
        "run_id": "", "model_version": "", "cost": {"spent_usd": 0}, "warnings": [],
        "pages": [page],
    }  # fmt: skip


def measure(browser: Browser, folder: Path, what: str, cache: Path) -> Speed:
    """The viewer on one sheet; the first time its tiles are drawn, the second they are there."""
    with _served(folder, cache) as address:
        cold = _opened(browser, address)
        with chromium.viewer(browser, viewport=VIEWPORT) as viewer:
            started = time.monotonic()
            viewer.open(address)
            warm = time.monotonic() - started
            frames = {
                name: traced_frames(browser, viewer.page, OURS, move)
                for name, move in MOVES.items()
            }
            memory = page_memory_mb()
    return Speed(what=what, cold=cold, warm=warm, frames=frames, memory_mb=memory)


def _opened(browser: Browser, address: str) -> float:
    with chromium.viewer(browser, viewport=VIEWPORT) as viewer:
        started = time.monotonic()
        viewer.open(address)
        return time.monotonic() - started


def measure_overlays(browser: Browser, folder: Path, what: str, cache: Path) -> Speed:
    """Measures OpenSeadragon with an HTML element per detection, on the same tiles."""
    with (
        _served(folder, cache) as address,
        browser.new_context(viewport=VIEWPORT, bypass_csp=True) as context,
    ):
        viewer = Viewer(context.new_page())
        viewer.open(address)
        started = time.monotonic()
        viewer.page.evaluate(OVERLAYS.read_text())
        viewer.page.evaluate(OVERLAY_PAGE)
        viewer.wait("window.overlaid.world.getItemCount() && "
                    "window.overlaid.world.getItemAt(0).getFullyLoaded()", seconds=120)  # fmt: skip
        warm = time.monotonic() - started
        frames = {
            name: traced_frames(browser, viewer.page, THEIRS, move) for name, move in MOVES.items()
        }
        return Speed(what=what, cold=0, warm=warm, frames=frames, memory_mb=page_memory_mb())


OVERLAY_PAGE = """() => {
  const {store, stage} = window.tilescout; const page = store.page; const id = store.documentId;
  stage.viewer.destroy(); store.refresh = async () => {};
  const box = document.createElement("div");
  box.style = "position:fixed;inset:48px 340px 0 216px;background:#fff";
  document.body.replaceChildren(box);
  const by = page.magnification;
  window.overlaid = OpenSeadragon({element: box, drawer: "canvas", showNavigationControl: false,
    tileSources: {width: page.width * by, height: page.height * by, tileSize: page.tilePx,
      tileOverlap: 0, minLevel: 8, maxLevel: page.levels - 1,
      getTileUrl: (l, x, y) => store.backend.tileUrl(id, page, "own", l, x, y)}});
  window.overlaid.addHandler("open", () => {
    const image = window.overlaid.world.getItemAt(0);
    for (const each of store.detections.values()) {
      const element = document.createElement("div");
      element.style.border = "2px solid #0072b2";
      const [l, t, r, b] = each.box.map((side) => side * by);
      window.overlaid.addOverlay(element, image.imageToViewportRectangle(l, t, r - l, b - t));
    }
  });
}"""


def traced_frames(browser: Browser, page: Page, viewer: str, move: str) -> float:
    """Frames that the compositor drew in each second, from Chromium's trace of a move."""
    drive = DRIVE.replace("VIEWER", viewer).replace("MOVE", move)
    categories = ["disabled-by-default-devtools.timeline.frame", "devtools.timeline.frame"]
    browser.start_tracing(page=page, categories=categories)
    page.evaluate(drive, SECONDS)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    drawn = sorted(event["ts"] for event in events if event["name"] == "DrawFrame")
    if len(drawn) < 2:
        return 0.0
    return float((len(drawn) - 1) / ((drawn[-1] - drawn[0]) / 1e6))


def page_memory_mb() -> float:
    """Returns the proportional memory of the largest process that shows a page of our Chromium."""
    shown = []
    for process in Path("/proc").iterdir():
        try:
            command = (process / "cmdline").read_bytes()
            if str(chromium.UNPACKED).encode() in command and b"--type=renderer" in command:
                rollup = (process / "smaps_rollup").read_text()
                shown += [int(line.split()[1]) for line in rollup.splitlines() if "Pss:" in line][
                    :1
                ]
        except OSError:
            continue  # it ended while the list was read
    return max(shown, default=0) / 1000


@contextmanager
def _served(folder: Path, cache: Path) -> Iterator[str]:
    author = Author(name="benchmark", now=lambda: int(time.time()))
    with server.serving(server.library(LocalFiles([folder]), author, cache)) as address:
        yield address


def report(speeds: list[Speed]) -> str:
    """A table of all measurements."""
    lines = [
        "| what | first picture, tiles to draw | tiles there | pan, frames/s | zoom, frames/s "
        "| memory of the page |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.what} | {f'{each.cold:.1f} s' if each.cold else ''} | {each.warm:.1f} s "
        f"| {each.frames['pan']:.0f} | {each.frames['zoom']:.0f} | {each.memory_mb:.0f} MB |"
        for each in speeds
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="the page to write")
    arguments = parser.parse_args()
    speeds = []
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        chromium.launch(playwright) as browser,
    ):
        root = Path(folder)
        cases = ((12_600, 9_000, 3_000), (12_600, 9_000, 20_000), (36_000, 24_000, 3_000))
        for width, height, detections in cases:
            sheet = root / f"{width}-{detections}"
            write_sheet(sheet, width, height, detections)
            name = f"{width:,} x {height:,} px, {detections:,} detections"
            cache = root / f"cache-{width}-{detections}"
            speeds.append(measure(browser, sheet, name, cache))
            print(report(speeds[-1:]).splitlines()[-1], flush=True)
            if (width, detections) == (12_600, 3_000):
                beside = "the same with HTML overlays of OpenSeadragon"
                speeds.append(
                    measure_overlays(browser, sheet, beside, root / f"cache-{width}-{detections}")
                )
                print(report(speeds[-1:]).splitlines()[-1], flush=True)
    load = os.getloadavg()[1]
    measured = f"Measured with {os.cpu_count()} cores, load {load:.1f}."
    page = f"{INTRODUCTION}{report(speeds)}\n\n{measured}\n"
    print(page)
    if arguments.out:
        arguments.out.write_text(page)


if __name__ == "__main__":
    main()
