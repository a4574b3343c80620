"""A layout is decided from what a file says of itself, never from a width that happens to fit."""

from __future__ import annotations

import re

import pytest

from tilescout.detectors.onnx import layout_choice
from tilescout.detectors.onnx.cards import describe, labels_of
from tilescout.detectors.onnx.layout_choice import Shape, Tensor
from tilescout.errors import UnusableModel

FLOAT = "tensor(float)"
IMAGES = Tensor("images", FLOAT, (1, 3, 640, 640))
CANVAS = (640, 640)
DETECT = {"author": "Ultralytics", "task": "detect"}
END_TO_END = DETECT | {"end2end": "True"}
OBB = {"author": "Ultralytics", "task": "obb"}


def of_shape(
    metadata: dict[str, str], shape: Shape, labels: int, name: str = "output0"
) -> list[str]:
    outputs = (Tensor(name, FLOAT, shape),)
    return [each.layout for each in layout_choice.candidates(metadata, outputs, labels, CANVAS)]


@pytest.mark.parametrize(
    ("metadata", "shape", "labels", "layout"),
    [
        (DETECT, (1, 5, 8400), 1, "yolo-columns"),
        (DETECT, (1, 84, None), 80, "yolo-columns"),
        (END_TO_END, (1, 300, 6), 1, "end-to-end"),
        (END_TO_END, (1, 300, 6), 2, "end-to-end"),
        (DETECT | {"args": "{'nms': True, 'half': False}"}, (1, 300, 6), 1, "end-to-end"),
        (DETECT, (1, 300, 6), 1, "end-to-end"),
        (OBB, (1, 7, 21504), 2, "obb-columns"),
        (OBB | {"end2end": "True"}, (1, 300, 7), 2, "obb-end-to-end"),
        (DETECT | {"task": "segment"}, (1, 38, 8400), 2, "yolo-columns"),
        (END_TO_END | {"task": "segment"}, (1, 300, 38), 2, "end-to-end"),
        (DETECT | {"task": "pose"}, (1, 56, 8400), 1, "yolo-columns"),
        (DETECT | {"description": "Ultralytics RT-DETR-l"}, (1, 300, 5), 1, "rtdetr-rows"),
        (DETECT | {"head": "RTDETRDecoder"}, (1, 300, 6), 1, "rtdetr-end-to-end"),
        (DETECT | {"head": "RTDETRDecoder"}, (1, 300, 6), 2, "rtdetr-end-to-end"),
        ({"names": "{0: 'valve'}", "stride": "32"}, (1, 25200, 6), 1, "yolo-rows"),
        ({}, (1, 25200, 7), 2, "yolo-rows"),
        ({}, (1, 6, 8400), 2, "yolo-columns"),
    ],
)
def test_what_a_file_says_decides(
    metadata: dict[str, str], shape: Shape, labels: int, layout: str
) -> None:
    assert of_shape(metadata, shape, labels) == [layout]


@pytest.mark.parametrize(
    ("metadata", "shape", "labels", "layouts"),
    [
        (DETECT | {"description": "RT-DETR-l"}, (1, 300, 6), 2,
         ["rtdetr-end-to-end", "rtdetr-rows"]),
        ({}, (1, 300, 6), 2, ["end-to-end", "rtdetr-rows"]),
        ({}, (1, None, 7), 2, ["yolo-rows", "yolox"]),
        ({}, (1, 8400, 7), 2, ["yolox", "yolo-rows"]),
    ],
)  # fmt: skip
def test_what_the_file_does_not_tell_is_left_to_the_trial(
    metadata: dict[str, str], shape: Shape, labels: int, layouts: list[str]
) -> None:
    assert of_shape(metadata, shape, labels) == layouts


@pytest.mark.parametrize(
    ("metadata", "shape", "labels"),
    [
        ({}, (1, 7, 8400), 2),
        ({}, (1, 300, 7), 1),
        (END_TO_END, (1, 300, 5), 1),
        (OBB, (1, 6, 8400), 2),
        (DETECT, (1, 25200, 6), 1),
    ],
)
def test_a_width_of_another_layout_is_refused_with_what_was_seen(
    metadata: dict[str, str], shape: Shape, labels: int
) -> None:
    seen = " x ".join(map(str, shape))
    with pytest.raises(UnusableModel, match=f"this model has output0 {seen}.*export it"):
        of_shape(metadata, shape, labels)


