"""A model is tried on a few drawn images, to see that it answers as its card says.

A layout that is taken for another gives scores over 1, corners the wrong way round, classes that
are no whole numbers, or boxes of a pixel; none of that is found by looking at shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tilescout.detectors.onnx.answers import PAPER, Floats
from tilescout.detectors.onnx.cards import OnnxCard
from tilescout.detectors.onnx.inputs import fitted
from tilescout.detectors.onnx.layout_choice import DESCRIPTIONS
from tilescout.detectors.onnx.layouts import MAX_RATIO, decoded
from tilescout.errors import UnusableModel

Run = Callable[[OnnxCard, dict[str, NDArray[Any]]], list[NDArray[Any]]]
"""Asks a model: a card, and its inputs by name; gives the outputs that the card names."""
SIDE = 320
SCORE_SLACK = 1e-3
SURE = 0.25
"""From this score on a box must be a good one."""
UNDECODED_PX = 16.0
"""No side of any box is larger where boxes are still in units of the grid's cells."""
OF_PIXELS = ("yolo-columns", "yolo-rows", "yolox", "end-to-end", "obb-columns", "obb-end-to-end")
CLASS_COLUMN = {"end-to-end": 5, "rtdetr-end-to-end": 5, "obb-end-to-end": 5}
EXPORTS = {
    "yolox": "export it with tools/export_onnx.py --decode_in_inference",
    "yolo-rows": "export it by export.py --include onnx of YOLOv5, without --grid changes",
}


def chosen(cards: Sequence[OnnxCard], run: Run) -> OnnxCard:
    """Returns the one card by which the model answers well on paper and on a drawing.

    Raises UnusableModel where none does, and where several do: then a person must tell.
    """
    if cards[0].layout == "centres":
        return cards[0]
    faults: list[str] = []
    fitting: list[tuple[OnnxCard, bool]] = []
    for card in cards:
        found = [fault(card, run, image) for image in images()]
        bad = next(filter(None, found), "")
        faults += [f"{card.layout}: {bad}"] if bad else []
        fitting += [] if bad else [(card, _is_proven(card, run))]
    if not fitting:
        raise UnusableModel(
            f"the outputs of a model fit its layout; here {'; '.join(faults)}; "
            f"{EXPORTS.get(cards[0].layout, 'name another --layout, or correct the labels')}"
        )
    proven = [card for card, is_proven in fitting if is_proven]
    if len(fitting) == 1 or len(proven) == 1:
        return (proven or [card for card, _ in fitting])[0]
    named = "; ".join(f"{card.layout} ({DESCRIPTIONS[card.layout]})" for card, _ in fitting)
    raise UnusableModel(
        f"a model's layout must be known; this file may be {named}; name one with --layout"
    )


def images() -> tuple[NDArray[np.uint8], ...]:
    """Returns empty paper, and lines, a frame and a blot as a drawing has them."""
    paper = np.full((SIDE, SIDE), PAPER, dtype=np.uint8)
    drawing = paper.copy()
    drawing[60:63, 20:300] = drawing[20:300, 200:202] = 0
    drawing[100:160, 100:160] = 0
    drawing[105:155, 105:155] = PAPER
    drawing[220:260, 60:100] = 0
    return paper, drawing


def fault(card: OnnxCard, run: Run, image: NDArray[np.uint8]) -> str:
    """Returns what is wrong with the answer for one image; empty where it may be one."""
    given = fitted(image, card.input)
    outputs = run(card, given.feed)
    try:
        boxes, scores = decoded(outputs, card.layout, len(card.labels), given.canvas)
    except (IndexError, TypeError, ValueError) as error:
        return f"its shape is another ({error})"
    if not boxes.size:
        return ""
    if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
        return "some numbers are not finite"
    least, most = float(scores.min()), float(scores.max())
    if least < -SCORE_SLACK or most > 1 + SCORE_SLACK:
        return f"scores are from {least:g} to {most:g}, not 0 to 1"
    return _classes(card, outputs) or _units(card, boxes) or _placed(boxes, scores, given.canvas)


def _classes(card: OnnxCard, outputs: list[NDArray[Any]]) -> str:
    """The classes of layouts that name one per box."""
    column = CLASS_COLUMN.get(card.layout)
    if column is None:
        return ""
    rows = np.asarray(outputs[0][0], dtype=np.float32)
    classes = rows[rows[:, 4] > SURE][:, column]
    if np.abs(classes - np.rint(classes)).max(initial=0) > SCORE_SLACK:
        return "classes are no whole numbers"
    if classes.size and (classes.min() < 0 or classes.max() >= len(card.labels)):
        return f"there are classes up to {classes.max():g} for {len(card.labels)} labels"
    return ""


def _units(card: OnnxCard, boxes: Floats) -> str:
    largest = float(np.abs(boxes).max())
    if card.layout in OF_PIXELS and 0 < largest <= MAX_RATIO:
        return f"no side of a box is over {largest:g}: they are ratios, or not decoded"
    if card.layout in ("yolo-rows", "yolox") and 0 < largest <= UNDECODED_PX:
        return f"no side of a box is over {largest:g} px: the boxes are not decoded"
    return ""


def _placed(boxes: Floats, scores: Floats, canvas: tuple[int, int]) -> str:
    sure = boxes[scores.max(axis=1) >= SURE]
    if not len(sure):
        return ""
    if (sure[:, 2:] < sure[:, :2]).any():
        return "corners are the wrong way round"
    sides = np.tile(np.asarray(canvas, dtype=np.float32), 2)
    centres = (sure[:, :2] + sure[:, 2:]) / 2
    if (centres < 0).any() or (centres > sides[:2]).any():
        return f"boxes lie outside the {canvas[0]} x {canvas[1]} px of the image"
    return ""


def _is_proven(card: OnnxCard, run: Run) -> bool:
    """Tells if no other layout gives such an answer: classes by number, the surest first."""
    column = CLASS_COLUMN.get(card.layout)
    if column is None:
        return False
    rows = np.asarray(run(card, fitted(images()[1], card.input).feed)[0][0], dtype=np.float32)
    scores, classes = rows[:, 4], rows[:, column]
    return bool(
        scores.max(initial=0) > 0
        and (np.diff(scores) <= SCORE_SLACK).all()
        and (classes == np.rint(classes)).all()
    )


def is_constant(card: OnnxCard, run: Run) -> bool:
    """Tells if the model answers the same for empty paper and for a drawing."""
    answers = [run(card, fitted(image, card.input).feed) for image in images()]
    return all(np.array_equal(one, other) for one, other in zip(*answers, strict=True))
