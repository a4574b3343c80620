"""A page as a run with some settings would have left it, beside the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from tilescout.detections import Answer, Detection
from tilescout.merging.page import detect_on_page
from tilescout.profiles import Profile
from tilescout.rendering.requests import PageFacts
from tilescout_evaluate import pairing
from tilescout_evaluate.metrics import objects
from tilescout_evaluate.metrics.objects import MatchedPage
from tilescout_evaluate.pairing import Pair
from tilescout_evaluate.truth.pages import TruePage
from tilescout_evaluate.truth.results import ResultDetection, ResultDocument, ResultPage
from tilescout_tune.answer_cache import KeptPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A page to try settings on."""

    pdf: Path
    facts: PageFacts
    truth: TruePage

    @property
    def page(self) -> int:
        return self.facts.page


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

    def judged(self, profile: Profile, labels: tuple[str, ...]) -> MatchedPage:
        return objects.match_page(pairing.object_pages([self.pair(profile)], labels).pages[0])

    def pair(self, profile: Profile) -> Pair:
        """What a run would have written, beside the truth."""
        number, page = self.subject.page, self.page
        found = detect_on_page(self.answers, number, page.width_px, page.height_px, profile)
        shown = ResultPage(
            page=number,
            width_px=page.width_px,
            height_px=page.height_px,
            width_pt=page.width_pt,
            height_pt=page.height_pt,
            dpi=profile.dpi,
        )
        document = ResultDocument(
            id="",
            file=self.subject.pdf.name,
            profile=profile.name,
            status="DONE",
            pages={number: shown},
            detections=tuple(map(_found, found)),
        )
        return Pair(document, shown, self.subject.truth)


def _found(detection: Detection) -> ResultDetection:
    box = detection.box
    return ResultDetection(
        page=detection.page,
        label=detection.label,
        text=detection.text,
        confidence=detection.confidence,
        box_px=(box.left, box.top, box.right, box.bottom),
        normalised_text=detection.normalised_text,
    )
