"""How the values of an image are normalised before a model takes them.

The file of a model does not say. Packages write it beside the file, as transformers does in
preprocessor_config.json (https://huggingface.co/docs/transformers/main_classes/image_processor), or
a person tells it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from tilescout.detectors.onnx.cards import IMAGENET, OnnxCard
from tilescout.errors import UnusableModel

BESIDE = "preprocessor_config.json"
"""The file in which transformers writes how images are prepared."""
LAYOUTS_BESIDE = ("detr-sigmoid", "detr-softmax", "rf-detr")
"""The layouts of models that such a file is written for."""
MAX_BYTE = 255.0
RESCALE_TOLERANCE = 0.01
Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Normalization:
    """Values of 0 to 1, less ``mean``, over ``deviation``: a number per channel, or one for all."""

    mean: Numbers
    deviation: Numbers

    def __str__(self) -> str:
        """Returns the options by which a person tells it."""
        return f"--mean {_shown(self.mean)} --std {_shown(self.deviation)}"


KNOWN = {
    "0 to 1": Normalization((0.0,), (1.0,)),
    "normalised as ImageNet": Normalization(*IMAGENET),
    "-1 to 1": Normalization((0.5,), (0.5,)),
    "0 to 255": Normalization((0.0,), (1 / MAX_BYTE,)),
}
"""The values that models are trained with, by a name for messages."""


@dataclass(frozen=True)
class _Processor:
    """The members of preprocessor_config.json that tell of values; others are not looked at."""

    do_rescale: bool = True
    rescale_factor: float = 1 / MAX_BYTE
    do_normalize: bool = True
    image_mean: Numbers | None = None
    image_std: Numbers | None = None


_PROCESSOR = TypeAdapter(_Processor)


def from_processor(text: str) -> Normalization:
    """Returns what a preprocessor_config.json tells. Raises UnusableModel where it cannot be."""
    try:
        told = _PROCESSOR.validate_json(text)
    except ValidationError as error:
        raise UnusableModel(
            f"{BESIDE} is what transformers writes; the one beside this model has "
            f"{error.error_count()} errors; correct or move it, or name --mean and --std"
        ) from error
    scale = _scale(told)
    if not told.do_normalize:
        return Normalization((0.0,), (scale,))
    mean, deviation = told.image_mean or IMAGENET[0], told.image_std or IMAGENET[1]
    return checked(_times(mean, scale), _times(deviation, scale))


def _scale(told: _Processor) -> float:
    """Returns by what the numbers of a file are multiplied to be those of values from 0 to 1."""
    factor = told.rescale_factor if told.do_rescale else 1.0
    if not factor > 0 or not math.isfinite(factor):
        raise UnusableModel(
            f"values are rescaled by more than 0, mostly 1/255; {BESIDE} beside this model says "
            f"{factor:g}; correct it, or name --mean and --std"
        )
    scale = 1 / (MAX_BYTE * factor)
    return 1.0 if math.isclose(scale, 1, rel_tol=RESCALE_TOLERANCE) else scale


def from_options(mean: Numbers, deviation: Numbers) -> Normalization:
    """Returns what a person tells; numbers over 1 are those of values from 0 to 255.

    Raises UnusableModel where they can be none.
    """
    is_of_bytes = max((*mean, *deviation), default=0) > 1
    scale = 1 / MAX_BYTE if is_of_bytes else 1.0
    return checked(_times(mean, scale), _times(deviation, scale))


def checked(mean: Numbers, deviation: Numbers) -> Normalization:
    """Returns a normalization. Raises UnusableModel where its numbers can be none."""
    counts = {len(mean), len(deviation)}
    is_finite = all(map(math.isfinite, (*mean, *deviation)))
    if not (counts <= {1, 3} and is_finite and min(deviation) > 0):
        raise UnusableModel(
            "a mean and a deviation are one finite number or one per channel, the deviation over "
            f"0; here they are {_shown(mean) or 'none'} and {_shown(deviation) or 'none'}; correct "
            f"--mean and --std, or {BESIDE}"
        )
    return Normalization(mean, deviation)


def normalized(card: OnnxCard, values: Normalization) -> OnnxCard:
    """Returns the card of a model that takes such values. Raises UnusableModel for one of bytes."""
    if card.input.type == "uint8":
        raise UnusableModel(
            f"values are normalised where a model takes float; {card.input.name} of this one takes "
            "uint8; leave --mean and --std out"
        )
    taken = replace(card.input, mean=values.mean, deviation=values.deviation, largest=1)
    return replace(card, input=taken)


def is_ambiguous(card: OnnxCard) -> bool:
    """Tells if models of a card's names differ in the values that they take.

    Of transformers RT-DETR and D-FINE take 0 to 1, Conditional and Deformable DETR normalised ones.
    """
    return card.layout == "detr-sigmoid" and card.outputs[0] == "logits"


def _times(numbers: Numbers, scale: float) -> Numbers:
    return tuple(number * scale for number in numbers)


def _shown(numbers: Numbers) -> str:
    return ",".join(f"{number:g}" for number in numbers)
