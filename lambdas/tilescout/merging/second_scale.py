"""Decides which answers of coarser tiles count beside those of the page's own scale.

Small things are left to the fine tiles, for shrunk they resemble others. Coarser tiles tell of
things that no fine tile may hold whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tilescout.detections import TEXT_LAYER_TILE, Answer, ObjectSeen, Word
from tilescout.geometry import iou
from tilescout.merging import MergedObject
from tilescout.neighbours import extents, intersections, overlapping_pairs, sides_of
from tilescout.profiles import Profile

HELD_SHARE = 1 / 8
"""Things smaller than this share of a tile's side are ignored in coarse tiles, whatever the
overlap."""
SAME_PLACE = 0.5
"""IoU from which two objects of different labels are two opinions about one thing."""
COVERED = 0.5
"""A fine tile's large word is dropped where a coarser reading covers this share of its area."""


def keep_large_of_coarse_tiles(answers: Sequence[Answer], profile: Profile) -> list[Answer]:
    """Returns the answers with only large things of coarse tiles, and without fine parts of these.

    A thing is large if it is larger than the overlap, for every smaller one lies whole in a fine
    tile. Text is measured by the height of its letters: lines are stitched, however long.
    """
    if all(answer.scale == 1 for answer in answers):
        return list(answers)
    min_size = max(profile.overlap, HELD_SHARE * profile.tile_size)
    large = [_large_part(answer, min_size) if answer.scale != 1 else answer for answer in answers]
    return _without_parts(large, min_size)


def _large_part(answer: Answer, min_size: float) -> Answer:
    return replace(
        answer,
        words=tuple(word for word in answer.words if _letter_height(word) > min_size),
        objects=tuple(seen for seen in answer.objects if _longest_side(seen) > min_size),
    )


def _letter_height(word: Word) -> float:
    return word.box.height if word.direction in ("right", "left") else word.box.width


def _longest_side(seen: ObjectSeen) -> float:
    return max(seen.box.width, seen.box.height)


def _without_parts(answers: list[Answer], min_size: float) -> list[Answer]:
    """Drops what fine tiles read in the parts of letters that are larger than their overlap."""
    coarse = [word for answer in answers if answer.scale != 1 for word in answer.words]
    fine = [
        word
        for answer in answers
        if answer.scale == 1 and answer.tile != TEXT_LAYER_TILE
        for word in answer.words
        if _letter_height(word) > min_size
    ]
    covered = _covered_shares(fine, coarse)
    gone = {id(word) for word, share in zip(fine, covered, strict=True) if share >= COVERED}
    return [
        replace(answer, words=tuple(word for word in answer.words if id(word) not in gone))
        for answer in answers
    ]


def _covered_shares(words: list[Word], over: list[Word]) -> np.ndarray:
    """Returns the share of each word's area (0 to 1) that the words ``over`` cover."""
    sides = sides_of([word.box for word in (*words, *over)])
    pairs = overlapping_pairs(sides)
    pairs = pairs[(pairs[:, 0] < len(words)) & (pairs[:, 1] >= len(words))]
    common = np.multiply(*extents(intersections(sides[pairs[:, 0]], sides[pairs[:, 1]])))
    areas = np.multiply(*extents(sides[: len(words)]))
    shared = np.bincount(pairs[:, 0], weights=common, minlength=len(words))
    return np.asarray(shared / np.maximum(areas, 1e-9))


def drop_contradicted(objects: Sequence[MergedObject], coarse: set[int]) -> list[MergedObject]:
    """Drops objects that only ``coarse`` tiles saw and that a fine tile labels differently.

    Shrunk, an object looks like a smaller one of another kind: the tile that saw it whole and
    sharp is believed.
    """
    is_coarse = [coarse.issuperset(seen.tiles) for seen in objects]
    wrong: set[int] = set()
    for pair in overlapping_pairs(sides_of([seen.box for seen in objects])).tolist():
        fine, other = sorted(pair, key=lambda at: is_coarse[at])
        if is_coarse[fine] == is_coarse[other] or objects[fine].open_sides:
            continue
        if iou(objects[fine].box, objects[other].box) >= SAME_PLACE:
            wrong.add(other)
    return [seen for at, seen in enumerate(objects) if at not in wrong]
