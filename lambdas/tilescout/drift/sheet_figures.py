"""The histograms that a merged page leaves, and those of a whole document."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tilescout.detections import Answer, Detection
from tilescout.drift.histograms import (
    CONFIDENCE,
    PER_TILE,
    SCAN_DPI,
    SKEW,
    SYMBOL_SIZE,
    TEXT_HEIGHT,
    TILE_IMAGE,
    TILES_WITH_INK,
    TILES_WITHOUT_FINDS,
    Histograms,
    histogram,
)
from tilescout.geometry import POINTS_PER_INCH
from tilescout.ledger import PageRow

MAX_LABELS = 40
"""Labels of one page that are counted, in the order of their names: a row stays small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetFigures:
    """The figures of one document, which was accepted ``at``, in epoch seconds.

    ``version`` names the version of the model that answered, or several, joined by commas.
    """

    document_id: str
    profile: str
    key: str
    version: str
    at: int
    pages: int
    histograms: Histograms


def page_histograms(
    page: PageRow, answers: Sequence[Answer], detections: Sequence[Detection], slope: float = 0.0
) -> Histograms:
    """Returns the histograms of one page, from what merging has at hand.

    ``answers`` are those of its tiles and of its own text; ``slope`` is the tangent of its skew.
    Lengths are in points.
    """
    of_tiles = [answer for answer in answers if answer.tile >= 0]
    found = {
        CONFIDENCE: histogram(CONFIDENCE, (each.confidence for each in detections)),
        SYMBOL_SIZE: histogram(SYMBOL_SIZE, _symbol_sizes(detections, page.dpi)),
        TEXT_HEIGHT: histogram(TEXT_HEIGHT, _text_heights(of_tiles, page.dpi)),
        TILES_WITH_INK: histogram(TILES_WITH_INK, _share(page.tiles, page.tiles + page.skipped)),
        TILES_WITHOUT_FINDS: histogram(TILES_WITHOUT_FINDS, _empty_share(of_tiles)),
        TILE_IMAGE: histogram(TILE_IMAGE, _kilobytes(page)),
        SKEW: histogram(SKEW, (math.degrees(math.atan(slope)),) if page.layout else ()),
        SCAN_DPI: histogram(SCAN_DPI, (page.scan_dpi,) if page.scan_dpi >= 0 else ()),
        **_label_rates(detections, len(of_tiles)),
    }
    return {name: counts for name, counts in found.items() if counts}


def _symbol_sizes(detections: Sequence[Detection], dpi: int) -> list[float]:
    whole = [each.box for each in detections if not each.text and not each.open_sides]
    return [math.sqrt(box.width * box.height) * POINTS_PER_INCH / dpi for box in whole]


def _text_heights(answers: Sequence[Answer], dpi: int) -> list[float]:
    boxes = [word.box for answer in answers for word in answer.words]
    return [min(box.width, box.height) * POINTS_PER_INCH / dpi for box in boxes]


def _kilobytes(page: PageRow) -> tuple[float, ...]:
    """Returns the mean size of a tile's image, nothing of pages tiled before it was noted."""
    return _share(page.image_bytes, 1000 * page.tiles) if page.image_bytes else ()


def _share(part: int, whole: int) -> tuple[float, ...]:
    return (part / whole,) if whole else ()


def _empty_share(answers: Sequence[Answer]) -> tuple[float, ...]:
    empty = sum(not (answer.words or answer.objects) for answer in answers)
    return _share(empty, len(answers))


def _label_rates(detections: Sequence[Detection], tiles: int) -> Mapping[str, Mapping[int, int]]:
    counts = Counter(each.label for each in detections)
    names = sorted(counts)[:MAX_LABELS] if tiles else ()
    rates = {f"{PER_TILE}{label}": counts[label] / tiles for label in names}
    return {name: histogram(name, (rate,)) for name, rate in rates.items()}
