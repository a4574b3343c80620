"""Recognises text with RapidOCR 3 and the PP-OCRv6 models in its wheel.

Its classifier of upside-down text is off, because it turns long upright lines upside down. Instead
a box taller than 1.5 times its width is read both ways up and the better reading is kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidocr import RapidOCR
from rapidocr.ch_ppocr_rec.typings import WordInfo
from rapidocr.main import RapidOCRError
from rapidocr.utils.process_img import map_boxes_to_original

from tilescout_local.engines.ink_extent import Extent, ink_extent, inked_part
from tilescout_local.engines.text_reading import Line, Quad, Word, part_across, part_along, shifted
from tilescout_local.engines.word_ends import word_ends

Image = NDArray[np.uint8]
# RapidOCR turns a crop upright if height over width reaches this ratio (get_rotate_crop_image).
UPRIGHT_RATIO = 1.5
# A word that the image's edge cuts ends at the edge.
EDGE_PX = 4
# No service accepts a longer side, so no image is scaled down before it is read.
MAX_SIDE_PX = 10_000
_SETTINGS = {
    "Global.use_cls": False,
    "Global.return_word_box": True,
    "Global.max_side_len": MAX_SIDE_PX,
    "Global.log_level": "error",
    # Lines are padded to at least this width; tags are short, and 320 px doubled their cost.
    "Rec.rec_img_shape": [3, 48, 160],
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


class TextReader:
    """Reads lines and words from images, on one thread."""

    def __init__(self) -> None:
        self._engine = RapidOCR(params=_SETTINGS)
        self._min_confidence: float = self._engine.text_score

    def read(self, image: Image) -> list[Line]:
        """Returns the lines of ``image`` (rows, columns, BGR) from the top downwards, in image
        pixels."""
        inked = inked_part(image)
        if inked is None:
            return []
        left, top, part = inked
        return [shifted(line, left, top) for line in self._lines(part)]

    def _lines(self, image: Image) -> list[Line]:
        found = self._detect_boxes(image)
        if found is None:
            return []
        boxes, crops = found
        readings = self._best_readings(boxes, crops)
        return [
            _line(reading, image.shape)
            for reading in readings
            if reading.text.strip() and reading.confidence >= self._min_confidence
        ]

    def _detect_boxes(self, image: Image) -> tuple[NDArray[np.float32], list[Image]] | None:
        fitted, record = self._engine.preprocess_img(image)
        try:
            crops, found = self._engine.detect_and_crop(fitted, record)
        except RapidOCRError:
            return None
        height, width = image.shape[:2]
        return map_boxes_to_original(found.boxes, record, height, width), crops

    def _best_readings(self, boxes: NDArray[np.float32], crops: list[Image]) -> list[Reading]:
        """Returns the better reading of every box."""
        sideways = [index for index, crop in enumerate(crops) if _is_sideways(boxes[index])]
        turned = [np.ascontiguousarray(crops[index][::-1, ::-1]) for index in sideways]
        result = self._engine.recognize_txt(crops + turned)
        read = list(zip(result.txts, result.scores, result.word_results, strict=True))
        chosen = [
            Reading(*read[index], reading_quad(box, _is_sideways(box), False), crops[index])
            for index, box in enumerate(boxes)
        ]
        for index, crop, other in zip(sideways, turned, read[len(crops) :], strict=True):
            if other[1] > chosen[index].confidence:
                chosen[index] = Reading(*other, reading_quad(boxes[index], True, True), crop)
        return chosen


@dataclass(frozen=True, slots=True)
class Reading:
    """The reading of one box: confidence 0-1, the letters' columns, the text's own quad and
    crop."""

    text: str
    confidence: float
    info: WordInfo
    quad: Quad
    crop: Image


def _is_sideways(box: NDArray[np.float32]) -> bool:
    width = max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3]))
    height = max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2]))
    return int(height) / max(1, int(width)) >= UPRIGHT_RATIO


def reading_quad(box: NDArray[np.float32], sideways: bool, upwards: bool) -> Quad:
    """Returns the corners of a box (clockwise from the image's top left) from the text's own top
    left on.

    Sideways text that is read downwards starts at the top right corner, upwards at the bottom left.
    """
    start = (3 if upwards else 1) if sideways else 0
    corners = [(float(x), float(y)) for x, y in np.roll(box, -start, axis=0)]
    return corners[0], corners[1], corners[2], corners[3]


def _line(reading: Reading, shape: tuple[int, ...]) -> Line:
    ink = ink_extent(reading.crop)
    band = part_across(reading.quad, ink.top, ink.bottom)
    words = tuple(_words(reading, band, ink, shape))
    confidence = 100 * reading.confidence
    text = " ".join(reading.text.split())
    return Line(text, confidence, part_along(band, ink.left, ink.right), words)


def _is_cut(corner: tuple[float, float], shape: tuple[int, ...]) -> bool:
    """Tells whether an end of a line lies at the edge of the image (rows, columns)."""
    x, y = corner
    return min(x, y, shape[1] - x, shape[0] - y) <= EDGE_PX


def _words(reading: Reading, band: Quad, ink: Extent, shape: tuple[int, ...]) -> list[Word]:
    """Returns the words of a line by the columns of their letters; an end at the image's edge stays
    there.

    The line's first and last ink do not serve as ends: that cost 7 points of recall on real
    drawings, as neighbours within the crop made the boxes too large.
    """
    text, info = reading.text, reading.info
    columns = [column for group in info.word_cols for column in group]
    confidences = [c for c, letter in zip(info.confs, text, strict=False) if not letter.isspace()]
    ends = part_along(band, ink.left, ink.right)
    words: list[Word] = []
    first = 0
    for word in text.split():
        last = first + len(word)
        start, end = word_ends(columns, first, last, float(info.line_txt_len), ink)
        if first == 0 and _is_cut(ends[0], shape):
            start = ink.left
        if last >= len(columns) and _is_cut(ends[1], shape):
            end = ink.right
        confidence = float(np.mean(confidences[first:last]))
        words.append(Word(word, 100 * confidence, part_along(band, start, max(start, end))))
        first = last
    return words
