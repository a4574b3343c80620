"""From a model's maps to boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.detections import ObjectSeen
from tilescout.detectors.onnx.answers import (
    FoundBoxes,
    ModelCard,
    calibrated,
    found_boxes,
    model_card,
    model_input,
    objects_seen,
    suppressed,
)
from tilescout.errors import UnusableModel
from tilescout.geometry import Box
from tilescout.tiling.grid import Tile

CARD = ModelCard(
    labels=("pump", "valve"), thresholds=(0.4, 0.2), step=32, stride=4, dpi=150, tile_size=1024
)
SIZE = (64, 32)


def maps() -> tuple[np.ndarray, np.ndarray]:
    """Of an image of 64 x 32 px: nothing, and boxes 8 px to each side."""
    return np.zeros((2, 8, 16), np.float32), np.full((4, 8, 16), 8, np.float32)


def rows(found: FoundBoxes) -> list[tuple[str, float, list[float]]]:
    return [
        (CARD.labels[label], round(float(confidence), 1), box.tolist())
        for box, confidence, label in zip(found.boxes, found.confidences, found.labels, strict=True)
    ]


def test_a_peak_is_an_object_around_the_centre_of_its_cell() -> None:
    scores, sides = maps()
    scores[0, 3, 5] = 0.4

    assert rows(found_boxes(scores, sides, CARD, SIZE)) == [("pump", 50.0, [14, 6, 30, 22])]


def test_a_cell_beside_a_higher_one_of_its_label_is_no_object() -> None:
    scores, sides = maps()
    scores[0, 3, 5], scores[0, 4, 6] = 0.7, 0.6

    assert [name for name, *_ in rows(found_boxes(scores, sides, CARD, SIZE))] == ["pump"]


def test_a_box_ends_with_the_image_not_with_its_padding() -> None:
    scores, sides = maps()
    scores[1, 0, 0] = scores[1, 7, 15] = 0.6

    boxes = [box for *_, box in rows(found_boxes(scores, sides, CARD, (60, 30)))]

    assert boxes == [[0, 0, 10, 10], [54, 22, 60, 30]]


def test_each_labels_threshold_becomes_a_confidence_of_50() -> None:
    scores = np.array([0.0, 0.1, 0.2, 0.6, 1.0], np.float32)

    confidences = calibrated(scores, np.full(5, 0.2, np.float32))

    assert confidences.tolist() == pytest.approx([0, 25, 50, 75, 100])


def test_nothing_under_the_floor_is_given() -> None:
    scores, sides = maps()
    scores[0, 3, 3], scores[0, 3, 12] = 0.39, 0.41

    assert len(rows(found_boxes(scores, sides, CARD, SIZE, floor=50))) == 1
    assert len(rows(found_boxes(scores, sides, CARD, SIZE, floor=40))) == 2


def test_of_two_labels_at_one_place_the_surer_stays() -> None:
    scores, sides = maps()
    scores[0, 3, 5], scores[1, 3, 5] = 0.5, 0.9

    assert [name for name, *_ in rows(found_boxes(scores, sides, CARD, SIZE))] == ["valve"]


def test_an_object_within_another_of_another_label_stays() -> None:
    boxes = np.array([[0, 0, 40, 40], [10, 10, 30, 30]], np.float32)

    assert suppressed(boxes, np.array([0, 1])).tolist() == [0, 1]
    assert suppressed(boxes, np.array([0, 0]), same=0.2).tolist() == [0]


sides_px = st.integers(0, 40)
boxes_px = st.lists(
    st.tuples(sides_px, sides_px, st.integers(1, 20), st.integers(1, 20), st.integers(0, 1)),
    max_size=12,
)


@given(boxes_px)
def test_suppressing_again_changes_nothing(drawn: list[tuple[int, int, int, int, int]]) -> None:
    boxes = np.array([(x, y, x + w, y + h) for x, y, w, h, _ in drawn], np.float32).reshape(-1, 4)
    labels = np.array([label for *_, label in drawn], np.int64)
    kept = suppressed(boxes, labels)

    assert suppressed(boxes[kept], labels[kept]).tolist() == list(range(len(kept)))
    assert kept[:1].tolist() == [0][: len(drawn)]


def test_an_image_is_padded_with_paper_to_whole_steps() -> None:
    image = model_input(np.zeros((33, 64), np.uint8), 32)

    assert image.shape == (1, 1, 64, 64)
    assert image[0, 0, 33:].min() == 255
    assert image[0, 0, :33].max() == 0


def test_objects_are_placed_on_the_page() -> None:
    found = FoundBoxes(
        np.array([[1, 2, 11, 22]], np.float32), np.array([75], np.float32), np.array([1])
    )

    assert objects_seen(found, CARD, Tile(3, Box(900, 0, 1924, 1024))) == (
        ObjectSeen(label="valve", confidence=75.0, box=Box(901, 2, 911, 22)),
    )


def test_objects_of_a_coarse_tile_are_as_large_as_on_the_page() -> None:
    found = FoundBoxes(
        np.array([[1, 2, 11, 22]], np.float32), np.array([75], np.float32), np.array([1])
    )

    (seen,) = objects_seen(found, CARD, Tile(3, Box(900, 0, 4996, 4096), 4.0))

    assert seen.box == Box(904, 8, 944, 88)


def test_a_card_survives_its_file() -> None:
    assert model_card(CARD.to_metadata()) == CARD


def test_a_model_of_another_kind_is_refused() -> None:
    with pytest.raises(UnusableModel, match="says 'nothing'; export it by tilescout onnx train"):
        model_card({})
