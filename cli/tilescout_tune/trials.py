"""One setting on some pages: rendered, asked, merged as a run does it, and scored."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tilescout.detections import Answer, Detection
from tilescout.page_detections import detect_on_page
from tilescout.planning import plan_document
from tilescout.pricing import PriceTable
from tilescout.profiles import Profile
from tilescout.rendering import DocumentFacts, PageFacts
from tilescout_evaluate import counts, curves, objects, pairing, snippets, text
from tilescout_evaluate.found import Found, FoundDocument, FoundPage
from tilescout_evaluate.objects import Judged
from tilescout_evaluate.pairing import Pair
from tilescout_evaluate.truth import Kind, TruePage
from tilescout_tune.kept_answers import KeptAnswers, KeptPage, NamedDetector
from tilescout_tune.search import Score
from tilescout_tune.space import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A page to try settings on."""

    pdf: Path
    facts: PageFacts
    truth: TruePage

    @property
    def page(self) -> int:
        return self.facts.page


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """``labels`` are those of the truth. With ``min_recall`` the confidences are chosen for it."""

    subjects: tuple[Subject, ...]
    base: Profile
    kind: Kind
    labels: tuple[str, ...]
    detectors: Mapping[str, NamedDetector]
    kept: KeptAnswers
    prices: PriceTable
    min_recall: float = 0.0

    def calls(self, candidate: Candidate, at: int) -> int:
        """Tiles of the page, blank ones too: so many calls at most."""
        profile = replace(
            candidate.profile(self.base),
            text_layer="off",
            budget_usd=math.inf,
            max_tiles_per_document=sys.maxsize,
        )
        facts = DocumentFacts(pages=(self.subjects[at].facts,), page_count=1, warnings=())
        return plan_document(facts, profile, self.prices).tiles

    def measure(self, candidate: Candidate, pages: tuple[int, ...]) -> Score:
        """Raises what rendering and the detector raise."""
        profile = candidate.profile(self.base)
        seen = [self._look(self.subjects[at], profile) for at in pages]
        calls = sum(answer.calls for each in seen for answer in each.answers)
        right, floors = self._scored(seen, profile)
        return Score(
            candidate=candidate,
            pages=pages,
            precision=right.precision,
            recall=right.recall,
            f1=right.f1,
            usd=self._usd(profile, calls / len(pages)),
            calls=calls / len(pages),
            floors=tuple(sorted(floors.items())),
        )

    def _look(self, subject: Subject, profile: Profile) -> Looked:
        page = self.kept.page(subject.pdf, subject.page, profile)
        return Looked(subject, page, self.kept.answers(page, self.detectors[profile.detector]))

    def _usd(self, profile: Profile, tiles: float) -> float:
        """Dollars a page while a run goes on: starting and stopping a model come on top."""
        each = self.prices.tile() + self.prices.tile_call(profile)
        if profile.needs_model:
            each += self.prices.model_time(1, 1 / profile.tiles_per_second_per_unit)
        return self.prices.page() + tiles * each

    def _scored(
        self, seen: Sequence[Looked], profile: Profile
    ) -> tuple[counts.Counts | text.Accuracy, dict[str, float]]:
        if self.kind == "text":
            pages = pairing.text_pages([each.pair(profile) for each in seen])
            return text.total(map(text.compare, pages)), {}
        every = replace(profile, min_confidence={}, labels=self._labels(profile))
        if self.kind == "snippets":
            found = pairing.snippet_pages([each.pair(profile) for each in seen])
            return counts.total(snippets.in_total(list(map(snippets.match, found))).values()), {}
        floors = self._floors([each.judged(every, self.labels) for each in seen])
        sure = [
            each.above(min(floors.values())).judged(
                replace(every, min_confidence=floors), self.labels
            )
            for each in seen
        ]
        return counts.total(_counts(each) for each in sure), floors

    def _labels(self, profile: Profile) -> tuple[str, ...]:
        return self.labels if self.kind == "objects" else profile.labels

    def _floors(self, pages: Sequence[Judged]) -> dict[str, float]:
        """Of each label the confidence that is best for it, to a whole number."""
        return {
            name: float(round(curves.best_threshold(objects.verdicts(pages, at), self.min_recall)))
            for at, name in enumerate(self.labels)
        }


@dataclass(frozen=True, slots=True)
class Looked:
    """A page and all that was answered of its tiles."""

    subject: Subject
    page: KeptPage
    answers: list[Answer]

    def above(self, confidence: float) -> Looked:
        """What a run is answered that asks for no less (0 to 100)."""
        kept = [
            replace(answer, objects=tuple(e for e in answer.objects if e.confidence >= confidence))
            for answer in self.answers
        ]
        return Looked(self.subject, self.page, kept)

    def judged(self, profile: Profile, labels: tuple[str, ...]) -> Judged:
        return objects.judged(pairing.object_pages([self.pair(profile)], labels).pages[0])

    def pair(self, profile: Profile) -> Pair:
        """What a run would have written, beside the truth."""
        number, page = self.subject.page, self.page
        found = detect_on_page(self.answers, number, page.width_px, page.height_px, profile)
        shown = FoundPage(
            page=number,
            width_px=page.width_px,
            height_px=page.height_px,
            width_pt=page.width_pt,
            height_pt=page.height_pt,
            dpi=profile.dpi,
        )
        document = FoundDocument(
            id="",
            file=self.subject.pdf.name,
            profile=profile.name,
            status="DONE",
            pages={number: shown},
            detections=tuple(map(_found, found)),
        )
        return Pair(document, shown, self.subject.truth)


def _found(detection: Detection) -> Found:
    box = detection.box
    return Found(
        page=detection.page,
        label=detection.label,
        text=detection.text,
        confidence=detection.confidence,
        box_px=(box.left, box.top, box.right, box.bottom),
        normalised_text=detection.normalised_text,
    )


def _counts(each: Judged) -> counts.Counts:
    return counts.Counts(
        objects=len(each.page.true_boxes),
        found=int(each.counts.sum()),
        right=int((each.owners >= 0).sum()),
    )


def by_objects(subjects: Sequence[Subject]) -> tuple[int, ...]:
    """Places of the subjects, first those that tell most: many objects of many labels."""

    def tells(at: int) -> tuple[int, int]:
        items = subjects[at].truth.items
        return -len({item.label for item in items}), -len(items)

    return tuple(sorted(range(len(subjects)), key=tells))


def all_labels(subjects: Sequence[Subject]) -> tuple[str, ...]:
    return tuple(sorted({i.label for each in subjects for i in each.truth.items if i.label}))
