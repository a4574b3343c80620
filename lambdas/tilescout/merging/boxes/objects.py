"""Merges the objects in the answers of a page's tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilescout.detections import Answer, Side
from tilescout.geometry import Box
from tilescout.merging.boxes.merge import MergedBoxes, merge_detections

_SIDES: tuple[Side, Side, Side, Side] = ("left", "top", "right", "bottom")


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedObject:
    """One object: its box in page px, the tiles that saw it, the sides that no tile saw."""

    label: str
    confidence: float
    box: Box
    tiles: tuple[int, ...]
    open_sides: tuple[Side, ...] = ()


def merge_objects(
    answers: Sequence[Answer], page_width: int, page_height: int
) -> tuple[MergedObject, ...]:
    """Returns the page's objects (page px), sorted by top and left, in whatever order tiles answer.

    Boxes of one label and different tiles are one object where the tiles agree about the area
    both see. Each side is the mean of the tiles that saw it uncut. See `merge_detections`.
    """
    seen = list(
        {
            (answer.tile, (answer.tile_box, answer.scale), one)
            for answer in answers
            for one in answer.objects
        }
    )
    names = sorted({one.label for *_, one in seen})
    label = {name: at for at, name in enumerate(names)}
    tile = {view: at for at, view in enumerate(dict.fromkeys(view for _, view, _ in seen))}
    result = merge_detections(
        _rows([one.box for *_, one in seen]),
        [one.confidence for *_, one in seen],
        [label[one.label] for *_, one in seen],
        [tile[view] for _, view, _ in seen],
        _rows([box for box, _ in tile]),
        (page_width, page_height),
        tile_scales=[scale for _, scale in tile],
    )
    tiles = [number for number, *_ in seen]
    merged = (_object(result, row, names, tiles) for row in range(len(result.boxes)))
    return tuple(sorted(merged, key=lambda item: (item.box.top, item.box, item.label)))


def _object(result: MergedBoxes, row: int, names: list[str], tiles: list[int]) -> MergedObject:
    """Returns object ``row`` of the merge; ``tiles`` has the tile of each box that was merged."""
    sides = zip(_SIDES, result.open_sides[row], strict=True)
    return MergedObject(
        label=names[result.labels[row]],
        confidence=float(result.confidences[row]),
        box=Box(*result.boxes[row].tolist()),
        tiles=tuple(sorted({tiles[at] for at in result.members_of(row).tolist()})),
        open_sides=tuple(side for side, is_open in sides if is_open),
    )


def _rows(boxes: Sequence[Box]) -> np.ndarray:
    return np.array([(box.left, box.top, box.right, box.bottom) for box in boxes]).reshape(-1, 4)
