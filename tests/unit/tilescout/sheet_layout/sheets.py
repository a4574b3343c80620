"""Sheets drawn as pixels at 72 dpi, and their words, for the tests of the layout."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tilescout.geometry import Box
from tilescout.sheet_layout.words import SheetWord


@dataclass
class DrawnSheet:
    """Pixels of a sheet (grey, rows x columns) and what is written on it."""

    width: int = 1191
    height: int = 842
    words: list[SheetWord] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.grey: npt.NDArray[np.uint8] = np.full((self.height, self.width), 255, np.uint8)

    def across(self, y: int, left: int, right: int, grey: int = 0) -> None:
        self.grey[y, left : right + 1] = grey

    def down(self, x: int, top: int, bottom: int, grey: int = 0) -> None:
        self.grey[top : bottom + 1, x] = grey

    def box(self, left: int, top: int, right: int, bottom: int, grey: int = 0) -> None:
        for y in (top, bottom):
            self.across(y, left, right, grey)
        for x in (left, right):
            self.down(x, top, bottom, grey)

    def write(self, text: str, left: float, top: float, height: float = 8) -> None:
        """Writes words of equal letters, with strokes of ink that no line is long enough for."""
        for word in text.split():
            width = 0.6 * height * len(word)
            self.words.append(SheetWord(word, Box(left, top, left + width, top + height)))
            for at in range(int(left), int(left + width), 5):
                self.grey[int(top) : int(top + height), at] = 0
            left += width + 0.5 * height

    def zones(self, columns: str, rows: str, inner: Box, border: Box) -> None:
        """Writes the names of zones and ticks between them into the band around the frame."""
        for number, name in enumerate(columns):
            width = inner.width / len(columns)
            x = inner.left + (number + 0.5) * width
            self.write(name, x - 3, border.top + 4)
            if number:
                self.down(round(inner.left + number * width), int(border.top), int(inner.top))
        for number, name in enumerate(rows):
            height = inner.height / len(rows)
            y = inner.top + (number + 0.5) * height
            self.write(name, border.left + 5, y - 4)
            if number:
                at = round(inner.top + number * height)
                self.across(at, int(border.left), int(inner.left))


INNER = Box(40, 40, 1150, 800)
BORDER = Box(20, 20, 1170, 820)


def framed() -> DrawnSheet:
    """A sheet with border, frame, zones 1 to 8 and F to A, and a title block."""
    sheet = DrawnSheet()
    for box in (INNER, BORDER):
        sheet.box(int(box.left), int(box.top), int(box.right), int(box.bottom))
    sheet.zones("12345678", "FEDCBA", INNER, BORDER)
    sheet.box(850, 700, 1150, 800)
    sheet.across(750, 850, 1150)
    sheet.down(1000, 750, 800)
    sheet.write("TITLE", 856, 704)
    sheet.write("PUMP HOUSE", 870, 722)
    sheet.write("DWG NO.", 856, 754)
    sheet.write("P-4711-02", 870, 775)
    sheet.write("REV", 1006, 754)
    sheet.write("C", 1060, 775)
    return sheet
