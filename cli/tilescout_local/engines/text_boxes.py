"""Finds the boxes of lines of text in an image, with the detector of RapidOCR.

The detector sees letters best whose capitals are about 12 px high, so its image is scaled to the
height of the lettering, while crops come from the full-size image. It sees lines that run upwards
poorly, so parts of the image with upright rows of marks are turned, put side by side and looked at
once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr.ch_ppocr_det import TextDetector

from tilescout.geometry import Box, union
from tilescout.neighbours import overlapping_pairs, sides_of
from tilescout.rendering.lettering import CONTRAST, Marks, lettering

Image = NDArray[np.uint8]
Corners = NDArray[np.float32]
"""Four corners of a box, clockwise from its top left: 4 x 2."""

CAPITALS_PX = 12.0
MIN_SMALL_PX = 9.0
"""The tenth of the lettering that is smallest is not scaled below this height."""
MIN_SCALE = 0.7
TURNED_CAPITALS_PX = 16.0
MAX_TURNED_SCALE = 2.0
MARGIN_PX = 24
MIN_SIDE_PX = 64
SHEET_PX = 1024
MAX_TILT = 0.35
"""The part of a line's height by which a tilt may lift one of its ends by chance."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """Rows of marks that look like lettering, in px of the image."""

    flat: tuple[Box, ...]
    upright: tuple[Box, ...]

    def heights(self) -> list[float]:
        """Returns the height of each row, in px."""
        return [min(box.width, box.height) for box in (*self.flat, *self.upright)]

    def scale(self) -> float:
        """Returns the factor that brings the capitals to the height that the detector likes."""
        heights = [box.height for box in self.flat for _ in range(_letters(box.width, box.height))]
        heights += [
            box.width for box in self.upright for _ in range(_letters(box.height, box.width))
        ]
        if not heights:
            return 1.0
        typical, small = np.percentile(heights, (50, 10))
        return float(np.clip(max(CAPITALS_PX / typical, MIN_SMALL_PX / small), MIN_SCALE, 1.0))

    def turned_scale(self) -> float:
        """Returns the factor for parts that are turned: they are few, so they may be large."""
        heights = self.heights()
        wanted = TURNED_CAPITALS_PX / float(np.median(heights)) if heights else 1.0
        return float(np.clip(wanted, MIN_SCALE, MAX_TURNED_SCALE))


def _letters(length: float, height: float) -> int:
    return max(1, round(length / height))


@dataclass(frozen=True, slots=True)
class Ink:
    """The inked pixels of an image (rows, columns) as 1, and the lightness of its paper."""

    pixels: Image
    paper: int


def ink_of(image: Image) -> Ink:
    """Returns the ink of an image (rows, columns, BGR): what differs from its commonest
    lightness."""
    blue, green, red = cv2.split(image)
    grey = np.asarray(cv2.min(cv2.min(blue, green), red), np.uint8)
    paper = int(cv2.calcHist([grey], [0], None, [256], [0, 256]).argmax())
    ink = cv2.absdiff(grey, np.full_like(grey, paper)) > CONTRAST
    return Ink(ink.view(np.uint8), paper)


def marks_of(ink: Image) -> Marks:
    """Returns the connected marks (8 neighbours) of inked pixels."""
    left, top, width, height, px = cv2.connectedComponentsWithStats(ink)[2][1:].T.astype(np.float64)
    return Marks(np.stack((left, top, left + width, top + height), axis=1), px)


def lettering_of(ink: Ink) -> Lettering:
    """Returns the lettering that the ink of an image shows."""
    rows = lettering(marks_of(ink.pixels))
    return Lettering(
        tuple(box for box in rows if box.width >= box.height),
        tuple(box for box in rows if box.width < box.height),
    )


