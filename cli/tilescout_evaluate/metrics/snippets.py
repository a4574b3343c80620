"""Evaluates snippets: a tag counts as read if its text is exact and its box is in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.geometry import Box, iou
from tilescout.merging.text.confusions import normalise
from tilescout_evaluate.metrics.counts import Counts, total

MIN_IOU = 0.3
"""A tag's true box is often that of its letters, a detected box that of a whole OCR line."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A tag; ``text`` is compared in upper case with plain dashes, and an empty true label matches
    all."""

    text: str
    label: str
    box: Box
    confidence: float = 100.0

    @property
    def wanted(self) -> str:
        return " ".join(normalise(self.text).split())


@dataclass(frozen=True, slots=True)
class SnippetPage:
    """The true and the detected tags of a page, with boxes in one unit."""

    name: str
    truth: tuple[Snippet, ...]
    found: tuple[Snippet, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """The matches of one page: ``right`` are pairs of a tag and its detection, ``misread`` pairs of
    a missed tag and the detection in its place."""

    counts: dict[str, Counts]
    right: tuple[tuple[Snippet, Snippet], ...]
    missed: tuple[Snippet, ...]
    wrong: tuple[Snippet, ...]
    misread: tuple[tuple[Snippet, Snippet], ...]

    def right_of(self, label: str) -> list[Snippet]:
        """Returns the detections of tags of ``label``."""
        return [found for tag, found in self.right if tag.label == label]

    def false_of(self, label: str) -> list[Snippet]:
        """Returns the false detections that count for ``label``: all of them if the truth has no
        labels."""
        return [found for found in self.wrong if not label or found.label == label]


def match(page: SnippetPage) -> Matches:
    """Matches each tag once, the most confident reading first.

    Counts are by the tag's label; a detection without a partner counts for its own label, or for no
    label if no tag has one.
    """
    free = list(page.truth)
    right = []
    has_labels = any(tag.label for tag in free)
    wrong = []
    for found in sorted(page.found, key=lambda snippet: -snippet.confidence):
        tag = _best(found, free)
        if tag is None:
            wrong.append(found)
            continue
        free.remove(tag)
        right.append((tag, found))
    of_wrong = [snippet.label if has_labels else "" for snippet in wrong]
    return Matches(
        counts=_counts(page, [tag.label for tag, _ in right], of_wrong),
        right=tuple(right),
        missed=tuple(free),
        wrong=tuple(wrong),
        misread=_misread(free, wrong),
    )


def _best(found: Snippet, free: Sequence[Snippet]) -> Snippet | None:
    same = [
        tag
        for tag in free
        if tag.wanted == found.wanted
        and tag.label in ("", found.label)
        and iou(tag.box, found.box) >= MIN_IOU
    ]
    return max(same, key=lambda tag: iou(tag.box, found.box), default=None)


def _counts(page: SnippetPage, right: list[str], of_wrong: list[str]) -> dict[str, Counts]:
    of_truth = [snippet.label for snippet in page.truth]
    return {
        label: Counts(
            objects=of_truth.count(label),
            detections=right.count(label) + of_wrong.count(label),
            true_positives=right.count(label),
        )
        for label in sorted({*right, *of_wrong, *of_truth})
    }


def _misread(
    missed: Sequence[Snippet], wrong: Sequence[Snippet]
) -> tuple[tuple[Snippet, Snippet], ...]:
    pairs = []
    for tag in missed:
        near = max(wrong, key=lambda snippet: iou(snippet.box, tag.box), default=None)
        if near is not None and iou(near.box, tag.box) >= MIN_IOU:
            pairs.append((tag, near))
    return tuple(pairs)


def in_total(parts: Sequence[Matches]) -> dict[str, Counts]:
    """Returns the counts over all pages by label."""
    labels = sorted({label for part in parts for label in part.counts})
    return {
        label: total(part.counts[label] for part in parts if label in part.counts)
        for label in labels
    }
