"""Symbols of the samples as pictures named by class, and on a page with its truth."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from tilescout.geometry import Box
from tilescout_samples.made_pages.paper import drawn
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import place_symbol

DPI = 150
SIZE_MM, SIDE_MM = 9.0, 60.0
ON_PAGE = ("pump", "gate-valve", "gate-valve", "pump")


def write_pictures(folder: Path, shown: Mapping[str, str]) -> Path:
    """Writes a picture for each class; the value is the symbol of the samples that it shows."""
    folder.mkdir()
    for name, symbol in shown.items():
        sheet = Sheet(24.0, 24.0, random.Random(3))
        place_symbol(sheet, symbol, (12.0, 12.0), SIZE_MM, 0)
        Image.fromarray(drawn(sheet, DPI)).save(folder / f"{name}.png")
    return folder


def write_page(file: Path) -> list[tuple[str, Box]]:
    """Writes a page of two pumps and two gate valves; returns labels and boxes in points."""
    sheet = Sheet(SIDE_MM, SIDE_MM, random.Random(11))
    for at, label in enumerate(ON_PAGE):
        place_symbol(sheet, label, (15.0 + 30 * (at % 2), 15.0 + 30 * (at // 2)), SIZE_MM, 0)
    with sheet.finish() as document:
        document.save(file)
    return [(each["label"], Box(*each["box_pt"])) for each in sheet.truth.symbols]
