"""Reads the tiles of a page with the local OCR and caches the answers, as reading is slow."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pymupdf
from numpy.typing import NDArray

from tilescout.detections import Answer, Direction, Word
from tilescout.detectors.responses import answer_from_json, answer_to_json
from tilescout.geometry import Box, bounding_box
from tilescout.tiling.grid import Tile, TileGrid
from tilescout_local.engines.ocr import TextReader
from tilescout_local.engines.text_reading import Line

Image = NDArray[np.uint8]
DIRECTIONS: tuple[Direction, ...] = ("right", "down", "left", "up")


def drawn(path: Path, page: int, dpi: int) -> Image:
    """Returns the page (from 1) as rows, columns, BGR, grey as the tiles of a profile are."""
    with pymupdf.open(path) as document:
        picture = document[page - 1].get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY, alpha=False)
        grey = np.frombuffer(picture.samples, np.uint8).reshape(picture.h, picture.w)
    return np.repeat(grey[:, :, None], 3, axis=2)


def answers(
    image: Image, grid: TileGrid, shift: int, reader: TextReader, kept: Path
) -> list[Answer]:
    """Returns one answer per tile; the grid begins ``shift`` px to the left of and above the
    page."""
    if kept.exists():
        return [answer_from_json(load) for load in json.loads(kept.read_text())]
    found = [_read(image, tile, shift, reader) for tile in _tiles(image, grid, shift)]
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps([answer_to_json(answer) for answer in found]))
    return found


def _tiles(image: Image, grid: TileGrid, shift: int) -> list[Tile]:
    return grid.tiles(image.shape[1] + shift, image.shape[0] + shift)


def _read(image: Image, tile: Tile, shift: int, reader: TextReader) -> Answer:
    left, top, right, bottom = tile.box.shift(-shift, -shift).rounded()
    paper = np.full((bottom - top, right - left, 3), 255, np.uint8)
    part = image[max(0, top) : bottom, max(0, left) : right]
    down, across = max(0, -top), max(0, -left)
    paper[down : down + part.shape[0], across : across + part.shape[1]] = part
    words = tuple(words_of(reader.read(paper), left, top))
    return Answer(tile=tile.index, tile_box=Box(left, top, right, bottom), words=words)


def words_of(lines: Sequence[Line], left: float, top: float) -> list[Word]:
    """Returns the words of an image's lines in page pixels; its corner is at ``left``, ``top``."""
    return [word for number, line in enumerate(lines) for word in _words(line, number, left, top)]


def _words(line: Line, number: int, left: float, top: float) -> list[Word]:
    (x0, y0), (x1, y1) = line.quad[:2]
    direction = DIRECTIONS[round(math.atan2(y1 - y0, x1 - x0) / (math.pi / 2)) % 4]
    return [
        Word(
            text=word.text,
            confidence=word.confidence,
            box=bounding_box(word.quad).shift(left, top),
            line=number,
            direction=direction,
        )
        for word in line.words
    ]
