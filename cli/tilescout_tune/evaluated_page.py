"""A page as a run with some settings would have left it, beside its ground truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tilescout.detections import Answer, Detection
from tilescout.merging.page import detect_on_page
from tilescout.profiles import Profile
from tilescout_evaluate import pairing
from tilescout_evaluate.metrics import objects
from tilescout_evaluate.metrics.objects import MatchedPage
from tilescout_evaluate.pairing import Pair
from tilescout_evaluate.truth.results import ResultDetection, ResultDocument, ResultPage
from tilescout_tune.annotated_pages import TuningPage
from tilescout_tune.answer_cache import RenderedPage


@dataclass(frozen=True, slots=True)
class EvaluatedPage:
    """A page with the detector's answers to its tiles."""

    page: TuningPage
    rendered: RenderedPage
    answers: list[Answer]

    def above(self, confidence: float) -> EvaluatedPage:
        """Returns the page as a run with this smallest confidence (0 to 100) would see it."""
        kept = [
            replace(answer, objects=tuple(e for e in answer.objects if e.confidence >= confidence))
            for answer in self.answers
        ]
        return EvaluatedPage(self.page, self.rendered, kept)

    def matched(self, profile: Profile, labels: tuple[str, ...]) -> MatchedPage:
        """Returns the objects of the page matched with the truth."""
        return objects.match_page(pairing.object_pages([self.pair(profile)], labels).pages[0])

    def pair(self, profile: Profile) -> Pair:
        """Returns the result that a run would have written, beside the truth."""
        number, page = self.page.number, self.rendered
        detections = detect_on_page(self.answers, number, page.width_px, page.height_px, profile)
        result_page = ResultPage(
            page=number,
            width_px=page.width_px,
            height_px=page.height_px,
            width_pt=page.width_pt,
            height_pt=page.height_pt,
            dpi=profile.dpi,
        )
        document = ResultDocument(
            id="",
            file=self.page.pdf.name,
            profile=profile.name,
            status="DONE",
            pages={number: result_page},
            detections=tuple(map(_result_detection, detections)),
        )
        return Pair(document, result_page, self.page.truth)


def _result_detection(detection: Detection) -> ResultDetection:
    box = detection.box
    return ResultDetection(
        page=detection.page,
        label=detection.label,
        text=detection.text,
        confidence=detection.confidence,
        box_px=(box.left, box.top, box.right, box.bottom),
        normalised_text=detection.normalised_text,
        angle=detection.angle,
    )
