"""Places that a detector withheld, until a person judges them."""

from __future__ import annotations

from typing import Any

from tilescout_reviews.corrections import Correction, Verdict
from tilescout_reviews.reviewed_detections import review
from tilescout_reviews.withheld_places import DRAWN, WithheldPlace, place_id, to_judge


def row(box_pt: list[float] | None = None, **changes: Any) -> dict[str, Any]:
    box = box_pt or [10.0, 20.0, 30.0, 40.0]
    return {
        "page": 1, "label": "receptacle", "confidence": 61.5, "box_px": [0, 0, 1, 1],
        "box_pt": box, "reason": "its lettering is 'S', the example's is 'J'",
    } | changes  # fmt: skip


def judged(verdict: Verdict, *, by_id: str = "", version: int = 1) -> Correction:
    return Correction(
        id=by_id or place_id(row()), page=1, verdict=verdict, label="receptacle", text="",
        box=(10.0, 20.0, 30.0, 40.0), version=version, by="ann", at=7,
    )  # fmt: skip


def left(rows: list[dict[str, Any]], *corrections: Correction) -> list[WithheldPlace]:
    return to_judge(rows, review("r1", [], corrections), {each.id: each for each in corrections})


def test_a_place_that_nobody_judged_is_told_with_its_reason() -> None:
    (place,) = left([row()])
    assert (place.label, place.box, place.confidence, place.version) == (
        "receptacle", (10.0, 20.0, 30.0, 40.0), 61.5, 0
    )  # fmt: skip
    assert place.reason == "its lettering is 'S', the example's is 'J'"
    assert place.id.startswith(DRAWN)


def test_an_accepted_and_a_rejected_place_are_judged() -> None:
    assert left([row()], judged("accepted")) == []
    assert left([row()], judged("rejected")) == []


def test_a_place_whose_judgement_was_undone_is_there_again_with_its_version() -> None:
    (place,) = left([row()], judged("withdrawn", version=2))
    assert place.version == 2


def test_a_place_of_a_newer_run_a_little_aside_stays_judged() -> None:
    assert left([row([11.0, 20.0, 31.0, 40.0])], judged("accepted")) == []
    assert len(left([row([40.0, 20.0, 60.0, 40.0])], judged("accepted"))) == 1
    assert len(left([row([11.0, 20.0, 31.0, 40.0], page=2)], judged("accepted"))) == 1


def test_two_places_have_two_ids_and_one_place_has_one() -> None:
    assert place_id(row()) == place_id(row(confidence=3.0, reason="other"))
    assert place_id(row()) != place_id(row(page=2))
