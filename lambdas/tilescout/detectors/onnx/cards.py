"""What must be known of an ONNX detector to ask it: its input, its output's layout, its labels.

Read from the file's own metadata, names and shapes where they tell; given by a person where not.
Kept as JSON beside the file.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from tilescout.detectors.onnx.answers import FORMAT, model_card
from tilescout.errors import UnusableModel

Layout = Literal["centres", "yolo-columns", "yolo-rows", "detr-sigmoid", "detr-softmax"]
"""``centres``: the project's own. ``yolo-columns`` (YOLOv8, v11): 1 x (4 + labels) x boxes.
``yolo-rows`` (YOLOv5): 1 x boxes x (5 + labels). ``detr-*``: logits and pred_boxes, with a last
class for "no object" under softmax (DETR) or without under sigmoid (RT-DETR, Deformable DETR)."""

Shape = tuple[int | None, ...]
STEP = 32
"""A side of an input of any size is a multiple of it: what YOLO and DETR halve five times."""
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation that DETR's backbones were trained with, of values 0 to 1."""
TYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32", "tensor(float16)": "float16"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output as the file declares it; None is a side of any length."""

    name: str
    type: str
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInput:
    """An image of 1 x ``channels`` x ``height`` x ``width``; sides of 0 are any multiple of
    ``step`` px. ``mask`` names a second input that is 1 where the image is.

    Values of type float are 0 to 1, then less ``mean``, over ``deviation`` (by channel).
    """

    name: str
    type: Literal["uint8", "float32", "float16"]
    channels: Literal[1, 3]
    height: int = 0
    width: int = 0
    step: int = STEP
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()
    mask: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxCard:
    """``outputs`` in the order that the layout wants; ``stride`` of ``centres`` only.

    ``thresholds`` (0 to 1 by label) are what a confidence of 50 means. Trained at ``dpi`` on tiles
    of ``tile_size`` px; 0 where the file does not tell.
    """

    layout: Layout
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    input: ModelInput
    outputs: tuple[str, ...]
    stride: int = 0
    dpi: int = 0
    tile_size: int = 0


_CARD = TypeAdapter(OnnxCard)


def card_to_json(card: OnnxCard) -> str:
    return _CARD.dump_json(card, indent=1).decode()


def card_from_json(text: str) -> OnnxCard:
    """Raises UnusableModel where ``text`` is no card."""
    try:
        return _CARD.validate_json(text)
    except ValidationError as error:
        raise UnusableModel(
            f"a model's card is what `tilescout onnx promote` writes; this one has "
            f"{error.error_count()} errors; promote the model again"
        ) from error


