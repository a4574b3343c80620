"""Accuracy of snippets: a tag is right when its text is, exactly, and it is where the tag is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.geometry import Box, iou
from tilescout.merging.text.confusions import normalised
from tilescout_evaluate.metrics.counts import Counts

SMALLEST_IOU = 0.3
"""A tag's true box is often its letters', a found one's that of the line an OCR saw."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """``text`` is compared in upper case, with plain dashes; an empty label of the truth is any."""

    text: str
    label: str
    box: Box
    confidence: float = 100.0

    @property
    def wanted(self) -> str:
        return " ".join(normalised(self.text).split())


@dataclass(frozen=True, slots=True)
class SnippetPage:
    """Boxes in any unit, the same for both."""

    name: str
    truth: tuple[Snippet, ...]
    found: tuple[Snippet, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """Of one page: ``right`` are pairs of a tag and what was found, ``misread`` those of a missed
    tag and what was found in its place."""

    counts: dict[str, Counts]
    right: tuple[tuple[Snippet, Snippet], ...]
    missed: tuple[Snippet, ...]
    wrong: tuple[Snippet, ...]
    misread: tuple[tuple[Snippet, Snippet], ...]

    def right_of(self, label: str) -> list[Snippet]:
        """What was found of tags of ``label``."""
        return [found for tag, found in self.right if tag.label == label]

    def wrong_of(self, label: str) -> list[Snippet]:
        """What counts for ``label`` and is no tag: all, where the truth has no labels."""
        return [found for found in self.wrong if not label or found.label == label]


def match(page: SnippetPage) -> Matches:
    """Each tag once, the surest reading first. Counts are by label of the tag; a found one without
    a partner counts for its own label, or for none where no tag has one."""
    free = list(page.truth)
    right = []
    has_labels = any(tag.label for tag in free)
    wrong = []
    for found in sorted(page.found, key=lambda each: -each.confidence):
        tag = _best(found, free)
        if tag is None:
            wrong.append(found)
            continue
        free.remove(tag)
        right.append((tag, found))
    of_wrong = [each.label if has_labels else "" for each in wrong]
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
        and iou(tag.box, found.box) >= SMALLEST_IOU
    ]
    return max(same, key=lambda tag: iou(tag.box, found.box), default=None)


def _counts(page: SnippetPage, right: list[str], of_wrong: list[str]) -> dict[str, Counts]:
    of_truth = [each.label for each in page.truth]
    return {
        label: Counts(
            objects=of_truth.count(label),
            found=right.count(label) + of_wrong.count(label),
            right=right.count(label),
        )
        for label in sorted({*right, *of_wrong, *of_truth})
    }


def _misread(
    missed: Sequence[Snippet], wrong: Sequence[Snippet]
) -> tuple[tuple[Snippet, Snippet], ...]:
    pairs = []
    for tag in missed:
        near = max(wrong, key=lambda each: iou(each.box, tag.box), default=None)
        if near is not None and iou(near.box, tag.box) >= SMALLEST_IOU:
            pairs.append((tag, near))
    return tuple(pairs)


def in_total(parts: Sequence[Matches]) -> dict[str, Counts]:
    """By label over all pages."""
    labels = sorted({label for part in parts for label in part.counts})
    none = Counts(objects=0, found=0, right=0)
    found = {}
    for label in labels:
        every = [part.counts.get(label, none) for part in parts]
        found[label] = Counts(
            objects=sum(each.objects for each in every),
            found=sum(each.found for each in every),
            right=sum(each.right for each in every),
        )
    return found
