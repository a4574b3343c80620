"""Groups the fragments of different tiles that are parts of one line."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tilescout.detections import TEXT_LAYER_TILE, Word
from tilescout.geometry import iou
from tilescout.merging.grouping import group_linked
from tilescout.merging.text.fragments import Fragment
from tilescout.neighbours import (
    best_first,
    extents,
    intersections,
    ious,
    overlapping_pairs,
    sides_of,
)

SAME_LINE = 0.5
"""Smallest share of the lower fragment's height that both have in common."""
SAME_HEIGHT = 0.5
"""Smallest ratio of heights; boxes of the text layer are up to twice as tall as those of OCR."""
SAME_PLACE = 0.3
"""Smallest share of the shorter text seen by both tiles that both have read."""
SAID_TWICE = 0.8
"""IoU from which two fragments of one tile are the same text, read twice."""

EDGE = 1.5
"""Characters by which boxes of words are off; a gap this near to a word's end is at its end."""
PADDING = 0.5
"""Heights by which detectors draw boxes of neighbours into each other."""

Report = tuple[int, tuple[int, ...]]
"""An answer and what it called a line."""


def lines_of_fragments(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """Groups fragments of one direction by the line that they show, in whatever order they come.

    Two tiles see the same in the area that they share, so only that area decides about a link.
    What one tile reported apart is never joined: a longer fragment that spans both is divided.
    """
    kept = sorted(_without_repeats(fragments), key=_order)
    parts = sorted(_divide_at_gaps(kept, _links(kept)), key=_order)
    links = _links(parts)
    groups = group_linked(links, [{part.answer: part.report} for part in parts])
    return [[parts[index] for index in group] for group in groups]


def _order(fragment: Fragment) -> tuple[object, ...]:
    return fragment.answer, fragment.report, fragment.box, fragment.words[0].text


def _without_repeats(fragments: Sequence[Fragment]) -> list[Fragment]:
    """Drops the less confident of two fragments of one tile at the same place."""
    pairs = overlapping_pairs(sides_of([fragment.box for fragment in fragments]))
    gone: set[int] = set()
    for one, other in pairs.tolist():
        a, b = fragments[one], fragments[other]
        if a.answer == b.answer and a.tile != TEXT_LAYER_TILE and iou(a.box, b.box) >= SAID_TWICE:
            gone.add(one if _sureness(a) < _sureness(b) else other)
    return [fragment for index, fragment in enumerate(fragments) if index not in gone]


def _sureness(fragment: Fragment) -> tuple[object, ...]:
    confidence = sum(word.confidence * len(word.text) for word in fragment.words)
    return confidence, fragment.box, [word.text for word in fragment.words]


def _links(fragments: Sequence[Fragment]) -> list[tuple[int, int]]:
    """Returns pairs of indices that show the same text, the surest first; none for exact text."""
    boxes = sides_of([fragment.box for fragment in fragments])
    tiles = sides_of([fragment.tile_box for fragment in fragments])
    answers = np.array([fragment.answer for fragment in fragments])
    pairs = overlapping_pairs(boxes)
    exact = np.array([fragment.tile == TEXT_LAYER_TILE for fragment in fragments], dtype=bool)
    differ = answers[pairs[:, 0]] != answers[pairs[:, 1]]
    pairs = pairs[differ & ~exact[pairs].any(axis=1)]
    alike = _are_on_one_line(boxes, pairs)
    seen_by_both = intersections(tiles[pairs[:, 0]], tiles[pairs[:, 1]])
    one = intersections(boxes[pairs[:, 0]], seen_by_both)
    other = intersections(boxes[pairs[:, 1]], seen_by_both)
    width, one_width, other_width = (
        extents(part)[0] for part in (intersections(one, other), one, other)
    )
    alike &= width >= SAME_PLACE * np.minimum(one_width, other_width)
    return best_first(pairs[alike], ious(one, other)[alike])


def _are_on_one_line(boxes: NDArray[np.float64], pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tells for each pair if the two lie on one line of text and are of one size."""
    _, shared = extents(intersections(boxes[pairs[:, 0]], boxes[pairs[:, 1]]))
    _, height = extents(boxes)
    low, high = np.sort(np.stack((height[pairs[:, 0]], height[pairs[:, 1]])), axis=0)
    return np.asarray((shared >= SAME_LINE * low) & (low >= SAME_HEIGHT * high))


def _divide_at_gaps(
    fragments: Sequence[Fragment], links: Iterable[tuple[int, int]]
) -> list[Fragment]:
    """Divides the fragments that span what another tile reported as two lines.

    A gap inside a word means that the other tile read the word in two pieces, on one line.
    """
    partners: dict[int, list[Fragment]] = {}
    for one, other in links:
        partners.setdefault(one, []).append(fragments[other])
        partners.setdefault(other, []).append(fragments[one])
    one_line: dict[Report, Report] = {}
    gaps: dict[int, list[float]] = {}
    for index, seen in partners.items():
        for before, after, gap in _gaps_between_lines(seen):
            if any(_is_inside(gap, word) for word in fragments[index].words):
                one_line[after.answer, after.report] = before.answer, before.report
            else:
                gaps.setdefault(index, []).append(gap)
    return [
        part
        for index, fragment in enumerate(fragments)
        for part in _parts(_with_report(fragment, one_line), gaps.get(index, []))
    ]


def _with_report(fragment: Fragment, one_line: dict[Report, Report]) -> Fragment:
    report = fragment.answer, fragment.report
    while report in one_line:
        report = one_line[report]
    return replace(fragment, report=report[1])


def _gaps_between_lines(partners: list[Fragment]) -> Iterator[tuple[Fragment, Fragment, float]]:
    """Yields neighbours that one tile reported as two lines, and the middle of their gap."""
    ordered = sorted(partners, key=lambda partner: (partner.answer, partner.box))
    for before, after in pairwise(ordered):
        overlap = before.box.right - after.box.left
        is_row = overlap <= PADDING * before.box.height and before.box.right < after.box.right
        if before.answer == after.answer and before.report != after.report and is_row:
            yield before, after, (before.box.right + after.box.left) / 2


def _is_inside(place: float, word: Word) -> bool:
    edge = EDGE * word.box.width / len(word.text)
    return word.box.left + edge < place < word.box.right - edge


def _parts(fragment: Fragment, gaps: list[float]) -> list[Fragment]:
    """Returns the fragment divided between words at ``gaps`` (rotated px)."""
    if not gaps:
        return [fragment]
    by_part: dict[int, list[Word]] = {}
    for word in fragment.words:
        by_part.setdefault(bisect(sorted(gaps), word.box.centre[0]), []).append(word)
    return [fragment.with_words(words, number) for number, words in sorted(by_part.items())]
