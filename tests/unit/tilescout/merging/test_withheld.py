"""Withheld places of tiles become those of the page, each once."""

from __future__ import annotations

from tilescout.detections import Answer, Detection, WithheldSeen
from tilescout.geometry import Box
from tilescout.merging.withheld import withheld_places


def seen(left: float, confidence: float, width: float = 20, label: str = "valve") -> WithheldSeen:
    box = Box(left, 0, left + width, 20)
    return WithheldSeen(label=label, confidence=confidence, box=box, reason="its score is low")


def answer(tile: int, *withheld: WithheldSeen) -> Answer:
    return Answer(tile=tile, tile_box=Box(0, 0, 100, 100), withheld=withheld)


def test_a_place_that_two_tiles_withhold_is_told_once_as_the_surer_one_saw_it() -> None:
    answers = [answer(0, seen(10, 30), seen(60, 45)), answer(1, seen(12, 40))]

    assert [(e.box.left, e.confidence) for e in withheld_places(answers, [])] == [
        (60, 45),
        (12, 40),
    ]


def test_a_place_of_which_another_tile_shows_a_whole_detection_is_not_withheld() -> None:
    found = Detection(page=1, label="valve", confidence=90, box=Box(10, 0, 30, 20))

    assert withheld_places([answer(0, seen(10, 30, width=8))], [found]) == ()


def test_places_that_are_not_wanted_are_left_out() -> None:
    answers = [answer(0, seen(10, 30), seen(60, 45, label="pump"))]

    places = withheld_places(answers, [], lambda each: each.label == "valve")

    assert [each.label for each in places] == ["valve"]
