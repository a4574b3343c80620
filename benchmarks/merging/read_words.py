"""Finds the characters of a page's words that were read wrong, by the words over each line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from tilescout.detections import Answer, TextLine, Word
from tilescout.geometry import Box, union
from tilescout.merging.text.orientation import rotate_to_reading
from tilescout_evaluate.metrics.text.alignment import errors_by_character


def wrong_characters(words: Sequence[Word], lines: Sequence[TextLine]) -> list[int]:
    """Returns the errors of each word: its line against the stitched words over the line."""
    wrong = [0] * len(words)
    truth = _lines(words)
    read = _read_over(
        [[words[at] for at in members] for members in truth],
        [word for line in lines for word in line.words],
    )
    for members, over in zip(truth, read, strict=True):
        line = [words[at] for at in members]
        for at, errors in zip(members, _aligned(line, _text(line, over)), strict=True):
            wrong[at] = errors
    return wrong


def is_read_right(word: Word, found: Sequence[Answer]) -> bool:
    """Tells whether a single tile reported exactly this word here."""
    return any(
        plain(seen.text) == plain(word.text) and _is_over(word.box, seen)
        for answer in found
        for seen in answer.words
    )


def _lines(words: Sequence[Word]) -> list[list[int]]:
    """Returns the indices of the words of each line, in its direction of reading."""
    order = sorted(range(len(words)), key=lambda at: (words[at].direction, words[at].line))
    return [
        sorted(group, key=lambda at: rotate_to_reading(words[at].box, words[at].direction).left)
        for _, group in groupby(order, key=lambda at: (words[at].direction, words[at].line))
    ]


def _read_over(truth: Sequence[Sequence[Word]], read: Sequence[Word]) -> list[list[Word]]:
    """Returns the words read over each line; a word over several belongs to the one that it
    covers."""
    over: list[list[Word]] = [[] for _ in truth]
    places = [_places(line) for line in truth]
    for seen in read:
        near = [at for at, boxes in enumerate(places) if any(_is_over(box, seen) for box in boxes)]
        if near:
            best = max(near, key=lambda at: max(_shared(box, seen.box) for box in places[at]))
            over[best].append(seen)
    return over


def _places(line: Sequence[Word]) -> list[Box]:
    """Returns the places where a word read from the line may have its centre, gaps included."""
    direction = line[0].direction
    found = [word.box for word in line]
    for before, after in pairwise(line):
        gap = (
            rotate_to_reading(after.box, direction).left
            - rotate_to_reading(before.box, direction).right
        )
        if gap < rotate_to_reading(before.box, direction).height:
            found.append(union((before.box, after.box)))
    return found


def _is_over(box: Box, seen: Word) -> bool:
    near = box.grow(0.1 * box.height, 0.1 * box.height)
    x, y = seen.box.centre
    return near.left < x < near.right and near.top < y < near.bottom


def _shared(one: Box, other: Box) -> float:
    return one.intersection(other).area


def _text(line: Sequence[Word], read: Sequence[Word]) -> str:
    direction = line[0].direction
    ordered = sorted(read, key=lambda word: rotate_to_reading(word.box, direction).left)
    return plain("".join(word.text for word in ordered))


def _aligned(line: Sequence[Word], read: str) -> list[int]:
    """Returns the errors of each word of the line under the cheapest alignment with what was
    read."""
    owner = [at for at, word in enumerate(line) for _ in plain(word.text)]
    truth = "".join(plain(word.text) for word in line)
    errors = [0] * len(line)
    for at, wrong in zip(owner, errors_by_character(truth, read), strict=True):
        errors[at] += wrong
    return errors


def plain(text: str) -> str:
    """Returns the text without spaces and case, which do not count."""
    return "".join(text.split()).upper()
