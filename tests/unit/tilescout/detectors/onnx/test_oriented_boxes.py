"""Oriented boxes are read as the upright box around them, with the angle of their longer side."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilescout.detectors.onnx.answers import FoundBoxes, objects_seen
from tilescout.detectors.onnx.cards import ModelInput, OnnxCard
from tilescout.detectors.onnx.inputs import FittedImage
from tilescout.detectors.onnx.layout_choice import Layout
from tilescout.detectors.onnx.layouts import box_angles, found
from tilescout.geometry import Box
from tilescout.tiling.grid import Tile

SIZE = (640, 640)


def card(layout: Layout) -> OnnxCard:
    return OnnxCard(
        layout=layout, labels=("valve",), thresholds=(0.5,), outputs=("output0",),
        input=ModelInput(name="images", type="float32", channels=3),
    )  # fmt: skip


def seen(layout: Layout, rows: Any, scale: float = 1.0) -> FoundBoxes:
    output = np.asarray([rows], dtype=np.float32)
    return found([output], card(layout), FittedImage({}, scale, SIZE), SIZE)


def angles(answer: FoundBoxes) -> list[float]:
    assert answer.angles is not None
    told: list[float] = answer.angles.tolist()
    return told


def end_to_end(width: float, height: float, degrees: float, score: float = 0.9) -> list[float]:
    return [320, 320, width, height, score, 0, math.radians(degrees)]


@pytest.mark.parametrize(
    ("width", "height", "degrees", "angle"),
    [
        (80, 40, 0, 0),
        (80, 40, 30, 30),
        (40, 80, 30, 120),
        (80, 40, -30, 150),
        (40, 80, 90, 0),
        (80, 40, 180, 0),
        (80, 40, 400, 40),
    ],
)
def test_the_angle_is_that_of_the_longer_side_clockwise(
    width: float, height: float, degrees: float, angle: float
) -> None:
    (told,) = angles(seen("obb-end-to-end", [end_to_end(width, height, degrees)]))
    assert math.cos(math.radians(2 * (told - angle))) == pytest.approx(1, abs=1e-5)
    assert 0 <= told < 180


def test_columns_have_the_angle_behind_the_scores() -> None:
    columns = np.transpose([[320, 320, 80, 40, 0.9, math.radians(30)]])
    assert angles(seen("obb-columns", columns)) == pytest.approx([30])


def test_the_surest_box_comes_first_with_its_own_angle() -> None:
    rows = [end_to_end(80, 40, 10, 0.6), [100, 100, 80, 40, 0.9, 0, math.radians(70)]]
    assert angles(seen("obb-end-to-end", rows)) == pytest.approx([70, 10])


def test_an_image_that_was_scaled_down_turns_nothing() -> None:
    answer = seen("obb-end-to-end", [[100, 100, 80, 40, 0.9, 0, math.radians(30)]], scale=0.5)
    assert angles(answer) == pytest.approx([30])


def test_upright_boxes_have_no_angle() -> None:
    assert box_angles([np.zeros((1, 1, 6), np.float32)], "end-to-end") is None
    assert seen("end-to-end", [[10, 10, 90, 90, 0.9, 0]]).angles is None


def test_objects_in_page_pixels_keep_their_angle() -> None:
    boxes, sure = np.array([[10, 20, 30, 40]], np.float32), np.array([90], np.float32)
    answer = FoundBoxes(boxes, sure, np.array([0]), np.array([30], np.float32))
    (told,) = objects_seen(answer, card("obb-columns"), Tile(3, Box(100, 0, 1124, 1024), 2.0))
    assert (told.box, told.angle) == (Box(120, 40, 160, 80), 30.0)


@given(
    width=st.floats(10, 200), height=st.floats(10, 200), degrees=st.floats(-360, 360),
)  # fmt: skip
def test_the_upright_box_and_the_angle_are_those_of_the_four_corners(
    width: float, height: float, degrees: float
) -> None:
    """The corners are those of Ultralytics' ops.xywhr2xyxyxyxy."""
    answer = seen("obb-end-to-end", [end_to_end(width, height, degrees)])
    turn = math.radians(degrees)
    across = np.array([math.cos(turn), math.sin(turn)]) * width
    down = np.array([-math.sin(turn), math.cos(turn)]) * height
    corners = np.array([(a * across + d * down) / 2 for a in (-1, 1) for d in (-1, 1)]) + 320
    assert answer.boxes[0].tolist() == pytest.approx(
        [*corners.min(axis=0), *corners.max(axis=0)], abs=0.05
    )
    longer = across if width >= height else down
    told = math.radians(angles(answer)[0])
    aside = longer[0] * math.sin(told) - longer[1] * math.cos(told)
    assert abs(aside) < 0.01 * np.linalg.norm(longer)
