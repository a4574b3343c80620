"""Made-up pages of text and what tiles would read of them, cut as tiles cut."""

from __future__ import annotations

from dataclasses import dataclass

from tilescout.detections import Answer, Direction, Word
from tilescout.geometry import Box
from tilescout.merging.text.orientation import rotate_from_reading, rotate_to_reading
from tilescout.tiling.grid import TileGrid

ADVANCE = 10.0
HEIGHT = 18.0


@dataclass(frozen=True)
class WrittenLine:
    """Text of even characters whose start and top are given as its reader sees them."""

    text: str
    start: float
    top: float
    direction: Direction = "right"

    def words(self) -> list[tuple[str, Box]]:
        """Each word and its turned box."""
        placed, at = [], 0
        for word in self.text.split(" "):
            left = self.start + at * ADVANCE
            right = left + len(word) * ADVANCE
            placed.append((word, Box(left, self.top, right, self.top + HEIGHT)))
            at += len(word) + 1
        return placed


def read_by_tiles(lines: list[WrittenLine], grid: TileGrid, width: int, height: int):
    """An answer for each tile: of cut words the characters that are more than half visible."""
    return [
        Answer(
            tile=tile.index,
            tile_box=tile.box,
            words=tuple(
                word
                for number, line in enumerate(lines)
                for word in seen_words(line, number, tile.box)
            ),
        )
        for tile in grid.tiles(width, height)
    ]


def seen_words(line: WrittenLine, number: int, tile: Box):
    frame = rotate_to_reading(tile, line.direction)
    for text, box in line.words():
        seen = box.intersection(frame)
        first = round((seen.left - box.left) / ADVANCE)
        last = round((seen.right - box.left) / ADVANCE)
        if seen.area > 0 and last > first:
            yield Word(
                text=text[first:last],
                confidence=90.0,
                box=rotate_from_reading(seen, line.direction),
                line=number,
                direction=line.direction,
            )
