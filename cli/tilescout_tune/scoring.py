"""Scores the pages of one candidate at the confidences that suit them best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tilescout.merging.page import TEXT_LABEL
from tilescout.profiles import Profile
from tilescout_evaluate import pairing
from tilescout_evaluate.metrics import counts, curves, objects, snippets
from tilescout_evaluate.metrics.curves import Verdicts
from tilescout_evaluate.metrics.objects import MatchedPage
from tilescout_evaluate.metrics.snippets import Matches, SnippetPage
from tilescout_evaluate.metrics.text import accuracy as text
from tilescout_evaluate.truth.pages import Kind
from tilescout_tune.evaluated_page import EvaluatedPage

OTHERS = "*"
"""The key in a profile that stands for every label that is not named."""
TEXT_FLOORS = (0.0, 50.0, 60.0, 70.0, 80.0, 90.0)
Accuracy = counts.Counts | text.Accuracy
Floors = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """The measure of accuracy: what is compared, the truth's labels, and the recall to reach (0 to
    1)."""

    kind: Kind
    labels: tuple[str, ...]
    min_recall: float = 0.0

    def score(self, seen: Sequence[EvaluatedPage], profile: Profile) -> tuple[Accuracy, Floors]:
        """Returns the accuracy over all pages, with the smallest confidence per label that makes it
        best."""
        whole = replace(profile, min_confidence={})
        if self.kind == "text":
            return self._text(seen, whole)
        if self.kind == "snippets":
            return self._snippets(seen, whole)
        return self._objects(seen, replace(whole, labels=self.labels))

    def _objects(self, seen: Sequence[EvaluatedPage], whole: Profile) -> tuple[Accuracy, Floors]:
        """Scores the pages merged again from the answers that a run with these confidences would
        see."""
        every = [page.matched(whole, self.labels) for page in seen]
        floors = {
            name: self._floor(objects.verdicts(every, at)) for at, name in enumerate(self.labels)
        }
        sure = replace(whole, min_confidence=floors)
        least = min(floors.values())
        kept = [page.above(least).matched(sure, self.labels) for page in seen]
        return counts.total(map(MatchedPage.to_counts, kept)), floors

    def _snippets(self, seen: Sequence[EvaluatedPage], whole: Profile) -> tuple[Accuracy, Floors]:
        """Chooses a confidence per label if the truth has labels, else one for all."""
        pages = pairing.snippet_pages([page.pair(whole) for page in seen])
        found = list(map(snippets.match, pages))
        floors = {
            label or OTHERS: self._floor(_verdicts(found, label))
            for label, of_label in snippets.in_total(found).items()
            if of_label.detections
        }
        sure = [snippets.match(_above(page, floors)) for page in pages]
        return counts.total(snippets.in_total(sure).values()), floors

    def _text(self, seen: Sequence[EvaluatedPage], whole: Profile) -> tuple[Accuracy, Floors]:
        weighed = [
            (self._text_accuracy(seen, replace(whole, min_confidence={TEXT_LABEL: floor})), floor)
            for floor in TEXT_FLOORS
        ]
        enough = [page for page in weighed if page[0].recall >= self.min_recall] or weighed[:1]
        best, floor = max(enough, key=lambda page: page[0].f1)
        return best, {TEXT_LABEL: floor} if floor else {}

    def _text_accuracy(self, seen: Sequence[EvaluatedPage], profile: Profile) -> text.Accuracy:
        pages = pairing.text_pages([page.pair(profile) for page in seen])
        return text.total(map(text.compare, pages))

    def _floor(self, found: Verdicts) -> float:
        return float(round(curves.best_threshold(found, self.min_recall)))


def _verdicts(found: Sequence[Matches], label: str) -> Verdicts:
    """Returns the verdicts on the detections that count for ``label``."""
    right = [each for page in found for each in page.right_of(label)]
    wrong = [each for page in found for each in page.false_of(label)]
    return Verdicts(
        np.array([page.confidence for page in (*right, *wrong)], dtype=np.float64),
        np.array([True] * len(right) + [False] * len(wrong), dtype=bool),
        sum(page.counts[label].objects for page in found if label in page.counts),
    )


def _above(page: SnippetPage, floors: Floors) -> SnippetPage:
    others = floors.get(OTHERS, 0.0)
    kept = tuple(e for e in page.found if e.confidence >= floors.get(e.label, others))
    return replace(page, found=kept)
