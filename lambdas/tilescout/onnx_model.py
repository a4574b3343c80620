"""A model file in onnxruntime: images in, boxes out. Needs no torch."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilescout.onnx_answers import (
    FLOOR,
    FoundBoxes,
    ModelCard,
    found_boxes,
    model_card,
    model_input,
)


class OnnxModel:
    """A session of its own; ``threads`` are those of one image."""

    def __init__(self, file: Path | bytes, *, threads: int = 1) -> None:
        """Raises UnusableModel where the file's metadata tell another format."""
        # Only functions and processes that detect have it installed.
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            file if isinstance(file, bytes) else str(file),
            options,
            providers=["CPUExecutionProvider"],
        )
        self.card: ModelCard = model_card(self._session.get_modelmeta().custom_metadata_map)

    def find(self, grey: NDArray[np.uint8], floor: float = FLOOR) -> FoundBoxes:
        """Objects on a grey image (h x w), boxes in its pixels, the most confident first."""
        scores, sides = self.maps(grey)
        return found_boxes(scores, sides, self.card, (grey.shape[1], grey.shape[0]), floor)

    def maps(self, grey: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores (labels x h x w) and sides (4 x h x w) of one image."""
        image = model_input(grey, self.card.step)
        scores, sides = self._session.run(["scores", "sides"], {"image": image})
        return scores[0], sides[0]


def decoded(image: bytes) -> NDArray[np.uint8]:
    """The grey pixels (h x w) of an encoded image."""
    with Image.open(io.BytesIO(image)) as opened:
        return np.asarray(opened.convert("L"))
