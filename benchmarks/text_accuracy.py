"""Accuracy of OCR text against a PDF's own visible text.

Recall: a word of the text layer (two or more letters or digits) is found when a detection lies
over it, holds its text, and is at most 1.5 times as large as the union of all words under it.
Precision: the share of a detection's tokens (two or more characters) that stand in the text layer
under it. Case and punctuation do not count. Symbols and outlined text that are not in the layer
count as wrong, so precision is a lower bound.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tilescout.detections import Word
from tilescout.geometry import Box, union

LARGEST_RATIO = 1.5
REACH = 0.35
"""A token may come from a word this share of the line's height outside the box."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One detection: its text and its box in page pixels."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Counts; ratios are 0 to 1."""

    words: int
    found: int
    tokens: int
    right: int
    oversized: int

    @property
    def recall(self) -> float:
        return self.found / self.words if self.words else 0.0

    @property
    def precision(self) -> float:
        return self.right / self.tokens if self.tokens else 0.0


def plain(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def _over(box: Box, words: Sequence[Word]) -> list[Word]:
    return [
        word
        for word in words
        if box.left <= word.box.centre[0] < box.right and box.top <= word.box.centre[1] < box.bottom
    ]


def compare(words: Sequence[Word], seen: Sequence[Seen]) -> Accuracy:
    """Compare all that was seen of one page with all its words."""
    wanted = [word for word in words if len(plain(word.text)) >= 2]
    found: set[int] = set()
    tokens = right = oversized = 0
    for detection in seen:
        text = plain(detection.text)
        under = _over(detection.box, words)
        matched = [
            word for word in under if len(plain(word.text)) >= 2 and plain(word.text) in text
        ]
        if under and detection.box.area > LARGEST_RATIO * union(w.box for w in under).area:
            oversized += 1
            matched = []
        found |= {id(word) for word in matched}
        near = _over(detection.box.grow(0, REACH * detection.box.height), words)
        truth = plain("".join(word.text for word in near))
        for token in filter(lambda token: len(token) >= 2, map(plain, detection.text.split())):
            tokens += 1
            right += token in truth
    return Accuracy(
        words=len(wanted),
        found=sum(id(word) in found for word in wanted),
        tokens=tokens,
        right=right,
        oversized=oversized,
    )
