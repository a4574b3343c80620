"""How right the pages of one setting are, at the confidences that suit them best."""

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
from tilescout_tune.evaluated_page import Looked

OTHERS = "*"
"""In a profile: every label that is not named."""
TEXT_FLOORS = (0.0, 50.0, 60.0, 70.0, 80.0, 90.0)
Accuracy = counts.Counts | text.Accuracy
Floors = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What is compared; ``labels`` are those of the truth, ``min_recall`` (0 to 1) is asked for."""

    kind: Kind
    labels: tuple[str, ...]
    min_recall: float = 0.0

    def weigh(self, seen: Sequence[Looked], profile: Profile) -> tuple[Accuracy, Floors]:
        """Of all pages, with the smallest confidence by label that makes it best."""
        whole = replace(profile, min_confidence={})
        if self.kind == "text":
            return self._text(seen, whole)
        if self.kind == "snippets":
            return self._snippets(seen, whole)
        return self._objects(seen, replace(whole, labels=self.labels))

    def _objects(self, seen: Sequence[Looked], whole: Profile) -> tuple[Accuracy, Floors]:
        """Merged again of what a run is answered that asks for these confidences."""
        every = [each.judged(whole, self.labels) for each in seen]
        floors = {
            name: self._floor(objects.verdicts(every, at)) for at, name in enumerate(self.labels)
        }
        sure = replace(whole, min_confidence=floors)
        least = min(floors.values())
        kept = [each.above(least).judged(sure, self.labels) for each in seen]
        return counts.total(map(MatchedPage.to_counts, kept)), floors

    def _snippets(self, seen: Sequence[Looked], whole: Profile) -> tuple[Accuracy, Floors]:
        """Where the truth has labels each has a confidence of its own, else all share one."""
        pages = pairing.snippet_pages([each.pair(whole) for each in seen])
        found = list(map(snippets.match, pages))
        floors = {
            label or OTHERS: self._floor(_verdicts(found, label))
            for label, of_label in snippets.in_total(found).items()
            if of_label.detections
        }
        sure = [snippets.match(_above(page, floors)) for page in pages]
        return counts.total(snippets.in_total(sure).values()), floors

    def _text(self, seen: Sequence[Looked], whole: Profile) -> tuple[Accuracy, Floors]:
        weighed = [
            (self._read(seen, replace(whole, min_confidence={TEXT_LABEL: floor})), floor)
            for floor in TEXT_FLOORS
        ]
        enough = [each for each in weighed if each[0].recall >= self.min_recall] or weighed[:1]
        best, floor = max(enough, key=lambda each: each[0].f1)
        return best, {TEXT_LABEL: floor} if floor else {}

    def _read(self, seen: Sequence[Looked], profile: Profile) -> text.Accuracy:
        pages = pairing.text_pages([each.pair(profile) for each in seen])
        return text.total(map(text.compare, pages))

    def _floor(self, found: Verdicts) -> float:
        return float(round(curves.best_threshold(found, self.min_recall)))


def _verdicts(found: Sequence[Matches], label: str) -> Verdicts:
    """Of the tags that count for ``label``: the surest readings first decided, right or wrong."""
    right = [each for page in found for each in page.right_of(label)]
    wrong = [each for page in found for each in page.false_of(label)]
    return Verdicts(
        np.array([each.confidence for each in (*right, *wrong)], dtype=np.float64),
        np.array([True] * len(right) + [False] * len(wrong), dtype=bool),
        sum(page.counts[label].objects for page in found if label in page.counts),
    )


def _above(page: SnippetPage, floors: Floors) -> SnippetPage:
    others = floors.get(OTHERS, 0.0)
    kept = tuple(e for e in page.found if e.confidence >= floors.get(e.label, others))
    return replace(page, found=kept)
