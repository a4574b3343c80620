"""Counts how often the layout of a sheet is read right: frame, zones, title block.

    python -m benchmarks.sheet_layout [--data DIR] [--sheets 200] [--compared 20]

Sheets are drawn from A4 to A0, with a border and a frame or one line, in any colour, with zones
that begin at any corner, with a title block, straight or scanned with a skew of up to one degree
and grain; every fifth has no frame but a building's outline, a table, or nothing. With ``--data``
each first page of a folder's PDFs is listed with what is found on it. Pages are drawn at 200 dpi,
as for tiles, and read from these pixels, as the renderer does. The first ``--compared`` sheets are
also read with words that come later, and by Canny and Hough.
"""

from __future__ import annotations

import argparse
import io
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image

from benchmarks.frame_baseline import canny_hough_frame
from tilescout.geometry import Box, iou
from tilescout.rendering.mupdf.page import MupdfPage
from tilescout.rendering.page_tiles import Pixels
from tilescout.rendering.sheet_reading import read_layout, reduced_for_layout
from tilescout.sheet_layout.layout import SheetLayout
from tilescout.sheet_layout.sheet_reader import read_words
from tilescout.sheet_layout.words import SheetWord

PAPERS = {"A4": (842, 595), "A3": (1191, 842), "A2": (1684, 1191), "A1": (2384, 1684),
          "A0": (3370, 2384)}  # fmt: skip
COLOURS = ((0, 0, 0), (0.5, 0, 0), (0, 0, 0.8), (0.6, 0.6, 0.6), (0, 0.5, 0), (0.8, 0.5, 0))
DPI, BAND_ROWS = 200, 1024
LETTERS = "ABCDEFGHJKLMNP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The drawn facts: the frame, names of columns and rows, drawing number and revision."""

    frame: Box | None
    columns: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    number: str = ""
    revision: str = ""
    block: Box | None = None


def draw_sheet(seed: int) -> tuple[pymupdf.Document, Truth]:
    """Draws one sheet."""
    draw = random.Random(seed)
    width, height = draw.choice(list(PAPERS.values()))
    document = pymupdf.open()
    page = document.new_page(width=width, height=height)
    margin = draw.uniform(0.03, 0.05) * height
    frame = Box(margin * draw.uniform(1, 2), margin, width - margin, height - margin)
    _draw_content(page, frame, draw)
    if seed % 5 == 4:
        _draw_none(page, frame, draw)
        return document, Truth(frame=None)
    colour = draw.choice(COLOURS)
    page.draw_rect(_rect(frame), width=draw.uniform(0.25, 2), color=colour)
    columns, rows = _zones(page, frame, draw, colour)
    number = f"{draw.choice('PEMQ')}-{draw.randrange(1000, 9999)}-{draw.randrange(10, 99)}"
    block, revision = _title_block(page, frame, number, draw)
    return document, Truth(frame=frame, columns=columns, rows=rows, number=number,
                           revision=revision, block=block)  # fmt: skip


def _rect(box: Box) -> pymupdf.Rect:
    return pymupdf.Rect(box.left, box.top, box.right, box.bottom)


def _draw_content(page: pymupdf.Page, frame: Box, draw: random.Random) -> None:
    for _ in range(60):
        x = draw.uniform(frame.left + 0.1 * frame.width, frame.right - 0.3 * frame.width)
        y = draw.uniform(frame.top + 0.1 * frame.height, frame.bottom - 0.35 * frame.height)
        kind = draw.randrange(3)
        if kind == 0:
            page.draw_line((x, y), (x + draw.uniform(20, 150), y), width=0.5)
        elif kind == 1:
            page.draw_circle((x, y), draw.uniform(4, 14), width=0.5)
        else:
            page.insert_text((x, y), f"FV-{draw.randrange(999)}", fontsize=7)


def _draw_none(page: pymupdf.Page, frame: Box, draw: random.Random) -> None:
    """Draws a building's outline with its dimensions, a table, or nothing."""
    kind = draw.randrange(3)
    walls = frame.grow(-0.06 * frame.width, -0.08 * frame.height)
    if kind == 0:
        page.draw_rect(_rect(walls), width=3)
        for place in range(int(walls.left), int(walls.right) - 40, 50):
            page.draw_line((place, walls.top - 20), (place + 45, walls.top - 20), width=0.5)
            page.insert_text((place + 8, walls.top - 24), "1250", fontsize=8)
            page.insert_text((place + 8, walls.bottom + 24), "3400", fontsize=8)
    if kind == 1:
        page.draw_rect(pymupdf.Rect(0.3 * frame.width, 0.2 * frame.height, 0.8 * frame.width,
                                    0.6 * frame.height))  # fmt: skip


