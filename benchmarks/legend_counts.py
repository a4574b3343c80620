"""Counts the symbols of public P&ID sheets with and without their legend left out.

    python -m benchmarks.legend_counts --data DIR

DIR has ``0.jpg`` to ``5.jpg`` and their YOLO labels ``0.txt`` to ``5.txt``: the folder
``data/sample_dataset/original`` of github.com/mgupta70/PID_Symbol_Detection (MIT). These sheets
have no legend, so one is drawn into a free place of each: a symbol per class, up to ten, cut from
the sheet itself, with a name beside it. Every labelled symbol and every symbol of the legend
stands for a detection, so that the counts depend on the layout alone.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image

from tilescout.geometry import Box, iou
from tilescout.rendering.mupdf.page import MupdfPage
from tilescout.rendering.sheet_reading import read_layout
from tilescout.sheet_layout.layout import SheetLayout
from tilescout_examples.legend import NoLegend, legend_of

SHEETS = range(6)
WIDTH_PT = 1980.0
ROWS, ROW_PT, LEGEND_WIDTH = 10, 34.0, 220.0
HEADING_PT = 26.0
SIDE_PT = 26.0
STEP_PT = 10.0
FIELD_PT = 1550.0
"""The right end of the drawing; notes and the title block follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet as a picture, the grey of its paper, and class and box in points of each symbol."""

    picture: Path
    size: tuple[float, float]
    paper: int
    symbols: tuple[tuple[int, Box], ...]

    def page(self, document: pymupdf.Document) -> pymupdf.Page:
        """Returns a new page that shows the picture."""
        page = document.new_page(width=self.size[0], height=self.size[1])
        page.insert_image(page.rect, filename=str(self.picture))
        return page


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLegend:
    """The box of a drawn legend in points, and the box of each symbol by its name."""

    box: Box
    symbols: dict[str, Box] = field(default_factory=dict)


def read_sheet(data: Path, number: int) -> Sheet:
    """Returns one sheet of the folder."""
    picture = data / f"{number}.jpg"
    with Image.open(picture) as opened:
        height = WIDTH_PT * opened.height / opened.width
        counts = opened.convert("L").histogram()
    symbols = []
    for line in (data / f"{number}.txt").read_text().splitlines():
        kind, x, y, width, height_share = map(float, line.split())
        half_x, half_y = width * WIDTH_PT / 2, height_share * height / 2
        centre = Box(x * WIDTH_PT, y * height, x * WIDTH_PT, y * height)
        symbols.append((int(kind), centre.grow(half_x, half_y)))
    paper = counts.index(max(counts))
    return Sheet(picture=picture, size=(WIDTH_PT, height), paper=paper, symbols=tuple(symbols))


def free_place(sheet: Sheet, most: int) -> tuple[int, Box]:
    """Returns how many rows fit, at most so many, and the first place that holds no symbol."""
    for rows in range(most, 0, -1):
        height = HEADING_PT + ROW_PT * rows
        for bottom in np.arange(sheet.size[1] - 80, 80 + height, -STEP_PT):
            for left in np.arange(110, FIELD_PT - LEGEND_WIDTH, STEP_PT):
                box = Box(left, bottom - height, left + LEGEND_WIDTH, bottom)
                if not any(_touch(box, each) for _, each in sheet.symbols):
                    return rows, box
    raise ValueError(f"{sheet.picture} has no free place for a legend")


def _touch(one: Box, other: Box) -> bool:
    common = one.grow(6, 6).intersection(other)
    return common.width > 0 and common.height > 0


def draw_legend(page: pymupdf.Page, sheet: Sheet, *, is_ruled: bool) -> DrawnLegend:
    """Draws a legend of the sheet's own symbols onto its page, with rules around it or none."""
    first = dict(reversed(sheet.symbols))
    fitting = [(kind, box) for kind, box in sorted(first.items()) if _fits(box)][:ROWS]
    rows, place = free_place(sheet, len(fitting))
    shown = fitting[:rows]
    area = pymupdf.Rect(place.left, place.top, place.right, place.bottom)
    page.draw_rect(area, color=None, fill=[sheet.paper / 255] * 3)
    if is_ruled:
        page.draw_rect(area, width=0.8)
        page.draw_line((place.left, place.top + HEADING_PT), (place.right, place.top + HEADING_PT))
    page.insert_text((place.left + 70, place.top + 17), "LEGEND", fontsize=12)
    drawn = DrawnLegend(box=place)
    with Image.open(sheet.picture) as picture:
        for row, (kind, box) in enumerate(shown):
            middle = place.top + HEADING_PT + (row + 0.5) * ROW_PT
            target = Box(place.left + 40, middle, place.left + 40, middle)
            target = target.grow(box.width / 2, box.height / 2)
            _paste(page, picture, box, target)
            name = f"SYMBOL CLASS {kind}"
            page.insert_text((place.left + 80, middle + 3), name, fontsize=9)
            drawn.symbols[name] = target
    return drawn


def _fits(box: Box) -> bool:
    return max(box.width, box.height) <= SIDE_PT + 6


def _paste(page: pymupdf.Page, picture: Image.Image, box: Box, target: Box) -> None:
    scale = picture.width / WIDTH_PT
    part = picture.convert("L").crop(box.scale(scale).rounded())
    file = io.BytesIO()
    part.save(file, "PNG")
    area = pymupdf.Rect(target.left, target.top, target.right, target.bottom)
    page.insert_image(area, stream=file.getvalue())


def count(layout: SheetLayout, boxes: Sequence[Box]) -> int:
    """Returns how many boxes are kept where legend and title block are left out."""
    return sum(layout.region_of(box) not in ("legend", "title-block") for box in boxes)


def read_names(document: pymupdf.Document, drawn: DrawnLegend) -> int:
    """Returns how many symbols of the drawn legend are read with their name and box."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.pdf"
        document.save(path)
        try:
            read = legend_of(path)
        except NoLegend:
            return 0
    return sum(
        each.label in drawn.symbols and iou(each.box, drawn.symbols[each.label]) >= 0.5
        for each in read.examples
    )


def row(data: Path, number: int, *, is_ruled: bool) -> list[int]:
    """Returns the counts of one sheet, with a ruled legend or one without rules."""
    sheet = read_sheet(data, number)
    boxes = [box for _, box in sheet.symbols]
    with pymupdf.open() as bare, pymupdf.open() as document:
        without = read_layout(MupdfPage(sheet.page(bare), 200))
        page = sheet.page(document)
        drawn = draw_legend(page, sheet, is_ruled=is_ruled)
        layout = read_layout(MupdfPage(page, 200))
        every = [*boxes, *drawn.symbols.values()]
        return [
            len(boxes), count(without, boxes), len(every), count(layout, every),
            len(drawn.symbols), read_names(document, drawn),
        ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    data = parser.parse_args().data
    print(
        "| sheet | legend | symbols of the drawing | counted with the setting, no legend "
        "| all, with a legend drawn | counted with the setting | symbols of the legend "
        "| read with name and box |\n|---|---|---|---|---|---|---|---|"
    )
    for is_ruled, name in ((True, "ruled"), (False, "without rules")):
        rows = [row(data, number, is_ruled=is_ruled) for number in SHEETS]
        for number, counts in enumerate(rows):
            print(f"| {number} | {name} | " + " | ".join(map(str, counts)) + " |", flush=True)
        together = [str(sum(each)) for each in zip(*rows, strict=True)]
        print(f"| together | {name} | " + " | ".join(together) + " |")


if __name__ == "__main__":
    main()
