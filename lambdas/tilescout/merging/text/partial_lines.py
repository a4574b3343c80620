"""Lines while they are stitched: what their tiles agree on, and which of their ends are open."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tilescout.detections import Word
from tilescout.geometry import Box, union
from tilescout.merging.grouping import group_linked
from tilescout.merging.text.fragments import Fragment
from tilescout.merging.text.splicing import words_of_line
from tilescout.merging.tile_edges import EDGE_TOLERANCE_PX
from tilescout.neighbours import overlapping_pairs, sides_of

NEXT_TO = 1.0
"""Largest gap between facing ends of one line, in heights of it."""
FACING = 0.6
"""Smallest overlap across the line, and smallest ratio of heights, of facing ends."""
PADDING = 0.25
"""Heights by which detectors draw boxes of neighbours into each other."""
TOUCHING = 0.35
"""Two cut ends nearer than this many heights are one word, cut in two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialLine:
    """A line of text, boxes rotated. ``reports`` has, by answer, what that answer called it.

    ``is_cut`` is by side: start, top, end, bottom. ``to_edge`` is how far its start and its end
    are from the inner tile side they were read at, in px.
    """

    words: tuple[Word, ...]
    box: Box
    tiles: frozenset[int]
    reports: dict[int, Hashable]
    is_cut: tuple[bool, bool, bool, bool]
    to_edge: tuple[float, float]


def partial_line(fragments: Sequence[Fragment]) -> PartialLine:
    """Returns the line that all ``fragments`` show."""
    words = words_of_line(fragments)
    box = union(word.box for word in words)
    starts = [
        fragment for fragment in fragments if fragment.box.left <= box.left + EDGE_TOLERANCE_PX
    ]
    ends = [
        fragment for fragment in fragments if fragment.box.right >= box.right - EDGE_TOLERANCE_PX
    ]
    return PartialLine(
        words=words,
        box=box,
        tiles=frozenset(fragment.tile for fragment in fragments),
        reports={fragment.answer: fragment.report for fragment in fragments},
        is_cut=(
            all(fragment.is_cut[0] for fragment in starts),
            all(fragment.is_cut[1] for fragment in fragments),
            all(fragment.is_cut[2] for fragment in ends),
            all(fragment.is_cut[3] for fragment in fragments),
        ),
        to_edge=(
            min((fragment.to_edge[0] for fragment in starts), default=math.inf),
            min((fragment.to_edge[1] for fragment in ends), default=math.inf),
        ),
    )


def join_continued(lines: Sequence[PartialLine]) -> list[PartialLine]:
    """Joins lines that go on past a tile's side without a word that both tiles saw.

    Two lines that one tile reported apart are never joined.
    """
    chains = group_linked(_facing_pairs(lines), [line.reports for line in lines])
    return [
        _join(sorted((lines[at] for at in chain), key=lambda line: line.box)) for chain in chains
    ]


def _facing_pairs(lines: Sequence[PartialLine]) -> list[tuple[int, int]]:
    """Returns pairs (before, after) of lines whose ends meet, the nearest first, each end once."""
    grown = [line.box.grow(NEXT_TO * line.box.height / 2, 0) for line in lines]
    meetings = []
    for pair in overlapping_pairs(sides_of(grown)).tolist():
        before, after = sorted(pair, key=lambda at: (lines[at].box, at))
        if _continues(lines[before], lines[after]):
            gap = abs(lines[after].box.left - lines[before].box.right)
            meetings.append((gap, lines[before].box, lines[after].box, before, after))
    return _each_end_once([(before, after) for *_, before, after in sorted(meetings)])


def _each_end_once(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    ends: set[int] = set()
    starts: set[int] = set()
    chosen = []
    for before, after in pairs:
        if before not in ends and after not in starts:
            chosen.append((before, after))
            ends.add(before)
            starts.add(after)
    return chosen


def _continues(before: PartialLine, after: PartialLine) -> bool:
    """Tells if ``after`` goes on where ``before`` ends, at the side of a tile."""
    if any(
        after.reports.get(answer, report) != report for answer, report in before.reports.items()
    ):
        return False
    low, high = sorted((before.box.height, after.box.height))
    shared = min(before.box.bottom, after.box.bottom) - max(before.box.top, after.box.top)
    reach = NEXT_TO * low
    gap = after.box.left - before.box.right
    return (
        -PADDING * low <= gap <= reach
        and before.box.right < after.box.right
        and low >= FACING * high
        and shared >= FACING * low
        and (before.to_edge[1] <= reach or after.to_edge[0] <= reach)
    )


def _join(lines: list[PartialLine]) -> PartialLine:
    if len(lines) == 1:
        return lines[0]
    words = lines[0].words
    for before, after in pairwise(lines):
        words = _with_next(words, before, after)
    return PartialLine(
        words=words,
        box=union(line.box for line in lines),
        tiles=frozenset().union(*(line.tiles for line in lines)),
        reports={answer: report for line in lines for answer, report in line.reports.items()},
        is_cut=(
            lines[0].is_cut[0],
            all(line.is_cut[1] for line in lines),
            lines[-1].is_cut[2],
            all(line.is_cut[3] for line in lines),
        ),
        to_edge=(lines[0].to_edge[0], lines[-1].to_edge[1]),
    )


def _with_next(
    words: tuple[Word, ...], before: PartialLine, after: PartialLine
) -> tuple[Word, ...]:
    """Returns the words of both; a word that the seam cuts in two becomes one."""
    gap = after.box.left - before.box.right
    if not (before.is_cut[2] and after.is_cut[0] and gap <= TOUCHING * before.box.height):
        return words + after.words
    one, other = words[-1], after.words[0]
    whole = replace(
        one,
        text=one.text + other.text,
        confidence=min(one.confidence, other.confidence),
        box=union((one.box, other.box)),
    )
    return (*words[:-1], whole, *after.words[1:])