@pytest.mark.parametrize(("name", "layout"), [("output", "yolox"), ("outputs", "yolo-rows")])
@pytest.mark.parametrize("metadata", [{}, {"names": "{0: 'valve', 1: 'pump'}"}])
def test_one_box_per_cell_is_yolox_or_yolov6_by_the_name_of_its_output(
    name: str, layout: str, metadata: dict[str, str]
) -> None:
    assert of_shape(metadata, (1, 8400, 7), 2, name) == [layout]


def test_a_model_that_classifies_is_refused_by_its_task() -> None:
    with pytest.raises(UnusableModel, match="say task 'classify'"):
        of_shape({"task": "classify"}, (1, 2), 2)


def test_labels_of_keys_that_are_text_are_in_the_order_of_their_numbers() -> None:
    names = {str(number): f"class{number}" for number in range(11)}
    assert labels_of({"names": str(names)})[2] == "class2"


@pytest.mark.parametrize("names", ["{1: 'valve', 2: 'pump'}", "{'a': 'valve'}"])
def test_classes_that_are_not_numbered_from_zero_need_labels(names: str) -> None:
    with pytest.raises(UnusableModel, match="number the classes from 0; here their keys are"):
        labels_of({"names": names})


def rf_detr(columns: int) -> tuple[Tensor, ...]:
    return (
        Tensor("dets", FLOAT, (1, 300, 4)),
        Tensor("labels", FLOAT, (1, 300, columns)),
    )


def test_rf_detr_wants_a_label_for_each_column() -> None:
    with pytest.raises(UnusableModel, match=r"layout is rf-detr.*- for the one that is not used"):
        describe({}, (IMAGES,), rf_detr(2), ("valve",))


def test_rf_detr_is_known_by_its_names() -> None:
    (card,) = describe({}, (IMAGES,), rf_detr(2), ("valve", "-"))
    assert (card.layout, card.outputs) == ("rf-detr", ("labels", "dets"))
    assert card.input.mean == (0.485, 0.456, 0.406)


def test_a_file_without_labels_tells_what_its_outputs_are() -> None:
    with pytest.raises(UnusableModel, match=re.escape("labels 1 x 300 x 2, as of RF-DETR")):
        describe({}, (IMAGES,), rf_detr(2))


def test_a_postprocessor_takes_the_size_of_the_image() -> None:
    sizes = Tensor("orig_target_sizes", "tensor(int64)", (1, 2))
    outputs = tuple(Tensor(name, FLOAT, (1, 300)) for name in ("labels", "boxes", "scores"))
    (card,) = describe({}, (IMAGES, sizes), outputs, ("valve",))
    assert (card.layout, card.input.sizes) == ("boxes-and-labels", "orig_target_sizes")


def test_a_fixed_batch_and_values_of_another_range_are_kept() -> None:
    batch = Tensor("images", FLOAT, (4, 3, 640, 640))
    outputs = (Tensor("output", FLOAT, (4, 8400, 7)),)
    (card,) = describe({}, (batch,), outputs, ("valve", "pump"))
    assert (card.layout, card.input.batch, card.input.largest) == ("yolox", 4, 255)


def test_a_person_s_layout_comes_first() -> None:
    outputs = (Tensor("output0", FLOAT, (1, 300, 6)),)
    (card,) = describe({}, (IMAGES,), outputs, ("valve", "pump"), "rtdetr-rows")
    assert card.layout == "rtdetr-rows"


def test_a_person_tells_that_values_are_normalised() -> None:
    outputs = (Tensor("logits", FLOAT, (1, 300, 2)), Tensor("pred_boxes", FLOAT, (1, 300, 4)))
    (card,) = describe({}, (IMAGES,), outputs, ("valve", "pump"), "rf-detr")
    assert (card.outputs, card.input.mean) == (("logits", "pred_boxes"), (0.485, 0.456, 0.406))


def test_a_layout_whose_outputs_are_not_there_is_refused() -> None:
    outputs = (Tensor("output0", FLOAT, (1, 300, 6)),)
    with pytest.raises(UnusableModel, match="layout rf-detr is dets and labels of RF-DETR"):
        describe({}, (IMAGES,), outputs, ("valve", "pump"), "rf-detr")
