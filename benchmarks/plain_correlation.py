"""Plain normalised cross-correlation (Lewis, 1995) as a search by example, to compare with.

The example's pixels are correlated with the page's in four quarter turns, mirrored or not, at five
sizes; each peak is a find with the correlation as its score. Nothing is learned of other copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tilescout.example_search import Example, Finding, PageFindings, ScannedPage, best_of
from tilescout.geometry import Box

Grey = NDArray[np.uint8]
SCALES = (0.85, 0.92, 1.0, 1.08, 1.17)
MIN_CORRELATION = 0.3
MAX_PEAKS = 400


@dataclass(frozen=True, slots=True)
class Template:
    """The pixels of an example."""

    label: str
    grey: Grey


def learn(page: ScannedPage, example: Example) -> Template:
    """Returns what the example's box shows."""
    left, top, right, bottom = (
        max(0, round(side / page.pixel))
        for side in (example.box.left, example.box.top, example.box.right, example.box.bottom)
    )
    return Template(example.label, np.ascontiguousarray(page.grey[top:bottom, left:right]))


def find(page: ScannedPage, template: Template) -> PageFindings:
    """Returns the peaks of all turns, mirrors and sizes, the best per place."""
    peaks = [each for ink in _placed(template.grey) for each in _peaks(page, template.label, ink)]
    best = sorted(peaks, key=lambda each: -each.score)[:MAX_PEAKS]
    return PageFindings(findings=tuple(best_of(best)))


def _placed(grey: Grey) -> Iterator[Grey]:
    for shown in (grey, np.fliplr(grey)):
        for turn in range(4):
            for scale in SCALES:
                turned = np.ascontiguousarray(np.rot90(shown, turn))
                sized = cv2.resize(turned, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                yield np.asarray(sized, np.uint8)


def _peaks(page: ScannedPage, label: str, ink: Grey) -> Iterator[Finding]:
    found = cv2.matchTemplate(page.grey, ink, cv2.TM_CCOEFF_NORMED)
    highest = cv2.dilate(found, np.ones((5, 5), np.uint8))
    rows, columns = np.nonzero((found >= MIN_CORRELATION) & (found == highest) & (found <= 1))
    high, wide = ink.shape
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        box = Box(column, row, column + wide, row + high).scale(page.pixel)
        score = float(found[row, column])
        yield Finding(label=label, box=box, score=score, turn=0, mirrored=False, scale=1.0)
