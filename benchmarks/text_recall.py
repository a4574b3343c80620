"""Scores OCR through the whole local workflow against the text layer, beside one call per page.

    python -m benchmarks.text_recall --drawings DIR [--profile text] [--out docs/text_recall.md]

The text layer is off for the run (it is the ground truth). Beside it stands the whole page in one
call of the same engine, with the longer side at 2,000 px (where the engine shrinks by default) and
at 4,096 px: what tiling buys, and where it does not.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pymupdf

from benchmarks.local_run import detect, embedded_aws
from tilescout.detections import Word
from tilescout.geometry import Box, bounding_box
from tilescout_evaluate.metrics.text.accuracy import Accuracy, compare
from tilescout_evaluate.metrics.text.pages import TextDetection, TextPage
from tilescout_evaluate.truth.pdf import render_text
from tilescout_local.engines.ocr import TextReader

DRAWINGS = ("ranjantx_E201A_floorplan", "opentakeoff_finish_plan")
WHOLE_PAGE_SIDES = (2_000, 4_096)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table."""

    drawing: str
    how: str
    accuracy: Accuracy
    seconds: float


def visible_words(path: Path, page: int, dpi: int) -> tuple[Word, ...]:
    """Returns the page's own visible words in page pixels at ``dpi``."""
    return render_text(path, page, dpi).words


def tiled(path: Path, profile: str, folder: Path) -> Row:
    run = detect(path, profile, folder, pages="1")
    if not run.result:
        raise SystemExit(f"{path.name}: no result\n{run.errors}")
    page = run.result["document"]["pages"][0]
    seen = [
        TextDetection(found["text"], Box(*found["box_px"])) for found in run.result["detections"]
    ]
    words = visible_words(path, 1, page["dpi"])
    how = f"tiles, {page['dpi']} dpi, profile {profile}"
    return Row(drawing=path.stem, how=how, accuracy=_compared(words, seen), seconds=run.seconds)


def whole_page(path: Path, reader: TextReader, side: int) -> Row:
    with pymupdf.open(path) as document:
        page = document[0]
        dpi = int(72 * side / max(page.rect.width, page.rect.height))
        picture = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csRGB, alpha=False)
        pixels = np.frombuffer(picture.samples, np.uint8).reshape(picture.h, picture.w, 3)
        lines = reader.read(np.ascontiguousarray(pixels[:, :, ::-1]))
    seen = [TextDetection(line.text, bounding_box(line.quad)) for line in lines]
    words = visible_words(path, 1, dpi)
    how = f"whole page in one call, {side:,} px"
    return Row(drawing=path.stem, how=how, accuracy=_compared(words, seen), seconds=0.0)


def _compared(words: tuple[Word, ...], seen: list[TextDetection]) -> Accuracy:
    return compare(TextPage("", words, tuple(seen)))


def rows(drawings: Path, profiles: list[str]) -> Iterator[Row]:
    reader = TextReader()
    with tempfile.TemporaryDirectory() as folder, embedded_aws(Path(folder) / "home"):
        for name in DRAWINGS:
            path = drawings / f"{name}.pdf"
            for profile in profiles:
                yield tiled(path, profile, Path(folder))
            for side in WHOLE_PAGE_SIDES:
                yield whole_page(path, reader, side)


def table(found: list[Row]) -> str:
    head = "| drawing | how | words | recall | precision | boxes too large | wall s |"
    rule = "|---|---|---|---|---|---|---|"
    lines = [
        f"| {row.drawing} | {row.how} | {row.accuracy.words} | {row.accuracy.recall:.3f} "
        f"| {row.accuracy.precision:.3f} | {row.accuracy.oversized} | {row.seconds:.0f} |"
        for row in found
    ]
    return "\n".join([head, rule, *lines]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=Path, required=True)
    parser.add_argument("--profile", action="append", dest="profiles")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    text = table(list(rows(asked.drawings, asked.profiles or ["text"])))
    print(text)
    if asked.out:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()
