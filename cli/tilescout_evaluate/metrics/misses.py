"""Collects the worst misses, false detections and misreadings, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from tilescout.geometry import Box
from tilescout_evaluate.metrics.matching import Floats
from tilescout_evaluate.metrics.objects import MatchedPage
from tilescout_evaluate.metrics.snippets import Matches, Snippet, SnippetPage
from tilescout_evaluate.metrics.text.errors import lines_read
from tilescout_evaluate.metrics.text.pages import TextPage

MAX_MISSES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A miss; ``page`` is an index of a page, the box is in page px, ``weight`` grows with
    severity."""

    page: int
    box: Box
    what: str
    weight: float


def of_objects(
    pages: Sequence[MatchedPage], labels: Sequence[str], limit: int = MAX_MISSES
) -> list[Miss]:
    """Returns, in turn, the most confident false boxes and the largest missed objects."""
    wrong = [miss for at, page in enumerate(pages) for miss in _wrong(at, page, labels)]
    missed = [miss for at, page in enumerate(pages) for miss in _missed(at, page, labels)]
    return _in_turn(wrong, missed)[:limit]


def _wrong(at: int, matched_page: MatchedPage, labels: Sequence[str]) -> Iterator[Miss]:
    page = matched_page.page
    for row in np.flatnonzero(matched_page.counts & (matched_page.owners < 0)):
        confidence, label = page.confidences[row], labels[page.labels[row]]
        yield Miss(
            page=at,
            box=_box(page.boxes[row]),
            what=f"wrong: {label} ({confidence:.1f} %)",
            weight=float(confidence),
        )


def _missed(at: int, matched_page: MatchedPage, labels: Sequence[str]) -> Iterator[Miss]:
    page = matched_page.page
    for row in np.flatnonzero(~np.isin(np.arange(len(page.true_boxes)), matched_page.owners)):
        box = _box(page.true_boxes[row])
        yield Miss(
            page=at, box=box, what=f"missed: {labels[page.true_labels[row]]}", weight=box.area
        )


def of_text(pages: Sequence[TextPage], limit: int = MAX_MISSES) -> list[Miss]:
    """Returns the lines with the most wrong characters."""
    found = [
        Miss(page=at, box=line.box, what=f"{line.truth!r} read as {line.read!r}", weight=line.wrong)
        for at, page in enumerate(pages)
        for line in lines_read(page)
        if line.wrong
    ]
    return _worst(found)[:limit]


def of_snippets(
    pages: Sequence[SnippetPage], matches: Sequence[Matches], limit: int = MAX_MISSES
) -> list[Miss]:
    """Returns the misread tags, then missed and false ones in turn."""
    misread, missed, wrong = [], [], []
    for at, match in enumerate(matches):
        partners = [partner for pair in match.misread for partner in pair]
        misread += [_tag(at, tag, f"{tag.text!r} read as {read.text!r}")
                    for tag, read in match.misread]  # fmt: skip
        missed += [_tag(at, tag, f"missed: {tag.text!r}") for tag in _but(match.missed, partners)]
        wrong += [_tag(at, tag, f"wrong: {tag.text!r}") for tag in _but(match.wrong, partners)]
    return [*misread, *_in_turn(wrong, missed)][:limit]


def _but(tags: Iterable[Snippet], left_out: Sequence[Snippet]) -> list[Snippet]:
    return [tag for tag in tags if not any(tag is other for other in left_out)]


def _tag(at: int, tag: Snippet, what: str) -> Miss:
    return Miss(page=at, box=tag.box, what=what, weight=tag.confidence)


def _in_turn(one: list[Miss], other: list[Miss]) -> list[Miss]:
    pairs = zip_longest(_worst(one), _worst(other))
    return [miss for pair in pairs for miss in pair if miss is not None]


def _worst(found: list[Miss]) -> list[Miss]:
    return sorted(found, key=lambda miss: (-miss.weight, miss.page, miss.box))


def _box(row: Floats) -> Box:
    left, top, right, bottom = map(float, row)
    return Box(left, top, right, bottom)
