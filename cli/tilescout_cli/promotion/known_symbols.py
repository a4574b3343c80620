"""A trial of a model whose labels are those of the sample drawings: it should find their symbols.

A layout that is taken for another puts boxes elsewhere, and nothing else of the check sees that.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilescout.detectors.onnx.cards import OnnxCard
from tilescout.detectors.onnx.model import ServedModel
from tilescout.detectors.onnx.normalization import KNOWN, normalized
from tilescout.detectors.references.named_model import NamedModel
from tilescout.geometry import Box, iou
from tilescout.profiles import Profile
from tilescout_samples.sheet import Sheet
from tilescout_samples.symbols import SYMBOLS, place_symbol

SIZES_MM = (7.0, 9.0, 13.0)
"""The widths that symbols have on the sample drawings."""
SPACING_MM = 22.0
DRAWN = 6
SURE = 50.0
SAME_IOU = 0.4
MM_PER_INCH = 25.4
Page = tuple[NDArray[np.uint8], list[Box]]
"""A drawn page, and the boxes of its symbols in px."""


def are_known(card: OnnxCard) -> bool:
    """Tells if a label is one of the samples', so that the model can be tried on its symbols."""
    return not card.has_references and not SYMBOLS.keys().isdisjoint(card.labels)


def warnings(model: ServedModel | NamedModel, profile: Profile) -> Iterator[str]:
    """Yields a warning for each label of the samples of whose drawn symbols none is found.

    References name what an office draws, whatever the samples call so.
    """
    for label in () if model.card.has_references else model.card.labels:
        if label not in SYMBOLS:
            continue
        page = drawn_page(label, profile.dpi)
        if not _count(model, label, page):
            yield (
                f"of {DRAWN} symbols {label}, drawn at {profile.dpi} dpi as on the sample "
                f"drawings, it finds none where it is: {_reason(model, label, page)}"
            )


def _reason(model: ServedModel | NamedModel, label: str, page: Page) -> str:
    """Returns why a model may find none; values of other ranges are tried."""
    counts = {name: _count(other, label, page) for name, other in _others(model)}
    best = max(counts, key=counts.__getitem__, default="")
    if counts.get(best):
        return f"it finds {counts[best]} with values {best}; name {KNOWN[best]}"
    return (
        f"the model knows another {label}, or its layout is another; evaluate it with tilescout "
        "onnx evaluate"
    )


def _others(model: ServedModel | NamedModel) -> Iterator[tuple[str, ServedModel]]:
    """Yields the model with values of each known range; one that takes bytes has no other."""
    if isinstance(model, ServedModel) and model.card.input.type != "uint8":
        for name, values in KNOWN.items():
            yield name, model.with_card(normalized(model.card, values))


def _count(model: ServedModel | NamedModel, label: str, page: Page) -> int:
    """Returns how many of the drawn symbols are found where they are."""
    image, boxes = page
    answer = model.find(image, SURE)
    found = [
        Box(*map(float, box))
        for box, at in zip(answer.boxes, answer.labels, strict=True)
        if model.card.labels[at] == label
    ]
    return sum(any(iou(box, other) >= SAME_IOU for other in found) for box in boxes)


def drawn_page(label: str, dpi: int) -> Page:
    """Returns a page with symbols of a label, and their boxes in px."""
    sheet = Sheet(4 * SPACING_MM, 3 * SPACING_MM, random.Random(1))
    scale = dpi / MM_PER_INCH
    boxes = []
    for at in range(DRAWN):
        centre = (SPACING_MM * (1 + at % 3), SPACING_MM * (1 + at // 3))
        boxes.append(
            place_symbol(sheet, label, centre, SIZES_MM[at % 3], 90 * (at % 4)).scale(scale)
        )
    with sheet.finish() as document:
        shown = document[0].get_pixmap(dpi=dpi, colorspace="GRAY").tobytes("png")
    with Image.open(io.BytesIO(shown)) as image:
        return np.asarray(image.convert("L")), boxes
