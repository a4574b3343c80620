"""Characters that OCR takes for one another."""

from __future__ import annotations

import unicodedata

_SHAPES = ("0OQD", "1IL|!", "2Z", "5S", "6G", "8B")
"""A digit first, then what is read in its place. Letters are never taken for other letters:
PL-101 and PI-101 are both good tags."""

CONFUSABLE: dict[str, str] = {
    char: "".join(other for other in group if other.isalnum() and other.isdigit() != char.isdigit())
    for group in _SHAPES
    for char in group
} | {"|": "1I", "!": "1I", " ": "_"}
"""The characters that one which was read may have been, the likeliest first."""

_FOLDED = str.maketrans({other: group[0] for group in _SHAPES for other in group[1:]})
DASHES = frozenset("\u2212\u2043\u02d7\u2500\u2796\u30fc\uff70")
"""Characters that stand for a dash besides Unicode's dashes: minus signs, a line, vowel marks."""
_QUOTES = {"《": "«", "》": "»"}


def fold_confusable(text: str) -> str:
    """Returns the text in upper case with confusable characters as digits, to compare readings."""
    return normalise(text).translate(_FOLDED)


def normalise(text: str) -> str:
    """Returns the text in upper case, dashes as "-", wide forms as plain; its length stays."""
    return "".join(_plain(char) for char in text)


def _plain(char: str) -> str:
    if char in DASHES or unicodedata.category(char) == "Pd":
        return "-"
    if char in _QUOTES:
        return _QUOTES[char]
    plain = unicodedata.normalize("NFKC", char).upper()
    return plain if len(plain) == 1 else char
