"""Accuracy of read text against the words that are really there.

Recall: a word (two or more letters or digits) is found when a detection lies over it, holds its
text, and is at most 1.5 times as large as the union of all words under it. Precision: the share of
a detection's tokens (two or more characters) that stand in the words under it. Case and punctuation
do not count in either. Symbols and outlined text that the truth does not have count as wrong, so
precision is a lower bound.

Character error rate: missing, wrong and added characters over those of the truth, of each line
against what was read over it; case and spaces do not count. A line over which nothing was read is
missing as a whole; what was read where no line is concerns precision alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from tilescout.detections import Word
from tilescout_evaluate.metrics.text_errors import character_errors
from tilescout_evaluate.metrics.text_pages import Seen, TextPage, is_oversized, over

REACH = 0.35
"""A token may come from a word this share of the line's height outside the box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Counts; ratios are 0 to 1, the character error rate from 0 without a bound."""

    words: int
    found: int
    tokens: int
    right: int
    oversized: int
    characters: int
    wrong_characters: int

    @property
    def recall(self) -> float:
        return self.found / self.words if self.words else 0.0

    @property
    def precision(self) -> float:
        return self.right / self.tokens if self.tokens else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def character_error_rate(self) -> float:
        return self.wrong_characters / max(1, self.characters)

    def shown(self) -> dict[str, float]:
        """For JSON."""
        ratios = ("recall", "precision", "f1", "character_error_rate")
        whole = {each.name: getattr(self, each.name) for each in fields(self)}
        return whole | {name: round(getattr(self, name), 4) for name in ratios}


def total(parts: Iterable[Accuracy]) -> Accuracy:
    every = list(parts)
    return Accuracy(
        **{each.name: sum(getattr(part, each.name) for part in every) for each in fields(Accuracy)}
    )


def plain(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def compare(page: TextPage) -> Accuracy:
    """All that was read of one page with all its words."""
    wanted = [
        word for word in page.words if len(plain(word.text)) >= 2 and page.is_within(word.box)
    ]
    found: set[int] = set()
    tokens = right = oversized = 0
    for detection in page.seen:
        under = over(detection.box, page.words)
        matched, is_oversized = _matched(detection, under)
        found |= {id(word) for word in matched}
        if page.is_within(detection.box):
            oversized += is_oversized
            said = _said(detection, page.words)
            tokens, right = tokens + len(said), right + sum(said)
    characters, wrong = character_errors(page)
    return Accuracy(
        words=len(wanted),
        found=sum(id(word) in found for word in wanted),
        tokens=tokens,
        right=right,
        oversized=oversized,
        characters=characters,
        wrong_characters=wrong,
    )


def _matched(detection: Seen, under: list[Word]) -> tuple[list[Word], bool]:
    if is_oversized(detection.box, under):
        return [], True
    text = plain(detection.text)
    return [w for w in under if len(plain(w.text)) >= 2 and plain(w.text) in text], False


def _said(detection: Seen, words: Sequence[Word]) -> list[bool]:
    """By token of the detection: whether it stands in the words under it."""
    near = over(detection.box.grow(0, REACH * detection.box.height), words)
    truth = plain("".join(word.text for word in near))
    tokens = filter(lambda token: len(token) >= 2, map(plain, detection.text.split()))
    return [token in truth for token in tokens]
