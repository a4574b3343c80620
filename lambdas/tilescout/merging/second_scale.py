"""What counts of the answers that coarser tiles gave, beside those of the page's own scale.

Small things are the fine tiles' own: shrunk, they resemble others. What no fine tile may hold
whole is the coarser tiles'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tilescout.detections import TEXT_LAYER_TILE, Answer, ObjectSeen, Word
from tilescout.geometry import iou
from tilescout.merging import MergedObject
from tilescout.neighbours import extents, overlapping_pairs, shared_part, sides_of
from tilescout.profiles import Profile

HELD_SHARE = 1 / 8
"""Of a tile's side: what is smaller is nothing for the second scale, however small the overlap."""
SAME_PLACE = 0.5
"""IoU from which two objects of different labels are two opinions about one thing."""
COVERED = 0.5
"""Share of a fine tile's large word that lies under a coarser reading of the same."""


def with_large_only(answers: Sequence[Answer], profile: Profile) -> list[Answer]:
    """The answers, with coarse tiles' large things only, and no large letters of fine tiles there.

    Large is what is larger than the overlap, for the rest lies whole in a fine tile wherever it
    is. Of text the height of the letters counts: lines are stitched, however long.
    """
    if all(answer.scale == 1 for answer in answers):
        return list(answers)
    least = max(profile.overlap, HELD_SHARE * profile.tile_size)
    large = [_large_part(answer, least) if answer.scale != 1 else answer for answer in answers]
    return _without_parts(large, least)


def _large_part(answer: Answer, least: float) -> Answer:
    return replace(
        answer,
        words=tuple(word for word in answer.words if _letter_height(word) > least),
        objects=tuple(each for each in answer.objects if _longest_side(each) > least),
    )


def _letter_height(word: Word) -> float:
    return word.box.height if word.direction in ("right", "left") else word.box.width


def _longest_side(seen: ObjectSeen) -> float:
    return max(seen.box.width, seen.box.height)


def _without_parts(answers: list[Answer], least: float) -> list[Answer]:
    """Fine tiles see parts of letters larger than their overlap, and read others into them."""
    coarse = [word for answer in answers if answer.scale != 1 for word in answer.words]
    fine = [
        word
        for answer in answers
        if answer.scale == 1 and answer.tile != TEXT_LAYER_TILE
        for word in answer.words
        if _letter_height(word) > least
    ]
    covered = _covered(fine, coarse)
    gone = {id(word) for word, share in zip(fine, covered, strict=True) if share >= COVERED}
    return [
        replace(answer, words=tuple(word for word in answer.words if id(word) not in gone))
        for answer in answers
    ]


def _covered(words: list[Word], over: list[Word]) -> np.ndarray:
    """The share of each word's area that lies under those ``over`` it, which seldom overlap."""
    sides = sides_of([word.box for word in (*words, *over)])
    pairs = overlapping_pairs(sides)
    pairs = pairs[(pairs[:, 0] < len(words)) & (pairs[:, 1] >= len(words))]
    common = np.multiply(*extents(shared_part(sides[pairs[:, 0]], sides[pairs[:, 1]])))
    areas = np.multiply(*extents(sides[: len(words)]))
    shared = np.bincount(pairs[:, 0], weights=common, minlength=len(words))
    return np.asarray(shared / np.maximum(areas, 1e-9))


def uncontradicted(objects: Sequence[MergedObject], coarse: set[int]) -> list[MergedObject]:
    """The merged objects, without those of ``coarse`` tiles alone that a fine tile names otherwise.

    Shrunk, an object looks like a smaller one of another kind: the tile that saw it whole, and
    sharp, knows better.
    """
    is_coarse = [coarse.issuperset(each.tiles) for each in objects]
    wrong: set[int] = set()
    for pair in overlapping_pairs(sides_of([each.box for each in objects])).tolist():
        fine, other = sorted(pair, key=lambda at: is_coarse[at])
        if is_coarse[fine] == is_coarse[other] or objects[fine].open_sides:
            continue
        if iou(objects[fine].box, objects[other].box) >= SAME_PLACE:
            wrong.add(other)
    return [each for at, each in enumerate(objects) if at not in wrong]
