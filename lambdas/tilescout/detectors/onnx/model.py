"""A model file in onnxruntime: images in, boxes out. Needs no torch."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilescout.detectors.onnx import trial
from tilescout.detectors.onnx.answers import (
    FLOOR,
    FORMAT,
    PAPER,
    FoundBoxes,
    ModelCard,
    found_boxes,
    model_card,
    model_input,
    whitened,
)
from tilescout.detectors.onnx.cards import OnnxCard, describe, image_input, tells_shapes
from tilescout.detectors.onnx.inputs import fitted
from tilescout.detectors.onnx.layout_choice import Layout, Tensor
from tilescout.detectors.onnx.layouts import found
from tilescout.errors import UnusableModel

PROBE_PX = 320
"""Side of the empty image that a file of untold shapes is run on."""


class OnnxModel:
    """The project's own format, in a session of its own; ``threads`` are those of one image."""

    def __init__(self, file: Path | bytes, *, threads: int = 1) -> None:
        """Raises UnusableModel where the file's metadata tell another format."""
        self._session = session(file, threads)
        self.card: ModelCard = model_card(self._session.get_modelmeta().custom_metadata_map)

    def find(self, grey: NDArray[np.uint8], floor: float = FLOOR) -> FoundBoxes:
        """Objects on a grey image (h x w), boxes in its pixels, the most confident first."""
        scores, sides = self.maps(grey)
        return found_boxes(scores, sides, self.card, (grey.shape[1], grey.shape[0]), floor)

    def maps(self, grey: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores (labels x h x w) and sides (4 x h x w) of one image."""
        image = model_input(whitened(grey) if self.card.paper_is_white else grey, self.card.step)
        scores, sides = self._session.run(["scores", "sides"], {"image": image})
        return scores[0], sides[0]


class ServedModel:
    """A model of any known layout; ``card`` as it was promoted, else read from the file."""

    def __init__(
        self,
        file: bytes,
        card: OnnxCard | None = None,
        *,
        labels: tuple[str, ...] = (),
        layout: Layout | None = None,
        threads: int = 1,
    ) -> None:
        """Raises UnusableModel where the file is no model, or not of a known layout."""
        self._session = session(file, threads)
        self.card = card or self._described(labels, layout)

    def with_card(self, card: OnnxCard) -> ServedModel:
        """Returns the same file, read by another card."""
        other = copy.copy(self)
        other.card = card
        return other

    def _described(self, labels: tuple[str, ...], layout: Layout | None) -> OnnxCard:
        metadata = self.metadata
        inputs = tuple(map(_tensor, self._session.get_inputs()))
        outputs = tuple(map(_tensor, self._session.get_outputs()))
        if metadata.get("format") != FORMAT and not tells_shapes(outputs):
            outputs = self._seen(inputs, outputs)
        return trial.chosen(describe(metadata, inputs, outputs, labels, layout), self._run)

    def _run(self, card: OnnxCard, feed: dict[str, NDArray[Any]]) -> list[NDArray[Any]]:
        with _failures():
            outputs: list[NDArray[Any]] = self._session.run(list(card.outputs), feed)
        return outputs

    @property
    def metadata(self) -> dict[str, str]:
        """The texts that the file tells of itself, by name."""
        return dict(self._session.get_modelmeta().custom_metadata_map)

    @property
    def is_constant(self) -> bool:
        """Tells if the model answers the same for empty paper and for a drawing."""
        return self.card.layout != "centres" and trial.is_constant(self.card, self._run)

    def _seen(self, inputs: tuple[Tensor, ...], outputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The outputs with the shapes that they have for an empty image."""
        blank = np.full((PROBE_PX, PROBE_PX), PAPER, dtype=np.uint8)
        with _failures():
            arrays = self._session.run(None, fitted(blank, image_input(inputs)).feed)
        return tuple(
            replace(output, shape=array.shape)
            for output, array in zip(outputs, arrays, strict=True)
        )

    def find(self, image: NDArray[np.uint8], floor: float = FLOOR) -> FoundBoxes:
        """Objects on an image (h x w grey or h x w x 3), the most confident first.

        Raises UnusableModel where the model cannot be run on it.
        """
        given = fitted(image, self.card.input)
        outputs = self._run(self.card, given.feed)
        return found(outputs, self.card, given, (image.shape[1], image.shape[0]), floor)


def decoded(image: bytes, mode: Literal["L", "RGB"] = "L") -> NDArray[np.uint8]:
    """The pixels of an encoded image: h x w of grey, or h x w x 3."""
    with Image.open(io.BytesIO(image)) as opened:
        return np.asarray(opened.convert(mode))


def session(file: Path | bytes, threads: int) -> Any:
    """Returns a session of onnxruntime. Raises UnusableModel where it refuses the file."""
    # Only functions and processes that detect have it installed.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    with _failures():
        return onnxruntime.InferenceSession(
            file if isinstance(file, bytes) else str(file),
            options,
            providers=["CPUExecutionProvider"],
        )


def _tensor(declared: Any) -> Tensor:
    """A symbolic side has a name, or none, in the place of a number."""
    shape = tuple(side if isinstance(side, int) and side > 0 else None for side in declared.shape)
    return Tensor(declared.name, declared.type, shape)


@contextmanager
def _failures() -> Iterator[None]:
    """Raises UnusableModel for whatever onnxruntime refuses; its classes have no common base."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    try:
        yield
    except (
        state.EngineError,
        state.EPFail,
        state.Fail,
        state.InvalidArgument,
        state.InvalidGraph,
        state.InvalidProtobuf,
        state.ModelRequiresCompilation,
        state.NoModel,
        state.NoSuchFile,
        state.NotFound,
        state.NotImplemented,
        state.RuntimeException,
        # As which C++ errors arrive that onnxruntime itself did not name.
        MemoryError,
        RuntimeError,
        ValueError,
    ) as error:
        raise UnusableModel(
            f"onnxruntime must load the model and run it on a tile; it said: {_first(error)}; "
            "export the model again, with static or dynamic height and width"
        ) from error


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
