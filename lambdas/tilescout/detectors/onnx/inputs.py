"""An image as a model takes it: at its own size on paper, or scaled down where it is too large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tilescout.detectors.onnx.answers import PAPER, whitened
from tilescout.detectors.onnx.cards import ModelInput

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FittedImage:
    """``feed`` by the names of the inputs. The image is at the top left of ``canvas`` (width,
    height px), ``scale`` times as large as it was.
    """

    feed: dict[str, NDArray[Any]]
    scale: float
    canvas: tuple[int, int]


def fitted(image: Pixels, taken: ModelInput) -> FittedImage:
    """The image (h x w grey, or h x w x 3) as ``taken`` wants it.

    It is never enlarged: symbols are as large as at the dpi that the model was trained at. The rest
    of the canvas is paper.
    """
    height, width = image.shape[:2]
    canvas_width, canvas_height = canvas_of(width, height, taken)
    scale = min(1.0, canvas_height / height, canvas_width / width)
    image = whitened(image) if taken.paper_is_white else image
    image = _channels(_scaled(image, scale), taken.channels)
    below, right = canvas_height - image.shape[0], canvas_width - image.shape[1]
    padded = np.pad(image, ((0, below), (0, right), (0, 0)), constant_values=PAPER)
    values = _values(padded.transpose(2, 0, 1)[None], taken)
    feed: dict[str, NDArray[Any]] = {taken.name: np.repeat(values, taken.batch, axis=0)}
    if taken.sizes:
        size = np.array([[canvas_width, canvas_height]], dtype=np.int64)
        feed[taken.sizes] = np.repeat(size, taken.batch, axis=0)
    if taken.mask:
        mask = np.zeros((taken.batch, canvas_height, canvas_width), dtype=np.int64)
        mask[:, : image.shape[0], : image.shape[1]] = 1
        feed[taken.mask] = mask
    return FittedImage(feed, scale, (canvas_width, canvas_height))


def canvas_of(width: int, height: int, taken: ModelInput) -> tuple[int, int]:
    """Returns width and height, px, of what a model looks at for an image of this size."""
    steps_across, steps_down = (-(-side // taken.step) for side in (width, height))
    return taken.width or steps_across * taken.step, taken.height or steps_down * taken.step


def _scaled(image: Pixels, scale: float) -> Pixels:
    if scale == 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    # The box filter keeps thin lines of a drawing grey, where sampling would lose some.
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))


def _channels(image: Pixels, channels: int) -> Pixels:
    """Returns h x w x ``channels``; grey is repeated, colours become grey."""
    if image.ndim == 2:
        return np.repeat(image[:, :, None], channels, axis=2)
    if channels == 3:
        return image
    return np.asarray(Image.fromarray(image).convert("L"))[:, :, None]


def _values(pixels: Pixels, taken: ModelInput) -> NDArray[Any]:
    if taken.type == "uint8":
        return np.ascontiguousarray(pixels)
    values = pixels.astype(np.float32) * np.float32(taken.largest / 255)
    if taken.is_bgr:
        values = values[:, ::-1]
    if taken.mean:
        mean, deviation = (
            np.asarray(each, dtype=np.float32)[None, : taken.channels, None, None]
            for each in (taken.mean, taken.deviation)
        )
        values = (values - mean) / deviation
    return np.ascontiguousarray(values, dtype=taken.type)