def labels_of(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """Labels that a file names itself: ``labels`` (JSON) or Ultralytics' ``names``; else none.

    Raises UnusableModel where ``labels`` are no JSON list.
    """
    if "labels" in metadata:
        return tuple(map(str, _listed(metadata, "labels")))
    try:
        names = ast.literal_eval(metadata.get("names", "()"))
    except (ValueError, SyntaxError):
        return ()
    # Ultralytics writes {0: 'valve', 1: 'pump'}; older exports a list.
    listed = [names[key] for key in sorted(names)] if isinstance(names, dict) else names
    return tuple(map(str, listed)) if isinstance(listed, list | tuple) else ()


def _listed(metadata: Mapping[str, str], name: str) -> list[Any]:
    """A JSON list, empty where there is none."""
    try:
        found = json.loads(metadata.get(name, "[]"))
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise UnusableModel(
            f"{name} in a model's metadata are a JSON list; here they are {metadata[name][:60]!r}; "
            "export the model again with a list, or without them"
        )
    return found


def describe(
    metadata: Mapping[str, str],
    inputs: tuple[Tensor, ...],
    outputs: tuple[Tensor, ...],
    labels: tuple[str, ...] = (),
) -> OnnxCard:
    """The card of a file; ``labels`` given by a person come before its own.

    Raises UnusableModel where its input or output is of no known kind, or labels are missing.
    """
    if metadata.get("format") == FORMAT:
        return _own(metadata, labels)
    labels = labels or labels_of(metadata)
    if not labels:
        raise UnusableModel(
            "a model needs a label for each of its classes; its metadata names none; give them "
            "in the order of the classes with --labels"
        )
    layout, names = _layout(outputs, len(labels))
    taken = image_input(inputs)
    if layout == "detr-softmax":
        taken = replace(taken, mean=IMAGENET[0], deviation=IMAGENET[1])
    return OnnxCard(
        layout=layout,
        labels=labels,
        thresholds=_thresholds(metadata, len(labels)),
        input=taken,
        outputs=names,
    )


def tells_shapes(outputs: tuple[Tensor, ...]) -> bool:
    """Whether every side of every output is told but those that an image's size may change.

    A file of dynamic axes may tell none: then it must be run to see them.
    """
    return all(sum(side is None for side in output.shape[1:]) <= 1 for output in outputs)


def _own(metadata: Mapping[str, str], labels: tuple[str, ...]) -> OnnxCard:
    card = model_card(metadata)
    if labels and len(labels) != len(card.labels):
        raise UnusableModel(
            f"there is a label for each class; the model has {len(card.labels)} and {len(labels)} "
            "are given; correct --labels"
        )
    return OnnxCard(
        layout="centres",
        labels=labels or card.labels,
        thresholds=card.thresholds,
        input=ModelInput(name="image", type="uint8", channels=1, step=card.step),
        outputs=("scores", "sides"),
        stride=card.stride,
        dpi=card.dpi,
        tile_size=card.tile_size,
    )


def _thresholds(metadata: Mapping[str, str], count: int) -> tuple[float, ...]:
    """A half, so that confidence is a hundred times the score, unless the metadata has some."""
    found = _listed(metadata, "thresholds")
    if not all(isinstance(each, float | int) and 0 < each <= 1 for each in found):
        raise UnusableModel(
            "thresholds in a model's metadata are over 0 and up to 1; here they are "
            f"{metadata['thresholds'][:60]}; export the model again with such, or without them"
        )
    return tuple(map(float, found)) if len(found) == count else (0.5,) * count


def _layout(outputs: tuple[Tensor, ...], count: int) -> tuple[Layout, tuple[str, ...]]:
    by_name = {output.name: output.shape for output in outputs}
    if {"logits", "pred_boxes"} <= by_name.keys():
        return _detr(by_name["logits"], count), ("logits", "pred_boxes")
    # YOLOv5 also gives the maps of its three scales; the first output is their sum.
    first = outputs[0]
    shape = (None, *first.shape[1:]) if len(first.shape) == 3 else (0, 0, 0)
    if shape[1] == 4 + count:
        return "yolo-columns", (first.name,)
    if shape[2] == 5 + count:
        return "yolo-rows", (first.name,)
    said = ", ".join(f"{name} {_shown(shape)}" for name, shape in by_name.items())
    raise UnusableModel(
        f"with {count} labels, an output is 1 x {4 + count} x boxes (YOLOv8, v11), 1 x boxes x "
        f"{5 + count} (YOLOv5), or logits and pred_boxes (DETR); this model has {said}; check the "
        "labels, and export it without non-max suppression"
    )


def _detr(logits: Shape, count: int) -> Layout:
    classes = logits[-1]
    if classes == count:
        return "detr-sigmoid"
    if classes == count + 1:
        return "detr-softmax"
    raise UnusableModel(
        f"logits have a column for each label, and perhaps one for no object; they have {classes} "
        f"for {count} labels; give the labels in the order of the classes with --labels"
    )


def image_input(inputs: tuple[Tensor, ...]) -> ModelInput:
    """How an image is given. Raises UnusableModel where the model takes more or something else."""
    images = [each for each in inputs if len(each.shape) == 4 and each.type in TYPES]
    masks = [each.name for each in inputs if each.name == "pixel_mask"]
    if len(images) != 1 or len(images) + len(masks) != len(inputs):
        said = ", ".join(f"{each.name} {_shown(each.shape)} {each.type}" for each in inputs)
        raise UnusableModel(
            "a model takes one image, n x channels x height x width of uint8 or float, and "
            f"perhaps a pixel_mask; this one takes {said}; export it for inference"
        )
    [image] = images
    _, channels, height, width = image.shape
    if channels not in (None, 1, 3):
        raise UnusableModel(
            f"an image has 1 or 3 channels, before its height and width; {image.name} is "
            f"{_shown(image.shape)}; export it with channels first"
        )
    return ModelInput(
        name=image.name,
        type=TYPES[image.type],  # type: ignore[arg-type]
        channels=1 if channels == 1 else 3,
        height=height or 0,
        width=width or 0,
        mask=masks[0] if masks else "",
    )


def _shown(shape: Shape) -> str:
    return " x ".join("any" if side is None else str(side) for side in shape)
