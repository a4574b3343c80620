"""Matches the pattern of a Find in a line of text: whole tokens, misreadings corrected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import regex

from tilescout.errors import PatternTooSlow
from tilescout.merging.text.confusions import CONFUSABLE, normalise
from tilescout.merging.text.snippet_credibility import MAX_PATTERN_SECONDS, is_credible
from tilescout.profiles import Find

MAX_CORRECTED_LENGTH = 80
"""Number of characters; a longer match is not corrected."""
MAX_CORRECTIONS = 4
MAX_READINGS = 400
"""Number of readings of one token that are tried before it is given up."""
_START = r"(?:(?<![\p{L}\p{N}])|(?![\p{L}\p{N}]))"
_END = r"(?:(?![\p{L}\p{N}])|(?<![\p{L}\p{N}]))"


@dataclass(frozen=True, slots=True)
class Match:
    """A span of the text, its corrected text, and how many characters were corrected."""

    start: int
    end: int
    normalised: str
    corrections: int = 0


def find_matches(find: Find, text: str) -> list[Match]:
    """Returns the places of ``text`` that the pattern means, in order, without overlap.

    An exact match is preferred to a corrected one, and that to an edited one.
    Raises PatternTooSlow, and regex.error for a pattern that is not a regular expression.
    """
    plain = normalise(text)
    try:
        every = [
            *_exact_matches(find, plain),
            *(_corrected_matches(find, plain) if find.correct != "none" else ()),
            *_edited_matches(find, plain),
        ]
    except TimeoutError as error:
        raise PatternTooSlow(
            f"find {find.label!r}: the pattern {find.pattern!r} took more than "
            f"{MAX_PATTERN_SECONDS:g} s over one line; take out nested repeats such as (a+)+"
        ) from error
    kept: list[Match] = []
    for match in every:
        if all(match.end <= other.start or match.start >= other.end for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda match: match.start)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str, edits: int = 0) -> regex.Pattern[str]:
    """Returns the pattern for whole tokens, case ignored; raises regex.error for a bad one."""
    body = f"(?:{pattern}){{e<={edits}}}" if edits else f"(?:{pattern})"
    flags = regex.IGNORECASE | (regex.BESTMATCH if edits else 0)
    return regex.compile(_START + body + _END, flags)


@lru_cache(maxsize=256)
def _bare(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.IGNORECASE)


def _exact_matches(find: Find, text: str) -> Iterator[Match]:
    for match in compile_pattern(find.pattern).finditer(text, timeout=MAX_PATTERN_SECONDS):
        if match.group().strip():
            yield Match(match.start(), match.end(), match.group())


def _corrected_matches(find: Find, text: str) -> Iterator[Match]:
    if not any(char in CONFUSABLE for char in text):
        return
    pattern, end = _bare(find.pattern), 0
    for start in range(len(text)):
        if start < end or not _starts_token(text, start):
            continue
        match = _match_corrected_at(pattern, text, start)
        if match:
            yield match
            end = match.end


def _starts_token(text: str, at: int) -> bool:
    return not text[at].isspace() and not (at > 0 and text[at - 1].isalnum() and text[at].isalnum())


def _ends_token(text: str, at: int) -> bool:
    return at == len(text) or not (text[at - 1].isalnum() and text[at].isalnum())


def _match_corrected_at(pattern: regex.Pattern[str], text: str, start: int) -> Match | None:
    """Returns the longest credible match from ``start`` on with the fewest corrections, or None.

    Readings grow character by character and are dropped once the pattern can no longer be met
    (``partial`` matching), so only what the pattern wants is ever substituted.
    """
    readings, tried = [""], 0
    for corrections in range(MAX_CORRECTIONS + 1):
        complete: list[str] = []
        swapped: list[str] = []
        for seed in readings:
            tried += _grow(
                pattern, text[start : start + MAX_CORRECTED_LENGTH], seed, complete, swapped
            )
        good = [
            reading
            for reading in complete
            if corrections
            and _ends_token(text, start + len(reading))
            and is_credible(pattern, text[start : start + len(reading)], reading)
        ]
        if good:
            best = max(good, key=len)
            return Match(start, start + len(best), best, corrections)
        readings = swapped
        if not readings or tried > MAX_READINGS:
            return None
    return None


def _grow(
    pattern: regex.Pattern[str], text: str, reading: str, complete: list[str], swapped: list[str]
) -> int:
    """Follows the text as read and returns how often the pattern was tried.

    Complete readings are added to ``found``, those that one swap keeps possible to ``swapped``.
    """
    tried = 0
    while match := pattern.fullmatch(reading, partial=True, timeout=MAX_PATTERN_SECONDS):
        at, tried = len(reading), tried + 1
        if reading and not match.partial:
            complete.append(reading)
        if at == len(text):
            break
        for like in CONFUSABLE.get(text[at], ""):
            tried += 1
            if pattern.fullmatch(reading + like, partial=True, timeout=MAX_PATTERN_SECONDS):
                swapped.append(reading + like)
        reading += text[at]
    return tried


def _edited_matches(find: Find, text: str) -> Iterator[Match]:
    """Yields matches with up to ``max_edits`` edits, at most one per four characters."""
    if not find.max_edits:
        return
    if find.correct != "none":
        text = _correct_numbers(text)
    pattern = compile_pattern(find.pattern, find.max_edits)
    for match in pattern.finditer(text, timeout=MAX_PATTERN_SECONDS):
        edits, bare = sum(match.fuzzy_counts), match.group().strip()
        if 4 * edits <= len(bare):
            start = match.start() + match.group().index(bare)
            yield Match(start, start + len(bare), bare, edits)


def _correct_numbers(text: str) -> str:
    """Makes digits of letters that look like digits and stand within a number.

    Edits are for errors that no table of confusions explains, so these are not counted as edits.
    """
    chars = list(text)
    for at in range(1, len(chars)):
        digits = [like for like in CONFUSABLE.get(chars[at], "") if like.isdigit()]
        following = text[at + 1 : at + 2]
        in_number = following.isdigit() or not following.isalnum() or following in CONFUSABLE
        if digits and chars[at - 1].isdigit() and in_number:
            chars[at] = digits[0]
    return "".join(chars)
