"""Measures how much text is read by the height of its letters, in tiles and in one call."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pymupdf
from numpy.typing import NDArray

from benchmarks.merging.read_tiles import words_of
from benchmarks.text_by_size.report import HEIGHTS_MM, PAPERS, WORD_HEIGHTS, Row
from benchmarks.text_recall import visible_words
from tilescout.detections import Answer, Word
from tilescout.detectors.onnx.model import decoded
from tilescout.geometry import POINTS_PER_INCH, Box
from tilescout.merging.page import detect_on_page
from tilescout.profiles import Profile
from tilescout.rendering.render import render_page
from tilescout.rendering.requests import RenderedTile, RenderRequest
from tilescout_evaluate.metrics.text.accuracy import compare
from tilescout_evaluate.metrics.text.pages import TextDetection, TextPage
from tilescout_local.engines.ocr import TextReader
from tilescout_samples.sheet import Sheet
from tilescout_samples.tags import TagNames

DRAWINGS = ("ranjantx_E201A_floorplan", "opentakeoff_finish_plan", "framework16_interfaces_sch")
PROFILE = Profile(name="text", detector="textract", dpi=200, tile_size=2048, overlap=256)
SEED = 41
TAGS_PER_HEIGHT = 24
TRIES = 400
SIDES = (2_000, 4_096, 10_000)
"""The longest side of the page in one call, px; the last is the largest that Textract accepts."""
MAX_PIXELS = 30_000_000
"""The most pixels in one call: the local OCR takes some 20 GB for an A0 sheet at 200 dpi."""

Image = NDArray[np.uint8]
Reading = Callable[[Path, TextReader], tuple[list[TextDetection], int] | None]


def sheet(paper: str) -> Sheet:
    """Draws tags of all heights wherever there is room."""
    chance = random.Random(SEED)
    drawn = Sheet(*PAPERS[paper], chance)
    names = TagNames(chance)
    for height in sorted(HEIGHTS_MM, reverse=True):
        for _ in range(TAGS_PER_HEIGHT):
            _place(drawn, names.instrument(), height)
    return drawn


def _place(drawn: Sheet, text: str, height: float) -> None:
    wide, high = drawn.text_size(text, height)
    for _ in range(TRIES):
        left = drawn.chance.uniform(5, drawn.width - 5 - wide)
        top = drawn.chance.uniform(5, drawn.height - 5 - high)
        if drawn.is_free(Box(left, top, left + wide, top + high).grow(height / 2, height / 2)):
            drawn.tag((left, top), text, height)
            return
    raise AssertionError(f"no room for a tag of {height} mm")


def in_tiles(path: Path, reader: TextReader) -> tuple[list[TextDetection], int]:
    """Returns what a run reads at 200 dpi, and the number of calls."""
    tiles: list[RenderedTile] = []
    request = RenderRequest.for_page(1, PROFILE, pixels_only=True)
    page = render_page(path, request, tiles.append)
    answers = [_answer(tile, reader) for tile in tiles]
    found = detect_on_page(answers, 1, page.width_px, page.height_px, PROFILE)
    return [TextDetection(detection.text, detection.box) for detection in found], len(tiles)


def _answer(rendered: RenderedTile, reader: TextReader) -> Answer:
    tile = rendered.tile
    words = words_of(reader.read(_colour(decoded(rendered.image))), tile.box.left, tile.box.top)
    return Answer(tile=tile.index, tile_box=tile.box, words=tuple(words))


def in_one_call(side: int) -> Reading:
    """Returns a reading of the page drawn with at most ``side`` px, and never over 200 dpi.

    The reading is None for a picture of more than ``MAX_PIXELS``.
    """

    def read(path: Path, reader: TextReader) -> tuple[list[TextDetection], int] | None:
        with pymupdf.open(path) as document:
            page = document[0]
            longest = max(page.rect.width, page.rect.height)
            zoom = min(side / longest, PROFILE.dpi / POINTS_PER_INCH)
            if zoom**2 * page.rect.width * page.rect.height > MAX_PIXELS:
                return None
            matrix = pymupdf.Matrix(zoom, zoom)
            picture = page.get_pixmap(matrix=matrix, colorspace=pymupdf.csGRAY, alpha=False)
            grey = np.frombuffer(picture.samples, np.uint8).reshape(picture.h, picture.w)
        scale = PROFILE.dpi / POINTS_PER_INCH / zoom
        lines = answers_of(reader, grey)
        return [TextDetection(line.text, line.box.scale(scale)) for line in lines], 1

    return read


def answers_of(reader: TextReader, grey: Image) -> list[TextDetection]:
    """Returns the lines of one picture, in its pixels."""
    height, width = grey.shape
    page = Box(0, 0, width, height)
    words = tuple(words_of(reader.read(_colour(grey)), 0, 0))
    answer = Answer(tile=0, tile_box=page, words=words)
    return [
        TextDetection(detection.text, detection.box)
        for detection in detect_on_page([answer], 1, width, height, PROFILE)
    ]


def _colour(grey: Image) -> Image:
    return np.repeat(grey[:, :, None], 3, axis=2)


READINGS: dict[str, Reading] = {
    "tiles of 2,048 px at 200 dpi": in_tiles,
    **{f"one call, {side:,} px": in_one_call(side) for side in SIDES},
}


def sheet_rows(folder: Path, reader: TextReader) -> Iterator[Row]:
    for paper in PAPERS:
        drawn, path = sheet(paper), folder / f"{paper}.pdf"
        truth = [(_word(tag), tag) for tag in drawn.truth.tags]
        drawn.finish().save(path)
        by_height = {
            height: [word for word, _ in truth if _is_high(word, height)] for height in HEIGHTS_MM
        }
        yield from _rows(paper, path, by_height, reader)


def _word(tag: dict[str, object]) -> Word:
    box = Box(*tag["box_pt"]).scale(PROFILE.dpi / POINTS_PER_INCH)  # type: ignore[misc]
    return Word(text=str(tag["text"]), confidence=100.0, box=box, line=0)


def _is_high(word: Word, height_mm: float) -> bool:
    return abs(word.box.height - height_mm / 25.4 * PROFILE.dpi) < 1.0


def drawing_rows(drawings: Path, reader: TextReader) -> Iterator[Row]:
    for name in DRAWINGS:
        path = drawings / f"{name}.pdf"
        words = visible_words(path, 1, PROFILE.dpi)
        by_height = {
            low: [word for word in words if low <= _points_high(word) < high]
            for low, high in WORD_HEIGHTS
        }
        yield from _rows(name, path, by_height, reader)


def _points_high(word: Word) -> float:
    across = word.box.height if word.direction in ("right", "left") else word.box.width
    return across * POINTS_PER_INCH / PROFILE.dpi


def _rows(
    name: str, path: Path, by_height: dict[float, list[Word]], reader: TextReader
) -> Iterator[Row]:
    for how, read in READINGS.items():
        result = read(path, reader)
        if result is None:
            continue
        seen, calls = result
        found = {
            height: compare(TextPage(name, tuple(words), tuple(seen)))
            for height, words in by_height.items()
        }
        row = Row(
            page=name,
            how=how,
            calls=calls,
            words={height: detection.words for height, detection in found.items()},
            found={height: detection.found for height, detection in found.items()},
        )
        print(name, how, calls, row.found, flush=True)
        yield row


def measured(drawings: Path | None) -> tuple[list[Row], Sequence[Row]]:
    reader = TextReader()
    with tempfile.TemporaryDirectory() as folder:
        sheets = list(sheet_rows(Path(folder), reader))
    return sheets, list(drawing_rows(drawings, reader)) if drawings else []
