"""Finds the snippets that a profile's ``find`` asks for, each with the box of the match only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import regex

from tilescout.detections import Detection, TextLine, Word
from tilescout.errors import InvalidProfile
from tilescout.geometry import Box, union
from tilescout.merging.text.fragments import part_of
from tilescout.merging.text.orientation import rotate_from_reading, rotate_to_reading
from tilescout.merging.text.snippet_matching import Match, compile_pattern, find_matches
from tilescout.merging.text.stacks import Piece, is_stacked, piece_of, stacks
from tilescout.profiles import Find

MAX_EDITS = 3
MAX_LINES = 4
JOINTS = (" ", "-")
CORRECTED_RIGHT = 0.3
"""The share of corrected snippets that are right, .30 of those with one correction and .23 of those
with two, on tiles of ten drawings, most of them of lettering that is hard to read:
`python -m benchmarks.snippet_corrections`."""


@dataclass(frozen=True, slots=True)
class _Part:
    """The characters ``start`` to ``end`` of a word that belong to a match."""

    word: Word
    start: int
    end: int

    @property
    def box(self) -> Box:
        """The rotated box of these characters, in proportion to the word's."""
        count = len(self.word.text)
        whole = rotate_to_reading(self.word.box, self.word.direction)
        return part_of(whole, self.start / count, self.end / count)

    @property
    def characters(self) -> set[tuple[Box, int]]:
        return {(self.word.box, at) for at in range(self.start, self.end)}


@dataclass(frozen=True, slots=True)
class _Snippet:
    """A match and, for each stacked line it runs over, the parts of its words."""

    match: Match
    lines: tuple[tuple[_Part, ...], ...]
    pieces: tuple[Piece, ...]


def check_find(find: Find) -> None:
    """Raises InvalidProfile, with the pattern and the remedy, for a Find that can never match."""
    named = f"find {find.label!r}: the pattern {find.pattern!r}"
    if not find.label:
        raise InvalidProfile(f"{named} has no label; name what it finds")
    if not 0 <= find.max_edits <= MAX_EDITS:
        raise InvalidProfile(
            f"{named} has max_edits {find.max_edits}; give 0 to {MAX_EDITS}, confusions such as "
            f"O for 0 are forgiven without"
        )
    if not 1 <= find.lines <= MAX_LINES:
        raise InvalidProfile(f"{named} has lines {find.lines}; give 1 to {MAX_LINES}")
    try:
        pattern = compile_pattern(find.pattern)
        compile_pattern(find.pattern, find.max_edits)
    except regex.error as error:
        raise InvalidProfile(
            f"{named} is not a regular expression: {error}; correct it there, or put a backslash "
            f"before a character that is meant literally"
        ) from error
    if pattern.fullmatch(""):
        raise InvalidProfile(f"{named} matches empty text; let it ask for at least one character")


def find_snippets(
    lines: Sequence[TextLine], find: Sequence[Find], page: int = 1
) -> tuple[Detection, ...]:
    """Returns each match of each Find, sorted by top and left; boxes in page px cover it only.

    ``text`` is what was read, ``normalised_text`` upper case with misread characters corrected.
    A match is never part of a longer run of letters and digits. Raises InvalidProfile, which is
    PatternTooSlow where only this text takes too long.
    """
    detections = []
    for wanted in find:
        check_find(wanted)
        detections += [
            _detection(snippet, wanted, page)
            for snippet in _without_overlaps(_snippets(wanted, lines))
        ]
    return tuple(
        sorted(
            detections, key=lambda wanted: (wanted.box.top, wanted.box, wanted.label, wanted.text)
        )
    )


def _snippets(find: Find, lines: Sequence[TextLine]) -> Iterator[_Snippet]:
    for line in lines:
        yield from _matches_over(find, (piece_of(line),))
    if find.lines > 1:
        for tower in stacks(lines, find.lines):
            yield from _matches_over(find, tower)


def _matches_over(find: Find, pieces: tuple[Piece, ...]) -> Iterator[_Snippet]:
    """Yields matches that run over all of the pieces, with the matched parts stacked.

    Stacked pieces are joined by a space, and by the hyphen that a pattern such as FIC-101 asks for:
    in a bubble the line between them stands for it.
    """
    for joint in JOINTS if len(pieces) > 1 and "-" in find.pattern else JOINTS[:1]:
        for match in find_matches(find, joint.join(piece.text for piece in pieces)):
            lines = tuple(_parts(match, pieces))
            boxes = [union(part.box for part in line) for line in lines if line]
            if len(boxes) == len(pieces) and all(is_stacked(*pair) for pair in pairwise(boxes)):
                yield _Snippet(match, lines, pieces)


def _parts(match: Match, pieces: Sequence[Piece]) -> Iterator[tuple[_Part, ...]]:
    """Yields, for each piece, the parts of its words that the match covers."""
    at = 0
    for piece in pieces:
        parts = []
        for word in piece.words:
            start, end = max(match.start - at, 0), min(match.end - at, len(word.text))
            if start < end:
                parts.append(_Part(word, start, end))
            at += len(word.text) + 1
        yield tuple(parts)


def _without_overlaps(snippets: Iterator[_Snippet]) -> Iterator[_Snippet]:
    """Yields snippets that share no character, the longest and the least corrected first."""
    taken: set[tuple[Box, int]] = set()
    for snippet in sorted(snippets, key=_preference):
        characters = {at for line in snippet.lines for part in line for at in part.characters}
        if not characters & taken:
            taken |= characters
            yield snippet


def _preference(snippet: _Snippet) -> tuple[object, ...]:
    """The sort key: longer, less corrected, then more compact snippets first."""
    boxes = [part.box for line in snippet.lines for part in line]
    match = snippet.match
    return match.start - match.end, match.corrections, union(boxes).area, boxes, match.normalised


def _detection(snippet: _Snippet, find: Find, page: int) -> Detection:
    parts = [part for line in snippet.lines for part in line]
    letters = sum(part.end - part.start for part in parts)
    confidence = sum(part.word.confidence * (part.end - part.start) for part in parts) / letters
    lines = {id(piece.line): piece.line for piece in snippet.pieces}.values()
    return Detection(
        page=page,
        label=find.label,
        confidence=confidence * (CORRECTED_RIGHT if snippet.match.corrections else 1),
        box=rotate_from_reading(union(part.box for part in parts), parts[0].word.direction),
        text=" ".join(part.word.text[part.start : part.end] for part in parts),
        normalised_text=" ".join(snippet.match.normalised.split()),
        tiles=tuple(sorted({tile for line in lines for tile in line.tiles})),
        open_sides=tuple(sorted({side for line in lines for side in line.open_sides})),
        corrections=snippet.match.corrections,
        is_match=True,
    )
