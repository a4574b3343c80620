"""Merges the objects in the answers of a page's tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.detections import Answer, ObjectSeen, Side
from tilescout.geometry import Box, iou
from tilescout.merging.boxes.merge import MergedBoxes, merge_detections
from tilescout.neighbours import sides_of

_SIDES: tuple[Side, Side, Side, Side] = ("left", "top", "right", "bottom")
ANY_SYMBOL = "any symbol"
"""Stands for the label of symbols whose names come from references."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedObject:
    """One object: its box in page px, the tiles that saw it, the sides that no tile saw.

    ``angle`` is that of `ObjectSeen`.
    """

    label: str
    confidence: float
    box: Box
    tiles: tuple[int, ...]
    open_sides: tuple[Side, ...] = ()
    angle: float | None = None


def merge_objects(
    answers: Sequence[Answer], page_width: int, page_height: int
) -> tuple[MergedObject, ...]:
    """Returns the page's objects (page px), sorted by top and left, in whatever order tiles answer.

    Boxes of one label and different tiles are one object where the tiles agree about the area
    both see. Each side is the mean of the tiles that saw it uncut. See `merge_detections`. The
    angle is that of the view which fits the object best, for a part is turned in another way.

    Symbols that references name are one object whatever their names, for a tile that shows a part
    of one may name it otherwise; the view that is most like a reference names the object.
    """
    seen = list(
        {
            (answer.tile, (answer.tile_box, answer.scale), one)
            for answer in answers
            for one in answer.objects
        }
    )
    names = sorted({_kind(one) for *_, one in seen})
    label = {name: at for at, name in enumerate(names)}
    tile = {view: at for at, view in enumerate(dict.fromkeys(view for _, view, _ in seen))}
    result = merge_detections(
        sides_of([one.box for *_, one in seen]),
        [one.confidence for *_, one in seen],
        [label[_kind(one)] for *_, one in seen],
        [tile[view] for _, view, _ in seen],
        sides_of([box for box, _ in tile]),
        (page_width, page_height),
        tile_scales=[scale for _, scale in tile],
    )
    views = [(number, one) for number, _, one in seen]
    merged = (_object(result, row, names, views) for row in range(len(result.boxes)))
    return tuple(sorted(merged, key=lambda item: (item.box.top, item.box, item.label)))


def _object(
    result: MergedBoxes, row: int, names: list[str], views: list[tuple[int, ObjectSeen]]
) -> MergedObject:
    """Returns object ``row`` of the merge; ``views`` are the boxes that were merged, with their
    tiles."""
    sides = zip(_SIDES, result.open_sides[row], strict=True)
    members = [views[at] for at in result.members_of(row).tolist()]
    box = Box(*result.boxes[row].tolist())
    return MergedObject(
        label=_name([view for _, view in members]) or names[result.labels[row]],
        confidence=float(result.confidences[row]),
        box=box,
        tiles=tuple(sorted({tile for tile, _ in members})),
        open_sides=tuple(side for side, is_open in sides if is_open),
        angle=_angle([view for _, view in members if view.angle is not None], box),
    )


def _kind(seen: ObjectSeen) -> str:
    """Returns what must be the same of two views of one object."""
    return seen.label if seen.likeness is None else ANY_SYMBOL


def _name(views: Sequence[ObjectSeen]) -> str:
    """Returns the name by the view that is most like a reference; empty where none is named so."""
    named = [(view.likeness, view.label) for view in views if view.likeness is not None]
    return max(named)[1] if named else ""


def _angle(turned: Sequence[ObjectSeen], box: Box) -> float | None:
    fits = [(iou(view.box, box), view.confidence, view.angle or 0.0) for view in turned]
    return max(fits)[2] if fits else None
