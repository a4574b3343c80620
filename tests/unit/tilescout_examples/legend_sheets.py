"""A P&ID with a legend, drawn as vectors, and how many of each symbol its drawing area has."""

from __future__ import annotations

from pathlib import Path

import pymupdf

GATE = ((-10, -6, -10, 6), (10, -6, 10, 6), (-10, -6, 10, 6), (-10, 6, 10, -6))
CONTROL = (*GATE, (0, 0, 0, -12), (-6, -12, 6, -12), (-6, -16, 6, -16), (-6, -12, -6, -16),
           (6, -12, 6, -16))  # fmt: skip
CHECK = ((-10, -6, 10, 6), (10, -6, 10, 6), (-10, -6, -10, 6), (-4, -9, 4, -9), (4, -9, 1, -11))
HEATER = ((-9, -9, 9, -9), (9, -9, 9, 9), (9, 9, -9, 9), (-9, 9, -9, -9), (-9, 4, -3, -4),
          (-3, -4, 3, 4), (3, 4, 9, -4))  # fmt: skip
SYMBOLS = {
    "GATE VALVE": GATE,
    "CONTROL VALVE": CONTROL,
    "CHECK VALVE": CHECK,
    "HEATER": HEATER,
}
COUNTS = {"GATE VALVE": 7, "CONTROL VALVE": 5, "CHECK VALVE": 6, "HEATER": 4}
LEGEND = (620, 60, 790, 260)


def draw(page: pymupdf.Page, name: str, x: float, y: float, size: float = 1.0) -> None:
    for x0, y0, x1, y1 in SYMBOLS[name]:
        page.draw_line((x + size * x0, y + size * y0), (x + size * x1, y + size * y1), width=0.7)


def write_plan(path: Path, *, size: float = 1.0, is_ruled: bool = True) -> Path:
    """Writes a sheet whose symbols are drawn ``size`` times as large as in its legend."""
    with pymupdf.open() as document:
        page = document.new_page(width=842, height=595)
        names = [name for name, count in COUNTS.items() for _ in range(count)]
        for number, name in enumerate(names):
            x, y = 60 + 100 * (number % 5), 60 + 100 * (number // 5)
            draw(page, name, x, y, size)
            page.draw_line((x + 12 * size, y), (x + 100 - 12 * size, y), width=0.5)
            page.insert_text((x - 12, y + 24 * size + 6), f"V-{100 + number}", fontsize=6)
        _draw_legend(page, is_ruled=is_ruled)
        document.save(path)
    return path


def _draw_legend(page: pymupdf.Page, *, is_ruled: bool) -> None:
    left, top, right, _ = LEGEND
    if is_ruled:
        page.draw_rect(pymupdf.Rect(*LEGEND), width=0.7)
        page.draw_line((left, top + 24), (right, top + 24), width=0.7)
    page.insert_text((left + 60, top + 16), "LEGEND", fontsize=10)
    for number, name in enumerate(SYMBOLS):
        y = top + 50 + 40 * number
        draw(page, name, left + 30, y)
        page.insert_text((left + 62, y + 3), name, fontsize=8)
