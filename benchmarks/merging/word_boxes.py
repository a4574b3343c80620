"""Makes sets of words of the local OCR on tiles of real drawings, with the PDF's own words as
truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.merging.detection_sets import DetectionSet
from benchmarks.merging.read_tiles import DIRECTIONS, answers, drawn
from benchmarks.text_recall import visible_words
from tilescout.detections import Word
from tilescout.neighbours import sides_of
from tilescout.tiling.grid import TileGrid
from tilescout_local.engines.ocr import TextReader


def word_set(path: Path, dpi: int, grid: TileGrid, reader: TextReader, kept: Path) -> DetectionSet:
    """Returns page 1; labels are 0 for text that runs across, 1 for text that runs up or down."""
    image = drawn(path, 1, dpi)
    found = answers(image, grid, 0, reader, kept)
    seen = [(answer.tile, word) for answer in found for word in answer.words if word.box.area > 0]
    truth = [word for word in visible_words(path, 1, dpi) if word.text.strip()]
    return DetectionSet(
        name=f"words, {path.stem}, {grid.size:,} / {grid.overlap}",
        page=(float(image.shape[1]), float(image.shape[0])),
        tile_boxes=sides_of([answer.tile_box for answer in found]),
        tile_scales=np.ones(len(found)),
        boxes=sides_of([word.box for _, word in seen]),
        confidences=np.array([word.confidence for _, word in seen]),
        labels=np.array([_label(word) for _, word in seen]),
        tiles=np.array([tile for tile, _ in seen]),
        true_boxes=sides_of([word.box for word in truth]),
        true_labels=np.array([_label(word) for word in truth]),
        owners=np.full(len(seen), -1),
        text_labels=(0, 1),
    )


def _label(word: Word) -> int:
    return DIRECTIONS.index(word.direction) % 2
