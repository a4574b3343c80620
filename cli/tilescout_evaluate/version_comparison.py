"""Compares what two versions of a model find on the same labelled pages, label by label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tilescout_evaluate import pairing
from tilescout_evaluate.metrics.counts import Counts, total
from tilescout_evaluate.metrics.objects import MatchedPage, match_page
from tilescout_evaluate.pairing import Pair

MAX_LOSS, MAX_LOSS_OF_LABEL = 0.01, 0.05
"""F1 that a version may lose over all labels, and of one of them."""
MIN_MORE_ERRORS = 2
"""Errors that a label must have more: one alone is chance where few objects are labelled."""


@dataclass(frozen=True, slots=True)
class LabelComparison:
    """The counts of a label at IoU .5, by the version before and by the new one."""

    label: str
    before: Counts
    after: Counts

    @property
    def change(self) -> float:
        """The F1 that the new version has more, -1 to 1."""
        return self.after.f1 - self.before.f1

    @property
    def is_better(self) -> bool:
        return self.change > 0

    @property
    def is_worse(self) -> bool:
        """True where the label loses more than it may, by more than one error."""
        more = _errors(self.after) - _errors(self.before)
        return self.change < -MAX_LOSS_OF_LABEL and more >= MIN_MORE_ERRORS


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionComparison:
    """The comparison of two versions; ``other_labels`` counts the finds of each, first the one
    before, whose label the truth does not have."""

    labels: tuple[LabelComparison, ...]
    pages: int
    other_labels: tuple[int, int]

    @property
    def total(self) -> LabelComparison:
        """All labels together."""
        before, after = ([getattr(each, side) for each in self.labels] for side in SIDES)
        return LabelComparison("all", total(before), total(after))

    @property
    def worse(self) -> tuple[LabelComparison, ...]:
        """Labels that lose more than they may, those that lose most first."""
        return tuple(sorted((e for e in self.labels if e.is_worse), key=lambda e: e.change))

    @property
    def is_worse(self) -> bool:
        """True where the new version loses over all labels, or a label of its own."""
        return self.total.change < -MAX_LOSS or bool(self.worse)


SIDES = ("before", "after")


def compare_versions(before: Sequence[Pair], after: Sequence[Pair]) -> VersionComparison:
    """Returns the comparison of what two versions found on the same pages."""
    labels = tuple(sorted({item.label for pair in before for item in pair.truth.items}))
    old, new = _counts(before, labels), _counts(after, labels)
    return VersionComparison(
        labels=tuple(map(LabelComparison, labels, old, new)),
        pages=len(before),
        other_labels=(_others(before, labels), _others(after, labels)),
    )


def _counts(pairs: Sequence[Pair], labels: tuple[str, ...]) -> list[Counts]:
    pages = [match_page(page) for page in pairing.object_pages(pairs, labels).pages]
    return [total(_of_label(page, at) for page in pages) for at in range(len(labels))]


def _of_label(page: MatchedPage, label: int) -> Counts:
    mine = page.page.labels == label
    return Counts(
        objects=int(np.sum(page.page.true_labels == label)),
        detections=int(np.sum(mine & page.counts)),
        true_positives=int(np.sum(mine & (page.owners >= 0))),
    )


def _others(pairs: Sequence[Pair], labels: tuple[str, ...]) -> int:
    return sum(each.label not in labels for pair in pairs for each in pair.detections)


def _errors(counts: Counts) -> int:
    return counts.objects + counts.detections - 2 * counts.true_positives
