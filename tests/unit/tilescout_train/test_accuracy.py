"""How right found boxes are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tilescout_train.accuracy import Image, Verdicts, average_precision, best_threshold, verdicts
from tilescout_train.evaluation import accuracy, at_threshold, mistakes

BOX = (0, 0, 10, 10)
BESIDE = (4, 0, 14, 10)
FAR = (50, 50, 60, 60)


def rows(*boxes: tuple[int, ...]) -> np.ndarray:
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


def image(
    truth: list[tuple[int, ...]],
    found: list[tuple[tuple[int, ...], float]],
    ignored: tuple[tuple[int, ...], ...] = (),
) -> Image:
    """All of label 0."""
    return Image(
        boxes=rows(*truth),
        labels=np.zeros(len(truth), np.int64),
        ignored=rows(*ignored),
        found_boxes=rows(*(box for box, _ in found)),
        found_labels=np.zeros(len(found), np.int64),
        scores=np.array([score for _, score in found]),
    )


def judged(scores: list[float], right: list[bool], objects: int) -> Verdicts:
    return Verdicts(np.array(scores), np.array(right, dtype=bool), objects)


def test_an_object_found_twice_is_right_once() -> None:
    found = verdicts([image([BOX], [(BOX, 0.6), (BOX, 0.9)])], 0)

    assert found.scores.tolist() == [0.9, 0.6]
    assert found.is_right.tolist() == [True, False]


def test_less_than_half_an_overlap_is_wrong() -> None:
    assert verdicts([image([BOX], [(BESIDE, 0.6)])], 0).is_right.tolist() == [False]


def test_what_lies_in_an_ignored_box_is_neither_right_nor_wrong() -> None:
    found = verdicts([image([BOX], [(FAR, 0.9), (BOX, 0.6)], ignored=(FAR,))], 0)

    assert found.is_right.tolist() == [True]


def test_images_are_ranked_together() -> None:
    found = verdicts([image([BOX], [(BOX, 0.3)]), image([], [(BOX, 0.7)])], 0)

    assert found.is_right.tolist() == [False, True]
    assert found.objects == 1


def test_average_precision_is_the_area_under_the_falling_precision() -> None:
    # Precision 1 up to a recall of 1/4, 2/3 up to 2/4, and nothing after.
    assert average_precision(judged([0.9, 0.8, 0.7], [True, False, True], 4)) == pytest.approx(
        (1 + 2 / 3) / 4
    )


def test_average_precision_of_nothing_is_none() -> None:
    assert math.isnan(average_precision(judged([], [], 0)))
    assert average_precision(judged([], [], 3)) == 0


def test_a_threshold_lies_in_the_middle_of_its_gap() -> None:
    threshold, f1 = best_threshold(judged([0.9, 0.8, 0.4], [True, True, False], 2))

    assert (threshold, f1) == (pytest.approx(0.6), 1.0)


def test_a_label_never_found_has_the_middle_for_a_threshold() -> None:
    assert best_threshold(judged([], [], 2)) == (0.5, 0.0)


def test_the_mean_is_over_labels_that_there_are() -> None:
    measured = accuracy([image([BOX], [(BOX, 0.9)])], ("pump", "valve"))

    assert measured.mean_average_precision == 1.0
    assert measured.objects == (1, 0)


def test_a_mistake_is_sure_and_lies_on_no_object_of_its_label() -> None:
    seen = image([BOX], [(BOX, 0.9), (FAR, 0.9), ((80, 80, 90, 90), 0.1)])

    assert mistakes(7, seen) == [(7, 55.0, 55.0)]


def test_precision_and_recall_are_of_what_reaches_the_threshold() -> None:
    found = judged([0.9, 0.8, 0.5, 0.4], [True, False, True, True], 5)

    assert at_threshold(found, 0.5) == (pytest.approx(2 / 3), 0.4)
    assert at_threshold(judged([], [], 0), 0.5) == (0.0, 0.0)
