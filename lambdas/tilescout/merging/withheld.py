"""The places of a page that detectors withheld, each once, where no detection lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tilescout.detections import Answer, Detection, WithheldSeen
from tilescout.geometry import Box

SAME_SHARE = 0.5
"""The share of the smaller box above which two boxes are one place: tiles show parts of it."""


def withheld_places(
    answers: Sequence[Answer],
    detections: Sequence[Detection],
    is_wanted: Callable[[WithheldSeen], bool] = lambda _: True,
) -> tuple[WithheldSeen, ...]:
    """Returns the wanted withheld places (page px), the surest first, each once.

    A place that another tile shows as a detection is none of them.
    """
    taken = [each.box for each in detections]
    kept: list[WithheldSeen] = []
    for seen in sorted((each for answer in answers for each in answer.withheld), key=_order):
        if is_wanted(seen) and not any(_is_same_place(seen.box, box) for box in taken):
            taken.append(seen.box)
            kept.append(seen)
    return tuple(kept)


def _order(seen: WithheldSeen) -> tuple[object, ...]:
    return -seen.confidence, seen.box, seen.label, seen.reason


def _is_same_place(one: Box, other: Box) -> bool:
    return one.intersection(other).area > SAME_SHARE * min(one.area, other.area)
