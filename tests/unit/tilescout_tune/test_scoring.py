"""The confidences that suit pages best, on a page whose answers are known by hand."""

from __future__ import annotations

from pathlib import Path

from tilescout.detections import Answer, ObjectSeen, Word
from tilescout.geometry import Box
from tilescout.profiles import Find, Profile
from tilescout.rendering.requests import PageFacts
from tilescout_evaluate.truth.pages import TrueItem, TruePage
from tilescout_tune.annotated_pages import TuningPage
from tilescout_tune.answer_cache import RenderedPage
from tilescout_tune.evaluated_page import EvaluatedPage
from tilescout_tune.scoring import Criterion

PROFILE = Profile(name="p", detector="onnx", dpi=72, tile_size=500, overlap=50)
TAGS = Profile(
    name="t", detector="textract", dpi=72, tile_size=500, overlap=50,
    find=(Find(label="tag", pattern="[A-Z]{2}-[0-9]{4}"),),
)  # fmt: skip
TILE = Box(0, 0, 500, 500)


def place(at: int) -> Box:
    return Box(60 * at, 100, 60 * at + 40, 120)


def evaluated(answer: Answer, *items: TrueItem) -> EvaluatedPage:
    facts = PageFacts(page=1, width_pt=500, height_pt=500, rotation=0, smallest_text_pt=None)
    truth = TruePage(file=Path("a.pdf"), page=1, items=items)
    page = RenderedPage(width_px=500, height_px=500, width_pt=500, height_pt=500, tiles=())
    return EvaluatedPage(TuningPage(pdf=Path("a.pdf"), facts=facts, truth=truth), page, [answer])


def seen(*objects: tuple[str, int, float]) -> Answer:
    found = tuple(
        ObjectSeen(label=label, confidence=confidence, box=place(at))
        for label, at, confidence in objects
    )
    return Answer(tile=0, tile_box=TILE, objects=found)


def test_each_label_has_the_confidence_between_right_and_wrong() -> None:
    truth = [TrueItem(box=place(at), label=label) for label, at in (("pump", 0), ("valve", 1))]
    answer = seen(("pump", 0, 90), ("pump", 3, 60), ("valve", 1, 30), ("valve", 4, 10))
    right, floors = Criterion(kind="objects", labels=("pump", "valve")).score(
        [evaluated(answer, *truth)], PROFILE
    )

    assert floors == {"pump": 75.0, "valve": 20.0}
    assert right.f1 == 1.0


def test_a_recall_that_is_asked_for_lowers_the_confidence() -> None:
    truth = [TrueItem(box=place(at), label="pump") for at in (0, 1)]
    wrong = [("pump", at, 60.0 - at) for at in (3, 4, 5)]
    page = evaluated(seen(("pump", 0, 90), *wrong, ("pump", 1, 20)), *truth)

    without = Criterion(kind="objects", labels=("pump",)).score([page], PROFILE)
    asked = Criterion(kind="objects", labels=("pump",), min_recall=1.0).score([page], PROFILE)
    assert (without[1]["pump"], without[0].recall) == (74.0, 0.5)
    assert (asked[1]["pump"], asked[0].recall) == (10.0, 1.0)


def word(text: str, at: int, confidence: float) -> Word:
    return Word(text=text, confidence=confidence, box=place(at), line=at)


def test_tags_share_a_confidence_where_the_truth_has_no_labels() -> None:
    answer = Answer(tile=0, tile_box=TILE, words=(word("FV-1023", 0, 90), word("AB-1234", 4, 40)))
    right, floors = Criterion(kind="snippets", labels=()).score(
        [evaluated(answer, TrueItem(box=place(0), text="FV-1023"))], TAGS
    )

    assert floors == {"*": 65.0}
    assert (right.precision, right.recall) == (1.0, 1.0)


def test_lines_of_text_have_a_confidence_where_that_is_better() -> None:
    answer = Answer(tile=0, tile_box=TILE, words=(word("GATE", 0, 95), word("OOO", 4, 55)))
    right, floors = Criterion(kind="text", labels=()).score(
        [evaluated(answer, TrueItem(box=place(0), text="GATE"))], PROFILE
    )

    assert floors == {"text": 60.0}
    assert (right.precision, right.recall) == (1.0, 1.0)
