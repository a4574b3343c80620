"""Cards of ONNX detectors: the input, the layout of the outputs, and the labels of a file.

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

from tilescout.detectors.onnx import layout_choice
from tilescout.detectors.onnx.answers import FORMAT, model_card
from tilescout.detectors.onnx.layout_choice import Layout, Tensor, shown
from tilescout.errors import UnusableModel

STEP = 32
"""A side of an input of any size is a multiple of it: what YOLO and DETR halve five times."""
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""Mean and deviation that DETR's backbones were trained with, of values 0 to 1."""
TYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32", "tensor(float16)": "float16"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInput:
    """An image of ``batch`` x ``channels`` x ``height`` x ``width``; sides of 0 are any multiple of
    ``step`` px. ``mask`` names a second input that is 1 where the image is, ``sizes`` one that
    takes width and height of the image.

    Values of type float are 0 to ``largest``, then less ``mean``, over ``deviation`` (by channel);
    the channels are blue, green, red where it ``is_bgr``. The paper of the image is made white
    first where ``paper_is_white``.
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
    sizes: str = ""
    batch: int = 1
    largest: Literal[1, 255] = 1
    is_bgr: bool = False
    paper_is_white: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxCard:
    """``outputs`` in the order that the layout wants; ``stride`` of ``centres`` only.

    ``thresholds`` (0 to 1 by label) are what a confidence of 50 means. Trained at ``dpi`` on tiles
    of ``tile_size`` px; 0 where the file does not tell. A model that ``has_references`` finds
    symbols of any kind, which the references in its file name.
    """

    layout: Layout
    labels: tuple[str, ...]
    thresholds: tuple[float, ...]
    input: ModelInput
    outputs: tuple[str, ...]
    stride: int = 0
    dpi: int = 0
    tile_size: int = 0
    has_references: bool = False


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
    # Ultralytics writes {0: 'valve', 1: 'pump'}; older exports a list, other programs text as keys.
    listed = _in_order(names) if isinstance(names, dict) else names
    return tuple(map(str, listed)) if isinstance(listed, list | tuple) else ()


def _in_order(names: dict[Any, Any]) -> list[Any]:
    """Names by the number of their class. Raises UnusableModel where a number is missing."""
    try:
        numbers = {int(key): name for key, name in names.items()}
    except (TypeError, ValueError):
        numbers = {}
    if sorted(numbers) != list(range(len(names))):
        raise UnusableModel(
            f"names in a model's metadata number the classes from 0; here their keys are "
            f"{', '.join(map(str, list(names)[:5]))}; give the labels with --labels"
        )
    return [numbers[at] for at in range(len(numbers))]


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
    layout: Layout | None = None,
) -> tuple[OnnxCard, ...]:
    """Returns the card of a file, or those that it may have where it does not tell; the likeliest
    is first. ``labels`` and ``layout`` given by a person come before its own.

    Raises UnusableModel where its input or output is of no known kind, or labels are missing.
    """
    if metadata.get("format") == FORMAT:
        return (_own(metadata, labels),)
    labels = labels or labels_of(metadata)
    if not labels:
        raise UnusableModel(
            "a model needs a label for each of its classes; its metadata names none; give them "
            f"in the order of the classes with --labels{_seen(outputs)}"
        )
    taken = image_input(inputs)
    found = (
        (layout_choice.named(layout, outputs),)
        if layout
        else layout_choice.candidates(metadata, outputs, len(labels), (taken.width, taken.height))
    )
    thresholds = _thresholds(metadata, len(labels))
    return tuple(
        OnnxCard(
            layout=each.layout,
            labels=labels,
            thresholds=thresholds,
            input=_input_of(each.layout, taken),
            outputs=each.outputs,
        )
        for each in found
    )


def _seen(outputs: tuple[Tensor, ...]) -> str:
    """The outputs of a file that does not name its labels."""
    family = layout_choice.family(outputs)
    said = ", ".join(f"{output.name} {shown(output.shape)}" for output in outputs[:4])
    return f"; its outputs are {said}{f', as of {family}' if family else ''}"


def _input_of(layout: Layout, taken: ModelInput) -> ModelInput:
    """Values as the models of a layout were trained with them."""
    if layout in ("detr-softmax", "rf-detr"):
        return replace(taken, mean=IMAGENET[0], deviation=IMAGENET[1])
    return replace(taken, largest=255, is_bgr=True) if layout == "yolox" else taken


def tells_shapes(outputs: tuple[Tensor, ...]) -> bool:
    """Tells if every side of every output is declared but those that an image's size may change.

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
        input=ModelInput(
            name="image",
            type="uint8",
            channels=1,
            step=card.step,
            paper_is_white=card.paper_is_white,
        ),
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


def image_input(inputs: tuple[Tensor, ...]) -> ModelInput:
    """Returns how an image is given. Raises UnusableModel where the model takes anything else."""
    images = [each for each in inputs if len(each.shape) == 4 and each.type in TYPES]
    masks = [each.name for each in inputs if each.name == "pixel_mask"]
    sizes = [each.name for each in inputs if each.name == "orig_target_sizes"]
    if len(images) != 1 or len(images) + len(masks) + len(sizes) != len(inputs):
        said = ", ".join(f"{each.name} {shown(each.shape)} {each.type}" for each in inputs)
        raise UnusableModel(
            "a model takes one image, n x channels x height x width of uint8 or float, and "
            f"perhaps a pixel_mask or orig_target_sizes; this one takes {said}; export it for "
            "inference"
        )
    [image] = images
    batch, channels, height, width = image.shape
    if channels not in (None, 1, 3):
        raise UnusableModel(
            f"an image has 1 or 3 channels, before its height and width; {image.name} is "
            f"{shown(image.shape)}; export it with channels first"
        )
    return ModelInput(
        name=image.name,
        type=TYPES[image.type],  # type: ignore[arg-type]
        channels=1 if channels == 1 else 3,
        height=height or 0,
        width=width or 0,
        mask=masks[0] if masks else "",
        sizes=sizes[0] if sizes else "",
        batch=batch or 1,
    )
