"""Characters that OCR takes for one another."""

from __future__ import annotations

import unicodedata

_SHAPES = ("0OQD", "1IL|!", "2Z", "5S", "6G", "8B")
"""A digit first, then what is read in its place. Letters are never taken for other letters:
PL-101 and PI-101 are both good tags."""

LIKE: dict[str, str] = {
    char: "".join(other for other in group if other.isalnum() and other.isdigit() != char.isdigit())
    for group in _SHAPES
    for char in group
} | {"|": "1I", "!": "1I", " ": "_"}
"""What else a character that was read may have been, the likeliest first."""

_FOLDED = str.maketrans({other: group[0] for group in _SHAPES for other in group[1:]})
_DASHES = dict.fromkeys("‐‑‒–—―−﹣－", "-")  # noqa: RUF001
_QUOTES = {"《": "«", "》": "»"}


def folded(text: str) -> str:
    """Upper case, every confusable character replaced by its digit; for comparing readings."""
    return normalised(text).translate(_FOLDED)


def normalised(text: str) -> str:
    """Upper case, Unicode's dashes as "-", wide forms as plain; one character for each given."""
    return "".join(_plain(char) for char in text)


def _plain(char: str) -> str:
    if char in _DASHES:
        return "-"
    if char in _QUOTES:
        return _QUOTES[char]
    plain = unicodedata.normalize("NFKC", char).upper()
    return plain if len(plain) == 1 else char
