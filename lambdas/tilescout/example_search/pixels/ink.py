"""The ink of a scanned page and the direction of its strokes, per pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
Picture = npt.NDArray[np.float32]
"""Rows x columns, or channels x rows x columns."""

PAPER_PX = 64
"""Side of the squares whose own lightness of paper is measured."""
PAPER_PERCENTILE = 70
MIN_PAPER_SHARE = 0.6
"""A square darker than this share of the page's paper is ink all over."""
NOISE_LEVELS = 3.0
LEAST_INK, FULL_INK = 0.03, 0.32
MIN_ENERGY = 1e-4


def directed_ink(grey: Pixels, ratio: float) -> Picture:
    """Returns three channels of a grey picture (0 to 255) resized by ``ratio``.

    The first is ink from 0 to 1. The others are the cosine and sine of twice the angle of the
    stroke there, weighted by the ink and by how much of one direction it is (structure tensor;
    Bigün and Granlund, 1987).
    """
    ink = blurred(darkness(grey, ratio))
    shown = _without_noise(ink)
    cosine, sine = _double_angle(ink)
    return np.stack([shown, shown * cosine, shown * sine])


def darkness(grey: Pixels, ratio: float) -> Picture:
    """Returns how much darker than its paper each pixel is, from 0 to 1."""
    height, width = grey.shape
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    paper = np.maximum(resized(_paper(grey), size), 30)
    share: Picture = np.clip(1 - resized(grey.astype(np.float32), size) / paper, 0, 1)
    return share


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    """Returns the picture at ``size`` (width, height); pixels are averaged where it shrinks."""
    if size == picture.shape[::-1]:
        return picture
    way = Image.Resampling.BOX if size[0] < picture.shape[1] else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(picture).resize(size, way))


def _paper(grey: Pixels) -> Picture:
    rows, columns = (-(-side // PAPER_PX) for side in grey.shape)
    beyond = (rows * PAPER_PX - grey.shape[0], columns * PAPER_PX - grey.shape[1])
    padded = np.pad(grey, ((0, beyond[0]), (0, beyond[1])), mode="edge")
    squares = padded.reshape(rows, PAPER_PX, columns, PAPER_PX)[:, ::4, :, ::4]
    values = squares.transpose(0, 2, 1, 3).reshape(rows, columns, -1)
    paper = np.percentile(values, PAPER_PERCENTILE, axis=2).astype(np.float32)
    lightest: Picture = np.maximum(paper, MIN_PAPER_SHARE * np.float32(np.median(paper)))
    return lightest


def _without_noise(ink: Picture) -> Picture:
    few = ink[::7, ::7]
    noise = 1.48 * float(np.median(np.abs(few - np.median(few))))
    least = max(LEAST_INK, NOISE_LEVELS * noise)
    shown: Picture = np.clip((ink - least) / (FULL_INK - least), 0, 1).astype(np.float32)
    return shown


def _double_angle(ink: Picture) -> tuple[Picture, Picture]:
    across, down = np.zeros_like(ink), np.zeros_like(ink)
    across[:, 1:-1] = ink[:, 2:] - ink[:, :-2]
    down[1:-1] = ink[2:] - ink[:-2]
    xx, yy, xy = (_twice_blurred(each) for each in (across**2, down**2, across * down))
    energy = np.maximum(xx + yy, MIN_ENERGY)
    return (yy - xx) / energy, -2 * xy / energy


def _twice_blurred(picture: Picture) -> Picture:
    return blurred(blurred(picture))


def blurred(picture: Picture) -> Picture:
    """Returns the picture under the 3 x 3 binomial filter; borders repeat."""
    return _blurred_rows(_blurred_rows(picture).swapaxes(-1, -2)).swapaxes(-1, -2)


def _blurred_rows(picture: Picture) -> Picture:
    out: Any = picture * np.float32(0.5)
    out[..., 1:, :] += picture[..., :-1, :] * np.float32(0.25)
    out[..., :-1, :] += picture[..., 1:, :] * np.float32(0.25)
    out[..., :1, :] += picture[..., :1, :] * np.float32(0.25)
    out[..., -1:, :] += picture[..., -1:, :] * np.float32(0.25)
    blurred_rows: Picture = out
    return blurred_rows


def halved(channels: Picture) -> Picture:
    """Returns the mean of each 2 x 2 pixels; an odd last row or column is dropped."""
    count, height, width = channels.shape
    even = channels[:, : height // 2 * 2, : width // 2 * 2]
    half: Picture = even.reshape(count, height // 2, 2, width // 2, 2).mean((2, 4))
    return half


def sampled(channels: Picture, places: npt.NDArray[Any]) -> Picture:
    """Returns the channels at x, y (last axis of ``places``), between pixels by proportion."""
    count, height, width = channels.shape
    x = np.clip(places[..., 0], 0, width - 1.001).astype(np.float32)
    y = np.clip(places[..., 1], 0, height - 1.001).astype(np.float32)
    column, row = x.astype(np.int32), y.astype(np.int32)
    right, down = x - column, y - row
    at = row * width + column
    flat = channels.reshape(count, -1)
    upper = flat[:, at] * (1 - right) + flat[:, at + 1] * right
    lower = flat[:, at + width] * (1 - right) + flat[:, at + width + 1] * right
    between: Picture = upper * (1 - down) + lower * down
    return between
