"""Evaluates read text against the true words.

Recall: a word (two or more letters or digits) is read when a detection lies over it, holds its
text, and is at most 1.5 times as large as the union of all words under it. Precision: the share of
a detection's tokens (two or more characters) that stand in the words under it. Case and punctuation
do not count in either. Symbols and outlined text that are absent from the truth count as wrong, so
precision is a lower bound.

Character error rate: missing, wrong and added characters over those of the truth, of each line
against what was read over it; case and spaces do not count. A line over which nothing was read is
missing as a whole; what was read where there is no line affects precision alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from tilescout.detections import Word
from tilescout_evaluate.metrics.text.errors import character_errors
from tilescout_evaluate.metrics.text.pages import TextDetection, TextPage, is_oversized, words_under

REACH = 0.35
"""A token may come from a word that lies this share of the line's height outside the box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Counts of words, tokens and characters; ratios are 0 to 1, but the error rate has no upper
    bound."""

    words: int
    found: int
    tokens: int
    matched_tokens: int
    oversized: int
    characters: int
    wrong_characters: int

    @property
    def recall(self) -> float:
        return self.found / self.words if self.words else 0.0

    @property
    def precision(self) -> float:
        return self.matched_tokens / self.tokens if self.tokens else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def character_error_rate(self) -> float:
        return self.wrong_characters / max(1, self.characters)

    def to_json(self) -> dict[str, float]:
        """Returns counts and ratios for JSON."""
        ratios = ("recall", "precision", "f1", "character_error_rate")
        whole = {field.name: getattr(self, field.name) for field in fields(self)}
        return whole | {name: round(getattr(self, name), 4) for name in ratios}


def total(parts: Iterable[Accuracy]) -> Accuracy:
    every = list(parts)
    return Accuracy(
        **{
            field.name: sum(getattr(part, field.name) for part in every)
            for field in fields(Accuracy)
        }
    )


def letters_and_digits(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def compare(page: TextPage) -> Accuracy:
    """Returns the accuracy of all that was read on one page."""
    wanted = [
        word
        for word in page.words
        if len(letters_and_digits(word.text)) >= 2 and page.is_within(word.box)
    ]
    found: set[int] = set()
    tokens = matched_tokens = oversized = 0
    for detection in page.detections:
        under = words_under(detection.box, page.words)
        matched, is_oversized = _matched(detection, under)
        found |= {id(word) for word in matched}
        if page.is_within(detection.box):
            oversized += is_oversized
            in_words = _tokens_in_words(detection, page.words)
            tokens, matched_tokens = tokens + len(in_words), matched_tokens + sum(in_words)
    characters, wrong = character_errors(page)
    return Accuracy(
        words=len(wanted),
        found=sum(id(word) in found for word in wanted),
        tokens=tokens,
        matched_tokens=matched_tokens,
        oversized=oversized,
        characters=characters,
        wrong_characters=wrong,
    )


def _matched(detection: TextDetection, under: list[Word]) -> tuple[list[Word], bool]:
    if is_oversized(detection.box, under):
        return [], True
    text = letters_and_digits(detection.text)
    return [
        w
        for w in under
        if len(letters_and_digits(w.text)) >= 2 and letters_and_digits(w.text) in text
    ], False


def _tokens_in_words(detection: TextDetection, words: Sequence[Word]) -> list[bool]:
    """Tells for each token of the detection whether it stands in the words under it."""
    near = words_under(detection.box.grow(0, REACH * detection.box.height), words)
    truth = letters_and_digits("".join(word.text for word in near))
    tokens = filter(lambda token: len(token) >= 2, map(letters_and_digits, detection.text.split()))
    return [token in truth for token in tokens]
