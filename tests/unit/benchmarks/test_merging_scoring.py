"""The scores by which merges are compared."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.merging.detection_sets import DetectionSet, read, write
from benchmarks.merging.oracle import oracle
from benchmarks.merging.scoring import Merged, score, total

FRAME = [100.0, 100.0, 200.0, 200.0]
SYMBOL = [700.0, 700.0, 740.0, 740.0]


def given(boxes=(), owners=()):
    rows = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    return DetectionSet(
        name="two objects on two tiles",
        page=(900.0, 900.0),
        tile_boxes=np.array([[0.0, 0.0, 500.0, 900.0], [150.0, 0.0, 900.0, 900.0]]),
        tile_scales=np.ones(2),
        boxes=rows,
        confidences=np.full(len(rows), 50.0),
        labels=np.zeros(len(rows), np.int64),
        tiles=np.zeros(len(rows), np.int64),
        true_boxes=np.array([FRAME, SYMBOL]),
        true_labels=np.array([0, 0]),
        owners=np.array(owners, dtype=np.int64),
    )


def merged(*boxes, labels=None):
    return Merged(
        boxes=np.array(boxes, dtype=np.float64).reshape(-1, 4),
        confidences=np.arange(len(boxes), 0, -1.0),
        labels=np.array(labels or [0] * len(boxes)),
    )


def test_the_truth_itself_scores_one_at_every_step():
    found = score(merged(FRAME, SYMBOL), given())

    assert [found.f1(step) for step in range(3)] == [1.0, 1.0, 1.0]
    assert (found.duplicates, found.fragments, found.split) == (0, 0, 0)


def test_a_box_of_another_label_matches_nothing():
    assert score(merged(FRAME, SYMBOL, labels=[0, 1]), given()).right == (1, 1, 1)


def test_a_second_box_of_an_object_is_a_duplicate():
    found = score(merged(FRAME, [105, 100, 200, 200], SYMBOL), given())

    assert (found.duplicates, found.duplicate_share, found.f1()) == (1, 0.5, 0.8)


def test_an_object_in_pieces_is_split_and_not_doubled():
    found = score(merged([100, 100, 150, 199], [151, 100, 200, 199], SYMBOL), given())

    assert (found.fragments, found.split, found.duplicates) == (2, 1, 0)


def test_only_what_a_side_of_a_tile_goes_through_counts_at_seams():
    found = score(merged(SYMBOL, [300, 300, 320, 320]), given())

    assert (found.seam_truths, found.seam_right, found.seam_outputs) == (1, 0, 0)


def test_the_oracle_joins_what_shows_one_object():
    pieces = given([[100, 100, 160, 200], [150, 100, 200, 200], [710, 700, 740, 740]], [0, 0, 1])

    assert sorted(oracle(pieces).boxes.tolist()) == [FRAME, [710, 700, 740, 740]]


def test_a_sum_of_scores_is_that_of_their_counts():
    one, two = score(merged(FRAME), given()), score(merged(FRAME, SYMBOL), given())

    assert total([one, two]).f1() == pytest.approx(2 * 3 / (4 + 3))


def test_a_set_read_back_is_the_set_written(tmp_path):
    found = given([[100, 100, 160, 200]], [0])
    write(found, tmp_path / "set.json")

    again = read(tmp_path / "set.json")

    assert again.boxes.tolist() == found.boxes.tolist()
    assert (again.name, again.page, again.owners.tolist()) == (found.name, found.page, [0])