class TextBoxes:
    """Finds lines in images with one detector."""

    def __init__(self, detector: TextDetector) -> None:
        self._detector = detector
        # RapidOCR would enlarge an image of which one side is shorter than 736 px.
        detector.limit_side_len = MIN_SIDE_PX

    def flat(self, image: Image, scale: float) -> list[Corners]:
        """Returns the boxes (px of ``image``) that the detector sees at ``scale``."""
        return [corners / scale for corners in self._detected(_scaled(image, scale))]

    def turned(self, image: Image, parts: Sequence[Box], scale: float) -> list[Corners]:
        """Returns the boxes of lines that run upwards or downwards in ``parts`` of the image.

        Their corners begin where a line that runs upwards begins: at the image's bottom left.
        """
        bounds = Box(0, 0, image.shape[1], image.shape[0])
        wanted = [part.grow(MARGIN_PX, MARGIN_PX).clamp(bounds) for part in parts]
        patches = [_patch(image, box, scale) for box in _joined(wanted)]
        found = []
        for sheet in _sheets(patches):
            for corners in self._detected(sheet.pixels):
                patch = sheet.patch_at(corners.mean(axis=0))
                if patch is not None and not _is_tall(corners):
                    found.append(patch.on_image(corners))
        return found

    def _detected(self, image: Image) -> list[Corners]:
        boxes = self._detector(image).boxes
        return [] if boxes is None else [straight(box.astype(np.float32)) for box in boxes]


def straight(corners: Corners) -> Corners:
    """Returns the box without its tilt where that is a small part of the height: boxes of short
    words are tilted by chance, and a tilted box is larger than the letters."""
    left, top = corners.min(axis=0)
    right, bottom = corners.max(axis=0)
    across = float(np.linalg.norm(corners[1] - corners[0]))
    down = float(np.linalg.norm(corners[3] - corners[0]))
    if max(right - left - across, bottom - top - down) > MAX_TILT * min(across, down):
        return corners
    sides = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return np.array(sides, np.float32)


def _is_tall(corners: Corners) -> bool:
    across, down = np.ptp(corners, axis=0)
    return bool(down > across)


def _scaled(image: Image, scale: float) -> Image:
    if scale == 1:
        return image
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=how), np.uint8)


@dataclass(slots=True)
class _Patch:
    """A part of the image, turned by a quarter so that what runs upwards runs right."""

    box: Box
    scale: float
    pixels: Image
    left: int = 0
    top: int = 0

    def on_image(self, corners: Corners) -> Corners:
        x = (corners[:, 0] - self.left) / self.scale
        y = (corners[:, 1] - self.top) / self.scale
        return np.stack((self.box.left + y, self.box.bottom - x), axis=1).astype(np.float32)


def _patch(image: Image, box: Box, scale: float) -> _Patch:
    left, top, right, bottom = box.rounded()
    part = np.rot90(image[top:bottom, left:right], -1)
    whole = Box(float(left), float(top), float(right), float(bottom))
    return _Patch(whole, scale, _scaled(np.ascontiguousarray(part), scale))


def _joined(boxes: list[Box]) -> list[Box]:
    """Returns the boxes, those that overlap as one."""
    while len(pairs := overlapping_pairs(sides_of(boxes))):
        root = list(range(len(boxes)))
        for one, other in pairs.tolist():
            root[other] = min(root[one], root[other])
        groups: dict[int, list[Box]] = {}
        for at, box in enumerate(boxes):
            groups.setdefault(root[at], []).append(box)
        if len(groups) == len(boxes):
            break
        boxes = [union(group) for group in groups.values()]
    return boxes


@dataclass(slots=True)
class _Sheet:
    pixels: Image
    patches: list[_Patch]

    def patch_at(self, point: NDArray[np.float32]) -> _Patch | None:
        x, y = point
        return next(
            (
                patch
                for patch in self.patches
                if patch.left <= x < patch.left + patch.pixels.shape[1]
                and patch.top <= y < patch.top + patch.pixels.shape[0]
            ),
            None,
        )


def _sheets(patches: list[_Patch]) -> list[_Sheet]:
    """Returns the patches, put on white sheets in rows, the tallest first."""
    if not patches:
        return []
    width = max(SHEET_PX, *(patch.pixels.shape[1] for patch in patches))
    left = top = row = 0
    for patch in sorted(patches, key=lambda patch: -patch.pixels.shape[0]):
        height, own_width = patch.pixels.shape[:2]
        if left + own_width > width:
            left, top, row = 0, top + row, 0
        patch.left, patch.top = left, top
        left, row = left + own_width, max(row, height)
    pixels = np.full((top + row, width, 3), 255, np.uint8)
    for patch in patches:
        height, own_width = patch.pixels.shape[:2]
        pixels[patch.top : patch.top + height, patch.left : patch.left + own_width] = patch.pixels
    return [_Sheet(pixels, patches)]