def _zones(
    page: pymupdf.Page, frame: Box, draw: random.Random, colour: tuple[float, float, float]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Draws border, ticks and names in two of three sheets."""
    if draw.random() < 1 / 3:
        return (), ()
    band = draw.uniform(14, 20)
    border = frame.grow(band, band)
    if draw.random() < 0.7:
        page.draw_rect(_rect(border), width=0.3, color=colour)
    columns = tuple(str(number + 1) for number in range(draw.randrange(4, 13)))
    rows = tuple(LETTERS[: draw.randrange(3, 9)])
    columns = columns[::-1] if draw.random() < 0.5 else columns
    rows = rows[::-1] if draw.random() < 0.5 else rows
    for number, name in enumerate(columns):
        x = frame.left + (number + 0.5) * frame.width / len(columns)
        page.insert_text((x - 3, frame.top - 4), name, fontsize=9)
        if number:
            edge = frame.left + number * frame.width / len(columns)
            page.draw_line((edge, border.top), (edge, frame.top), width=0.4, color=colour)
    for number, name in enumerate(rows):
        y = frame.top + (number + 0.5) * frame.height / len(rows)
        page.insert_text((border.left + 5, y + 3), name, fontsize=9)
        if number:
            edge = frame.top + number * frame.height / len(rows)
            page.draw_line((border.left, edge), (frame.left, edge), width=0.4, color=colour)
    return columns, rows


def _title_block(
    page: pymupdf.Page, frame: Box, number: str, draw: random.Random
) -> tuple[Box, str]:
    """Draws a title block and returns its box and the revision in it."""
    block = Box(frame.right - 240, frame.bottom - 90, frame.right, frame.bottom)
    page.draw_rect(_rect(block), width=0.7)
    page.draw_line((block.left, block.top + 45), (block.right, block.top + 45), width=0.5)
    page.draw_line((block.left + 160, block.top + 45), (block.left + 160, block.bottom), width=0.5)
    captions = draw.choice((("TITLE", "DWG NO.", "REV"), ("Title:", "Drawing No.", "Revision")))
    places = ((6, 10), (6, 55), (166, 55))
    values = ("PUMP HOUSE", number, draw.choice("ABCD"))
    for caption, value, (x, y) in zip(captions, values, places, strict=True):
        page.insert_text((block.left + x, block.top + y), caption, fontsize=6)
        page.insert_text((block.left + x + 10, block.top + y + 22), value, fontsize=10)
    return block, values[2]


def scanned(
    document: pymupdf.Document, degrees: float, *, has_words: bool = True
) -> pymupdf.Document:
    """Returns the page as a picture that lies askew, with grain; its words may lie under it."""
    page = document[0]
    pixmap = page.get_pixmap(dpi=150, colorspace=pymupdf.csGRAY)
    picture = Image.frombytes("L", (pixmap.width, pixmap.height), pixmap.samples)
    picture = picture.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=255)
    grain = np.random.default_rng(1).normal(0, 6, (picture.height, picture.width))
    grey = np.clip(np.asarray(picture, float) - 8 + grain, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=75)
    scan = pymupdf.open()
    turned = scan.new_page(width=page.rect.width, height=page.rect.height)
    turned.insert_image(turned.rect, stream=file.getvalue())
    if not has_words:
        return scan
    middle = pymupdf.Point(page.rect.width / 2, page.rect.height / 2)
    turn = pymupdf.Matrix(1, 0, 0, 1, -middle.x, -middle.y) * pymupdf.Matrix(degrees)
    for x, _, _, y, text, *_ in page.get_text("words"):
        place = pymupdf.Point(x, y) * turn + middle
        turned.insert_text(place, text, fontsize=8, render_mode=3)
    return scan


def read(document: pymupdf.Document) -> SheetLayout:
    """Returns the layout of the first page."""
    page = MupdfPage(document[0], DPI)
    return read_layout(page, picture_of(page))


def picture_of(page: MupdfPage) -> Pixels | None:
    """Returns the small picture that is kept while a page is drawn, None where there is none."""
    reduced = reduced_for_layout(page)
    if reduced is None:
        return None
    for top in range(0, page.height, BAND_ROWS):
        rows = min(BAND_ROWS, page.height - top)
        reduced.draw(np.empty((rows, page.width, page.channels), np.uint8), top)
    return reduced.picture


def read_later(scan: pymupdf.Document, with_words: pymupdf.Document) -> SheetLayout:
    """Returns the layout of a scan without words, with those of the same scan that has them."""
    words = [SheetWord(text, Box(*sides)) for *sides, text, _, _, _ in
             with_words[0].get_text("words")]  # fmt: skip
    return read_words(read(scan), words)


def read_by_baseline(document: pymupdf.Document) -> SheetLayout:
    """Returns a layout with the frame that Canny's edges and Hough's lines give, and no more."""
    pixmap = document[0].get_pixmap(dpi=72, colorspace=pymupdf.csGRAY)
    rows = np.frombuffer(pixmap.samples, np.uint8).reshape(pixmap.height, pixmap.stride)
    return SheetLayout(frame=canny_hough_frame(rows[:, : pixmap.width].copy()))


@dataclass(slots=True)
class Score:
    """Counts of one group of sheets."""

    sheets: int = 0
    frame_right: int = 0
    framed: int = 0
    inner_right: int = 0
    zoned: int = 0
    zones_right: int = 0
    numbered: int = 0
    number_right: int = 0
    revision_right: int = 0
    block_right: int = 0

    def add(self, truth: Truth, found: SheetLayout, size: pymupdf.Rect) -> None:
        """Adds one sheet of a size; a scan lies turned about its middle."""
        truth = _straightened(truth, found.slope * size.height / 2, -found.slope * size.width / 2)
        self.sheets += 1
        self.frame_right += (truth.frame is None) == (found.frame is None)
        if truth.frame is None:
            return
        self.framed += 1
        self.inner_right += found.frame is not None and iou(found.frame, truth.frame) >= 0.98
        self.numbered += 1
        self.number_right += found.fields.get("number") == truth.number
        self.revision_right += found.fields.get("revision") == truth.revision
        named = dict(found.blocks).get("title-block")
        block = truth.block
        self.block_right += bool(named and block and iou(named, block) >= 0.9)
        if truth.columns:
            self.zoned += 1
            names = found.zones and (found.zones.columns.names, found.zones.rows.names)
            self.zones_right += names == (truth.columns, truth.rows)


def _straightened(truth: Truth, x: float, y: float) -> Truth:
    frame, block = (box and box.shift(x, y) for box in (truth.frame, truth.block))
    return replace(truth, frame=frame, block=block)


def measure(sheets: int, compared: int) -> dict[str, Score]:
    """Scores as many sheets of each group, and of those that are compared with."""
    scores: dict[str, Score] = {}
    for seed in range(sheets):
        document, truth = draw_sheet(seed)
        scores.setdefault("drawn", Score()).add(truth, read(document), document[0].rect)
        degrees = random.Random(seed).uniform(-1, 1)
        scan = scanned(document, degrees)
        read_scan = read(scan)
        scores.setdefault("scanned askew", Score()).add(truth, read_scan, scan[0].rect)
        if seed >= compared:
            continue
        later = read_later(scanned(document, degrees, has_words=False), scan)
        name = "scanned askew, words read later"
        scores.setdefault(name, Score()).add(truth, later, scan[0].rect)
        by_baseline = read_by_baseline(document)
        scores.setdefault("drawn, by Canny and Hough", Score()).add(
            truth, by_baseline, document[0].rect
        )
        # The skew is given to the baseline, which has none of its own.
        askew = replace(read_by_baseline(scan), slope=read_scan.slope)
        scores.setdefault("scanned askew, by Canny and Hough", Score()).add(
            truth, askew, scan[0].rect
        )
    return scores


def report(scores: dict[str, Score]) -> str:
    """Returns a table of the scores."""
    lines = [
        "| sheets | is there a frame | frame, IoU ≥ .98 | zones, all names | title block, IoU ≥ .9 "
        "| drawing number | revision |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, each in scores.items():
        lines.append(
            f"| {each.sheets} {name} | {each.frame_right / each.sheets:.3f} "
            f"| {each.inner_right / each.framed:.3f} | {each.zones_right / each.zoned:.3f} "
            f"| {each.block_right / each.framed:.3f} | {each.number_right / each.numbered:.3f} "
            f"| {each.revision_right / each.numbered:.3f} |"
        )
    return "\n".join(lines)


def list_drawings(folder: Path) -> str:
    """Returns what is found on the first page of each PDF of a folder."""
    lines = [
        "| drawing | frame, pt | zones | regions | fields | CPU s |",
        "|---|---|---|---|---|---|",
    ]
    for path in sorted(folder.glob("*.pdf")):
        with pymupdf.open(path) as document:
            page = MupdfPage(document[0], DPI)
            picture = picture_of(page)
            started = time.process_time()
            found = read_layout(page, picture)
            seconds = time.process_time() - started
        frame = found.frame and " ".join(str(side) for side in found.frame.rounded())
        zones = found.zones and (
            f"{found.zones.rows.names[0]}-{found.zones.rows.names[-1]} x "
            f"{found.zones.columns.names[0]}-{found.zones.columns.names[-1]}"
        )
        regions = ", ".join(name for name, _ in found.blocks)
        fields = "; ".join(f"{name} {value}" for name, value in found.fields.items())
        lines.append(
            f"| {path.stem} | {frame or 'none'} | {zones or 'none'} | {regions or 'none'} "
            f"| {fields} | {seconds:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a folder of PDFs to list as well")
    parser.add_argument("--sheets", type=int, default=200)
    parser.add_argument("--compared", type=int, default=20)
    arguments = parser.parse_args()
    print(report(measure(arguments.sheets, arguments.compared)))
    if arguments.data:
        print(list_drawings(arguments.data))


if __name__ == "__main__":
    main()
