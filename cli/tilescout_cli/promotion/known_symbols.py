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

from tilescout.detectors.onnx.model import ServedModel
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


def warnings(model: ServedModel | NamedModel, profile: Profile) -> Iterator[str]:
    """Yields a warning for each label of the samples of whose drawn symbols none is found.

    References name what an office draws, whatever the samples call so.
    """
    for label in () if model.card.has_references else model.card.labels:
        if label not in SYMBOLS:
            continue
        image, boxes = _drawn(label, profile.dpi)
        answer = model.find(image, SURE)
        found = [
            Box(*map(float, box))
            for box, at in zip(answer.boxes, answer.labels, strict=True)
            if model.card.labels[at] == label
        ]
        seen = any(iou(box, other) >= SAME_IOU for other in found for box in boxes)
        if not seen:
            yield (
                f"of {len(boxes)} symbols {label}, drawn at {profile.dpi} dpi as on the sample "
                f"drawings, it finds none where it is: the model knows another {label}, or its "
                "layout is another; evaluate it with tilescout onnx evaluate"
            )


def _drawn(label: str, dpi: int) -> tuple[NDArray[np.uint8], list[Box]]:
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
