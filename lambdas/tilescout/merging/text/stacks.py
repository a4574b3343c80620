"""Finds pieces of lines that stand one below the other, as in an instrument's bubble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tilescout.detections import Direction, TextLine, Word
from tilescout.geometry import Box, union
from tilescout.merging.text.orientation import rotate_to_reading
from tilescout.neighbours import overlapping_pairs, sides_of

APART = 1.5
"""A gap this many heights wide separates things that only stand on one line."""
BELOW = 1.2
"""Largest gap between stacked pieces, in heights of the lower of the two."""
SAME_SIZE = 0.5
"""Smallest ratio of the heights of two stacked pieces."""
CENTRED = 0.5
"""Share of the shorter piece's width that must lie over or under the other."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring words of one line; ``box`` is rotated so that the text runs right."""

    words: tuple[Word, ...]
    box: Box
    line: TextLine

    @property
    def direction(self) -> Direction:
        return self.line.direction

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


def piece_of(line: TextLine) -> Piece:
    """Returns the whole line as one piece."""
    return Piece(line.words, rotate_to_reading(line.box, line.direction), line)


def stacks(lines: Sequence[TextLine], count: int) -> Iterator[tuple[Piece, ...]]:
    """Yields every stack of 2 to ``count`` pieces, the upper piece first."""
    pieces = [piece for line in lines for piece in _pieces(line)]
    below: dict[int, list[int]] = {}
    for upper, lower in _stacked(pieces):
        below.setdefault(upper, []).append(lower)
    towers: list[tuple[int, ...]] = [(upper, lower) for upper in below for lower in below[upper]]
    for _ in range(count - 1):
        yield from (tuple(pieces[at] for at in tower) for tower in towers)
        towers = [(*tower, at) for tower in towers for at in below.get(tower[-1], ())]


def is_stacked(upper: Box, lower: Box) -> bool:
    """Tells if the rotated box ``lower`` is right below ``upper``, about as tall and centred."""
    low, high = sorted((upper.height, lower.height))
    shared = min(upper.right, lower.right) - max(upper.left, lower.left)
    return (
        upper.centre[1] < lower.centre[1]
        and -low / 2 <= lower.top - upper.bottom <= BELOW * low
        and low >= SAME_SIZE * high
        and shared >= CENTRED * min(upper.width, lower.width)
    )


def _pieces(line: TextLine) -> Iterator[Piece]:
    words: list[Word] = []
    for word in line.words:
        box = rotate_to_reading(word.box, line.direction)
        if (
            words
            and box.left - rotate_to_reading(words[-1].box, line.direction).right
            > APART * box.height
        ):
            yield _piece(words, line)
            words = []
        words.append(word)
    yield _piece(words, line)


def _piece(words: list[Word], line: TextLine) -> Piece:
    box = union(rotate_to_reading(word.box, line.direction) for word in words)
    return Piece(tuple(words), box, line)


def _stacked(pieces: Sequence[Piece]) -> Iterator[tuple[int, int]]:
    """Yields pairs (upper, lower) that may be stacked; matching decides which words really are."""
    for direction in {piece.direction for piece in pieces}:
        group = [at for at, piece in enumerate(pieces) if piece.direction == direction]
        boxes = [pieces[at].box for at in group]
        grown = sides_of([box.grow(0, BELOW * box.height) for box in boxes])
        for one, other in overlapping_pairs(grown).tolist():
            upper, lower = sorted((one, other), key=lambda at: boxes[at].centre[1])
            yield group[upper], group[lower]
