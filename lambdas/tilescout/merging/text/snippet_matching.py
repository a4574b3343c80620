"""A Find's pattern in a line of text: whole tokens, misread characters corrected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import regex

from tilescout.errors import PatternTooSlow
from tilescout.merging.text.confusions import LIKE, normalised
from tilescout.merging.text.snippet_credibility import SECONDS, is_credible
from tilescout.profiles import Find

LONGEST = 80
"""Characters; nothing longer is corrected."""
MOST_CORRECTIONS = 4
MOST_READINGS = 400
"""Readings of one token tried before giving it up."""
_START = r"(?:(?<![\p{L}\p{N}])|(?![\p{L}\p{N}]))"
_END = r"(?:(?![\p{L}\p{N}])|(?<![\p{L}\p{N}]))"


@dataclass(frozen=True, slots=True)
class Match:
    """A span of the text, what it should read, and how many characters were not read so."""

    start: int
    end: int
    normalised: str
    corrections: int = 0


def matches(find: Find, text: str) -> list[Match]:
    """The places of ``text`` that the pattern means, in order, without overlap.

    As read before corrected before edited. Raises PatternTooSlow, and regex.error for a pattern
    that is not a regular expression.
    """
    plain = normalised(text)
    try:
        every = [*_as_read(find, plain), *_corrected(find, plain), *_edited(find, plain)]
    except TimeoutError as error:
        raise PatternTooSlow(
            f"find {find.label!r}: the pattern {find.pattern!r} took more than {SECONDS:g} s over "
            f"one line; take out nested repeats such as (a+)+"
        ) from error
    kept: list[Match] = []
    for match in every:
        if all(match.end <= other.start or match.start >= other.end for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda match: match.start)


@lru_cache(maxsize=256)
def compiled(pattern: str, edits: int = 0) -> regex.Pattern[str]:
    """The pattern, case ignored, for whole tokens; raises regex.error for a bad one."""
    body = f"(?:{pattern}){{e<={edits}}}" if edits else f"(?:{pattern})"
    flags = regex.IGNORECASE | (regex.BESTMATCH if edits else 0)
    return regex.compile(_START + body + _END, flags)


@lru_cache(maxsize=256)
def _bare(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.IGNORECASE)


def _as_read(find: Find, text: str) -> Iterator[Match]:
    for found in compiled(find.pattern).finditer(text, timeout=SECONDS):
        if found.group().strip():
            yield Match(found.start(), found.end(), found.group())


def _corrected(find: Find, text: str) -> Iterator[Match]:
    if not any(char in LIKE for char in text):
        return
    pattern, end = _bare(find.pattern), 0
    for start in range(len(text)):
        if start < end or not _starts_token(text, start):
            continue
        match = _corrected_at(pattern, text, start)
        if match:
            yield match
            end = match.end


def _starts_token(text: str, at: int) -> bool:
    return not text[at].isspace() and not (at > 0 and text[at - 1].isalnum() and text[at].isalnum())


def _ends_token(text: str, at: int) -> bool:
    return at == len(text) or not (text[at - 1].isalnum() and text[at].isalnum())


def _corrected_at(pattern: regex.Pattern[str], text: str, start: int) -> Match | None:
    """The longest match from ``start`` on with the fewest corrections, if it can be believed.

    Readings grow character by character and are dropped once the pattern can no longer be met
    (``partial`` matching), so only what the pattern wants is ever substituted.
    """
    readings, tried = [""], 0
    for corrections in range(MOST_CORRECTIONS + 1):
        found: list[str] = []
        swapped: list[str] = []
        for seed in readings:
            tried += _grow(pattern, text[start : start + LONGEST], seed, found, swapped)
        good = [
            reading
            for reading in found
            if corrections
            and _ends_token(text, start + len(reading))
            and is_credible(pattern, text[start : start + len(reading)], reading)
        ]
        if good:
            best = max(good, key=len)
            return Match(start, start + len(best), best, corrections)
        readings = swapped
        if not readings or tried > MOST_READINGS:
            return None
    return None


def _grow(
    pattern: regex.Pattern[str], text: str, reading: str, found: list[str], swapped: list[str]
) -> int:
    """Follows the text as read; notes complete readings, and where one swap keeps hope alive.

    Returns how often the pattern was tried.
    """
    tried = 0
    while match := pattern.fullmatch(reading, partial=True, timeout=SECONDS):
        at, tried = len(reading), tried + 1
        if reading and not match.partial:
            found.append(reading)
        if at == len(text):
            break
        for like in LIKE.get(text[at], ""):
            tried += 1
            if pattern.fullmatch(reading + like, partial=True, timeout=SECONDS):
                swapped.append(reading + like)
        reading += text[at]
    return tried


def _edited(find: Find, text: str) -> Iterator[Match]:
    """Matches with up to ``max_edits`` further edits, one for every four characters at most."""
    if not find.max_edits:
        return
    text = _numbers_corrected(text)
    pattern = compiled(find.pattern, find.max_edits)
    for found in pattern.finditer(text, timeout=SECONDS):
        edits, bare = sum(found.fuzzy_counts), found.group().strip()
        if 4 * edits <= len(bare):
            start = found.start() + found.group().index(bare)
            yield Match(start, start + len(bare), bare, edits)


def _numbers_corrected(text: str) -> str:
    """Letters that look like digits made digits where a digit precedes and none but such follow.

    An edit is for what no table of confusions explains, so those are not counted as edits.
    """
    chars = list(text)
    for at in range(1, len(chars)):
        digits = [like for like in LIKE.get(chars[at], "") if like.isdigit()]
        following = text[at + 1 : at + 2]
        in_number = following.isdigit() or not following.isalnum() or following in LIKE
        if digits and chars[at - 1].isdigit() and in_number:
            chars[at] = digits[0]
    return "".join(chars)
