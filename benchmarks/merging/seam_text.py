"""Compares character errors of stitched text at the seams of tiles with those away from them.

    python -m benchmarks.merging.seam_text --drawings DIR [--kept DIR] [--out FILE]

Every drawing is read twice, the second time with the tiles moved by half a stride: a word that a
tile's side cuts in one grid lies well inside a tile in the other. So the same words are compared
with themselves, and what an OCR cannot read anywhere counts alike on both sides. The truth is the
PDF's own visible text. A line's words are compared with what was stitched over them, without
spaces; characters are aligned (Levenshtein, 1966) and an error belongs to its word. How much of a
ratio is chance is told by drawing as many words again, with their errors at and away from the seam,
from those that were seen (a paired bootstrap, Efron 1979).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from benchmarks.merging.read_tiles import answers, drawn
from benchmarks.merging.read_words import is_read_right, plain, wrong_characters
from benchmarks.text_recall import visible_words
from tilescout.detections import Answer, Word
from tilescout.geometry import Box, iou
from tilescout.merging.text.lines import stitch_lines
from tilescout.neighbours import overlapping_pairs, sides_of
from tilescout.tiling.grid import TileGrid
from tilescout_local.engines.ocr import TextReader

DRAWINGS = ("ranjantx_E201A_floorplan", "opentakeoff_finish_plan", "framework16_interfaces_sch")
PAGES = (
    *((drawing, 1) for drawing in DRAWINGS),
    ("framework16_interfaces_sch", 2),
    ("framework16_interfaces_sch", 3),
    ("esp32_core_v2_sch", 1),
    ("pymupdf_4388_BUL1", 1),
)
"""The drawing and page (from 1); the pages of one drawing are one row."""
DRAWS = 10_000
SEED = 1979
GRIDS = (TileGrid(512, 64), TileGrid(1_024, 128))
DPI = 200
SAME_WORD = 0.5


@dataclass(frozen=True, slots=True)
class Errors:
    """The number of characters of words, and of missing, wrong and added ones."""

    characters: int
    wrong: int

    @property
    def rate(self) -> float:
        return self.wrong / self.characters if self.characters else 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """A drawing and tile size: errors of words at a seam, and of those words away from it.

    ``spoilt`` counts the errors at a seam in words that one tile read right, which stitching made.
    """

    drawing: str
    grid: TileGrid
    pairs: tuple[tuple[int, int], ...]
    """The errors of each word at the seam and away from it."""
    at_seam: Errors
    spoilt: Errors
    away: Errors
    elsewhere: Errors

    @property
    def ratio(self) -> float:
        return _ratio(self.at_seam.wrong, self.away.wrong)

    def interval(self) -> tuple[float, float]:
        """Returns the interval of 95 % of the ratios of bootstrap samples of the words."""
        pairs = np.array(self.pairs, float).reshape(-1, 2)
        chosen = np.random.default_rng(SEED)
        sums = (
            pairs[chosen.integers(len(pairs), size=len(pairs))].sum(axis=0) for _ in range(DRAWS)
        )
        ratios = sorted(_ratio(seam, away) for seam, away in sums)
        return ratios[round(0.025 * (DRAWS - 1))], ratios[round(0.975 * (DRAWS - 1))]


def _ratio(seam: float, away: float) -> float:
    """Returns the ratio of errors of the same characters; no errors on either side are equal."""
    if away:
        return seam / away
    return math.inf if seam else 1.0


def compared(drawing: Path, page: int, grid: TileGrid, reader: TextReader, kept: Path) -> Row:
    """Compares the words of a page (from 1) that a tile's side cuts in one of the grids only."""
    image = drawn(drawing, page, DPI)
    words = true_words(drawing, page)
    stem = drawing.stem if page == 1 else f"{drawing.stem}-page{page}"
    wrong, seams, tiles = [], [], []
    for shift in (0, (grid.size - grid.overlap) // 2):
        name = f"{stem}-{DPI}-{grid.size}-{grid.overlap}-{shift}.json"
        found = answers(image, grid, shift, reader, kept / name)
        lines = stitch_lines(found, image.shape[1], image.shape[0])
        tiles.append(found)
        wrong.append(wrong_characters(words, lines))
        seams.append([_is_cut(word.box, found, image.shape[1], image.shape[0]) for word in words])
    pairs = [(at, first) for at in range(len(words)) for first in (0, 1)]
    cut = [
        (at, grid_at) for at, grid_at in pairs if seams[grid_at][at] and not seams[1 - grid_at][at]
    ]
    never = [at for at in range(len(words)) if not seams[0][at] and not seams[1][at]]
    return Row(
        drawing.stem,
        grid,
        tuple((wrong[one][at], wrong[1 - one][at]) for at, one in cut),
        _sum(words, [(at, wrong[one][at]) for at, one in cut]),
        _sum(
            words,
            [
                (at, wrong[one][at])
                for at, one in cut
                if wrong[one][at] and is_read_right(words[at], tiles[one])
            ],
        ),
        _sum(words, [(at, wrong[1 - one][at]) for at, one in cut]),
        _sum(words, [(at, wrong[0][at]) for at in never]),
    )


def true_words(drawing: Path, page: int) -> list[Word]:
    """Returns the page's visible words, each once even if the PDF draws it repeatedly, as some CADs
    do."""
    words = [word for word in visible_words(drawing, page, DPI) if plain(word.text)]
    again = {
        max(pair)
        for pair in overlapping_pairs(sides_of([word.box for word in words])).tolist()
        if words[pair[0]].text == words[pair[1]].text
        and iou(words[pair[0]].box, words[pair[1]].box) >= SAME_WORD
    }
    return [word for at, word in enumerate(words) if at not in again]


def _sum(words: Sequence[Word], found: Sequence[tuple[int, int]]) -> Errors:
    return Errors(
        sum(len(plain(words[at].text)) for at, _ in found), sum(wrong for _, wrong in found)
    )


def _is_cut(box: Box, found: Sequence[Answer], width: int, height: int) -> bool:
    """Tells whether a side of a tile that lies on the page passes through the box."""
    return any(
        box.left < edge < box.right and 0 < edge < width and box.bottom > tile.top
        and box.top < tile.bottom
        for tile in (answer.tile_box for answer in found)
        for edge in (tile.left, tile.right)
    ) or any(
        box.top < edge < box.bottom and 0 < edge < height and box.right > tile.left
        and box.left < tile.right
        for tile in (answer.tile_box for answer in found)
        for edge in (tile.top, tile.bottom)
    )  # fmt: skip


def rows(drawings: Path, kept: Path) -> Iterator[Row]:
    reader = TextReader()
    for grid in GRIDS:
        for name, pages in groupby(PAGES, key=lambda line: line[0]):
            path = drawings / f"{name}.pdf"
            yield _sum_of(name, [compared(path, page, grid, reader, kept) for _, page in pages])


def table(found: Sequence[Row]) -> str:
    head = (
        "| drawing | tile / overlap | words at a seam | character errors at the seam "
        "| of words one tile read right | the same words away from it | ratio | 95 % of it "
        "| words never at a seam |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|---|"]
    for grid in GRIDS:
        rows_of = [row for row in found if row.grid == grid]
        lines += [_line(row) for row in [*rows_of, _sum_of("all", rows_of)]]
    return "\n".join(lines) + "\n"


def _sum_of(name: str, found: Sequence[Row]) -> Row:
    def errors(kind: str) -> Errors:
        every: list[Errors] = [getattr(row, kind) for row in found]
        return Errors(sum(line.characters for line in every), sum(line.wrong for line in every))

    pairs = tuple(pair for row in found for pair in row.pairs)
    return Row(name, found[0].grid, pairs, *map(errors, ("at_seam", "spoilt", "away", "elsewhere")))


def _line(row: Row) -> str:
    low, high = row.interval()
    return (
        f"| {row.drawing} | {row.grid.size:,} / {row.grid.overlap} | {len(row.pairs)} "
        f"| {row.at_seam.wrong} of {row.at_seam.characters:,} ({row.at_seam.rate:.3f}) "
        f"| {row.spoilt.wrong} | {row.away.wrong} ({row.away.rate:.3f}) | {row.ratio:.2f} "
        f"| {low:.2f} to {high:.2f} | {row.elsewhere.rate:.3f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=Path, required=True)
    parser.add_argument("--kept", type=Path, default=Path("out/merging/read"))
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    text = table(list(rows(asked.drawings, asked.kept)))
    print(text)
    if asked.out:
        asked.out.write_text(text)


if __name__ == "__main__":
    main()
