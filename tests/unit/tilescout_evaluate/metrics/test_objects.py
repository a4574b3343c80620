"""Figures of detected objects, on boxes whose figures are known by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout_evaluate.metrics import misses, objects
from tilescout_evaluate.metrics.curves import Verdicts, best_threshold
from tilescout_evaluate.metrics.matching import ObjectPage, no_boxes
from tilescout_evaluate.metrics.objects import Grid, ObjectScores

FRAME = (100, 100, 200, 200)
PUMP = (700, 700, 740, 740)
LABELS = ("frame", "pump")
GRID = Grid(500, 100)
TILES = np.array([[0.0, 0, 500, 900], [150, 0, 900, 900]])


def rows(boxes):
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


def page(*found, truth=((FRAME, 0), (PUMP, 1)), ignored=()):
    """Returns a page whose ``found`` are (box, label, confidence)."""
    return ObjectPage(
        name="a p1",
        size=(900, 900),
        true_boxes=rows([box for box, _ in truth]),
        true_labels=np.array([label for _, label in truth], dtype=np.int64),
        boxes=rows([box for box, _, _ in found]),
        labels=np.array([label for _, label, _ in found], dtype=np.int64),
        confidences=np.array([confidence for _, _, confidence in found], dtype=np.float64),
        tiles=TILES,
        ignored=rows(ignored),
    )


def evaluated(*pages) -> ObjectScores:
    return objects.evaluate(pages, LABELS, GRID)


def test_what_is_there_exactly_is_right_at_every_iou():
    found = evaluated(page((FRAME, 0, 90), (PUMP, 1, 80)))

    assert [counts.f1 for counts in found.at.values()] == [1.0, 1.0, 1.0]
    assert (found.precision.at_half, found.precision.at_all) == (1.0, 1.0)


def test_a_box_a_tenth_too_short_is_right_up_to_its_own_iou():
    found = evaluated(page((FRAME, 0, 90), ((700, 700, 740, 735), 1, 80)))

    assert {step: counts.true_positives for step, counts in found.at.items()} == {
        0.5: 2,
        0.75: 2,
        0.9: 1,
    }
    assert found.precision.by_label == {"frame": 1.0, "pump": 1.0}
    assert found.precision.at_all == pytest.approx(0.9)


def test_a_second_box_of_an_object_is_wrong_and_a_duplicate():
    found = evaluated(page((FRAME, 0, 90), ((105, 100, 200, 200), 0, 80), (PUMP, 1, 70)))

    counts = found.at[0.5]
    assert (counts.precision, counts.recall, counts.f1) == (pytest.approx(2 / 3), 1.0, 0.8)
    assert found.defects.duplicates == 1


def test_an_object_in_halves_is_split_and_missed():
    halves = [((100, 100, 150, 199), 0, 90), ((151, 100, 200, 199), 0, 80)]
    found = evaluated(page(*halves, (PUMP, 1, 70)))

    assert (found.defects.split, found.defects.fragments, found.defects.duplicates) == (1, 2, 0)
    assert found.by_label["frame"].recall == 0.0


def test_a_box_of_another_label_is_wrong_and_told_apart_in_the_confusion():
    found = evaluated(page((FRAME, 0, 90), (PUMP, 0, 80)))

    assert found.by_label["pump"].true_positives == 0
    assert found.confusion.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]


def test_what_is_missed_and_what_is_nothing_fill_the_last_row_and_column():
    found = evaluated(page(((400, 400, 420, 420), 1, 60)))

    assert found.confusion.tolist() == [[0, 0, 1], [0, 0, 1], [0, 1, 0]]


def test_sizes_are_told_by_area_and_against_overlap_and_tile():
    truth = [((0, 0, 10, 10), 0), ((0, 100, 50, 150), 0), ((0, 200, 450, 210), 0),
             ((0, 300, 800, 700), 0)]  # fmt: skip
    found = evaluated(page(((0, 0, 10, 10), 0, 90), truth=truth))

    sizes = {
        name: (counts.objects, counts.true_positives) for name, counts in found.by_size.items()
    }
    assert sizes == {"under 32 px": (1, 1), "32 to 96 px": (2, 0), "over 96 px": (1, 0)}
    against = {name: counts.objects for name, counts in found.by_tile.items()}
    assert against == {"within the overlap": 2, "within a tile": 1, "larger than a tile": 1}


def test_objects_at_a_seam_are_counted_apart():
    found = evaluated(page((PUMP, 1, 80)))

    at_seam, apart = found.by_seam["at a seam"], found.by_seam["apart from seams"]
    assert (at_seam.objects, at_seam.recall) == (1, 0.0)
    assert (apart.objects, apart.recall) == (1, 1.0)


def test_without_a_grid_nothing_is_said_of_seams():
    found = objects.evaluate([page((PUMP, 1, 80))], LABELS)

    assert found.by_seam == {} == found.by_tile


def test_what_lies_in_an_ignored_part_does_not_count():
    found = evaluated(page((FRAME, 0, 90), (PUMP, 1, 80), ((400, 400, 420, 420), 1, 60),
                           ignored=[(390, 390, 430, 430)]))  # fmt: skip

    assert found.at[0.5].f1 == 1.0
    assert found.precision.at_half == 1.0


def test_nothing_found_is_nought_and_no_error():
    found = evaluated(page())

    assert (found.at[0.5].f1, found.precision.at_half, found.defects.split) == (0.0, 0.0, 0)


def test_a_curve_goes_down_with_the_confidence():
    found = evaluated(page((FRAME, 0, 90), ((400, 400, 420, 420), 0, 80), (PUMP, 1, 70)))

    every = found.curves[""]
    assert every.confidence == (90.0, 80.0, 70.0)
    assert every.recall == (0.5, 0.5, 1.0)
    assert every.precision == (1.0, 0.5, 0.6667)


def test_the_best_threshold_lies_between_right_and_wrong():
    found = Verdicts(np.array([90.0, 80, 40, 30]), np.array([True, True, False, True]), 3)

    assert best_threshold(found) == 15.0
    assert best_threshold(Verdicts(found.confidences, found.is_correct, 2)) == 60.0
    assert best_threshold(found, min_recall=1.0) == 15.0


def test_equal_confidences_are_not_divided():
    found = Verdicts(np.array([50.0, 50.0]), np.array([True, False]), 1)

    assert best_threshold(found) == 25.0


def test_the_surest_wrong_box_and_the_largest_missed_object_come_first():
    wrong = [((400, 400, 420, 420), 1, 60), ((500, 400, 520, 420), 1, 99)]
    worst = misses.of_objects([objects.match_page(page(*wrong))], LABELS)

    assert [miss.what for miss in worst] == [
        "wrong: pump (99.0 %)", "missed: frame", "wrong: pump (60.0 %)", "missed: pump",
    ]  # fmt: skip


BOXES = st.lists(
    st.builds(
        lambda left, top, width, height: (left, top, left + width, top + height),
        st.integers(0, 800), st.integers(0, 800), st.integers(3, 99), st.integers(3, 99),
    ),
    min_size=1, max_size=12, unique=True,
)  # fmt: skip


@given(boxes=BOXES)
def test_perfect_detections_are_perfect_in_every_figure(boxes):
    truth = [(box, at % 2) for at, box in enumerate(boxes)]
    found = evaluated(page(*[(box, label, 50.0) for box, label in truth], truth=truth))

    assert {counts.f1 for counts in found.at.values()} == {1.0}
    groups = (*found.by_label.values(), *found.by_size.values(), *found.by_seam.values())
    assert {counts.f1 for counts in groups if counts.objects} == {1.0}
    assert found.precision.at_all == pytest.approx(1.0)
    assert np.array_equal(found.confusion, np.diag(np.diag(found.confusion)))
    assert (found.defects.duplicates, found.defects.split) == (0, 0)


@given(boxes=BOXES, moved=BOXES, chance=st.randoms(use_true_random=False))
def test_the_order_of_objects_and_boxes_does_not_matter(boxes, moved, chance):
    truth = [(box, at % 2) for at, box in enumerate(boxes)]
    found = [(box, at % 2, 90.0 - at) for at, box in enumerate([*moved, *boxes[:3]])]
    before = evaluated(page(*found, truth=truth))
    chance.shuffle(truth)
    chance.shuffle(found)
    after = evaluated(page(*found, truth=truth))

    assert after.at == before.at
    assert after.by_seam == before.by_seam
    assert after.defects == before.defects
    assert after.curves == before.curves
    assert math.isclose(after.precision.at_all, before.precision.at_all)


def test_no_boxes_have_four_sides():
    assert no_boxes().shape == (0, 4)
