"""What a file tells of itself, and what a person must add."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tilescout.detectors.onnx.answers import ModelCard
from tilescout.detectors.onnx.cards import (
    OnnxCard,
    card_from_json,
    card_to_json,
    describe,
    labels_of,
)
from tilescout.detectors.onnx.layout_choice import Shape, Tensor
from tilescout.errors import UnusableModel

FLOAT, HALF, BYTES, LONG = "tensor(float)", "tensor(float16)", "tensor(uint8)", "tensor(int64)"
IMAGES = Tensor("images", FLOAT, (1, 3, 640, 640))
NAMES = {"names": "{0: 'valve', 1: 'pump'}"}
LABELS = ("valve", "pump")


def outputs(*shapes: Shape) -> tuple[Tensor, ...]:
    return tuple(Tensor(f"output{n}", FLOAT, shape) for n, shape in enumerate(shapes))


def detr(classes: int | None) -> tuple[Tensor, ...]:
    return (
        Tensor("logits", FLOAT, (1, 300, classes)),
        Tensor("pred_boxes", FLOAT, (1, 300, 4)),
    )


@pytest.mark.parametrize(
    ("shapes", "layout"),
    [
        ([(1, 6, 8400)], "yolo-columns"),
        ([(1, 6, None)], "yolo-columns"),
        ([(1, 25200, 7)], "yolo-rows"),
        ([(1, None, 7), (1, 3, 80, 80, 7)], "yolo-rows"),
    ],
)
def test_a_yolo_export_is_known_by_the_shape_of_its_first_output(
    shapes: list[Shape], layout: str
) -> None:
    (card,) = describe(NAMES, (IMAGES,), outputs(*shapes))
    assert (card.layout, card.outputs, card.labels) == (layout, ("output0",), LABELS)
    assert (card.input.height, card.input.width, card.input.type) == (640, 640, "float32")
    assert card.thresholds == (0.5, 0.5)


@pytest.mark.parametrize(("classes", "layout"), [(2, "detr-sigmoid"), (3, "detr-softmax")])
def test_a_detr_export_is_known_by_its_names_and_its_class_for_nothing(
    classes: int, layout: str
) -> None:
    (card,) = describe({}, (IMAGES,), (*outputs((1, 5)), *detr(classes)), LABELS)
    assert (card.layout, card.outputs) == (layout, ("logits", "pred_boxes"))
    assert bool(card.input.mean) is (layout == "detr-softmax")


def test_a_mask_beside_the_image_is_filled() -> None:
    mask = Tensor("pixel_mask", LONG, (1, None, None))
    image = Tensor("pixel_values", FLOAT, (1, 3, None, None))
    (card,) = describe({}, (image, mask), detr(3), LABELS)
    assert (card.input.name, card.input.mask) == ("pixel_values", "pixel_mask")
    assert (card.input.height, card.input.width, card.input.step) == (0, 0, 32)


@pytest.mark.parametrize(
    ("image", "channels", "kind"),
    [
        (Tensor("i", HALF, (1, 3, 64, 64)), 3, "float16"),
        (Tensor("i", BYTES, (None, 1, None, None)), 1, "uint8"),
        (Tensor("i", FLOAT, (None, None, 64, 64)), 3, "float32"),
    ],
)
def test_an_input_has_its_type_and_channels(image: Tensor, channels: int, kind: str) -> None:
    (card,) = describe({}, (image,), outputs((1, 6, 84)), LABELS)
    taken = card.input
    assert (taken.channels, taken.type) == (channels, kind)


@pytest.mark.parametrize(
    ("metadata", "labels"),
    [
        (NAMES, LABELS),
        ({"names": "['valve', 'pump']"}, LABELS),
        ({"labels": '["valve", "pump"]'}, LABELS),
        ({"names": "import os"}, ()),
        ({}, ()),
    ],
)
def test_labels_come_from_the_metadata(metadata: dict[str, str], labels: tuple[str, ...]) -> None:
    assert labels_of(metadata) == labels


def test_labels_that_are_given_come_first() -> None:
    (card,) = describe(NAMES, (IMAGES,), outputs((1, 6, 84)), ("gate", "motor"))
    assert card.labels == ("gate", "motor")


@pytest.mark.parametrize(
    "metadata",
    [
        {"labels": "valve, pump"},
        {"labels": "7"},
        {"names": "7"},
        NAMES | {"thresholds": "half"},
        NAMES | {"thresholds": "[0, 0.5]"},
        {"format": "tilescout-centres/1", "labels": "[]"},
    ],
)
def test_metadata_of_another_kind_are_refused_by_name(metadata: dict[str, str]) -> None:
    with pytest.raises(UnusableModel, match=r"metadata"):
        describe(metadata, (IMAGES,), outputs((1, 6, 8400)))


def test_the_project_s_own_format_tells_all() -> None:
    own = ModelCard(
        labels=LABELS, thresholds=(0.3, 0.4), step=32, stride=4, dpi=150, tile_size=1024
    )
    (card,) = describe(own.to_metadata(), (), ())
    assert (card.layout, card.labels, card.thresholds) == ("centres", LABELS, (0.3, 0.4))
    assert (card.stride, card.dpi, card.tile_size) == (4, 150, 1024)
    assert (card.input.type, card.input.channels) == ("uint8", 1)


@pytest.mark.parametrize(
    ("inputs", "found", "labels", "said"),
    [
        ((IMAGES,), outputs((1, 6, 84)), (), "its metadata names none; give them"),
        (
            (IMAGES,),
            outputs((1, 84, 8400)),
            LABELS,
            "this model has output0 1 x 84 x 8400; check the labels",
        ),
        ((IMAGES,), outputs((1, 100)), LABELS, "with 2 labels, an output is 1 x 6 x boxes"),
        ((IMAGES,), detr(91), LABELS, "they have 91 for 2 labels"),
        ((IMAGES, IMAGES), outputs((1, 6, 84)), LABELS, "a model takes one image"),
        (
            (Tensor("i", FLOAT, (1, 640, 640, 4)),),
            outputs((1, 6, 84)),
            LABELS,
            "i is 1 x 640 x 640 x 4; export it with channels first",
        ),
        ((Tensor("i", LONG, (1, 3, 64, 64)),), outputs((1, 6, 84)), LABELS, "takes i 1 x 3 x 64"),
    ],
)
def test_what_is_not_known_is_refused_with_a_remedy(
    inputs: tuple[Tensor, ...], found: tuple[Tensor, ...], labels: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UnusableModel, match=re.escape(said)):
        describe({}, inputs, found, labels)


def test_a_card_comes_back_from_its_json() -> None:
    (card,) = describe(NAMES, (IMAGES,), outputs((1, 6, 84)))
    again: OnnxCard = card_from_json(card_to_json(replace(card, dpi=150)))
    assert again == replace(card, dpi=150)


def test_another_json_is_no_card() -> None:
    with pytest.raises(UnusableModel, match="promote the model again"):
        card_from_json("{}")
