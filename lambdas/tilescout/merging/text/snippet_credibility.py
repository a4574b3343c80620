"""Decides if a corrected match is a misreading, or other text bent into shape."""

from __future__ import annotations

import string
from itertools import groupby

import regex

MAX_PATTERN_SECONDS = 1.0
"""A pattern that takes longer over one line has nested repeats and is given up.

``regex`` counts no steps, so this is time. No machine is near it: a pattern that works takes
microseconds over a line, and one with nested repeats takes hours.
"""
DIGIT_LIKE = frozenset("OIL|!")
"""Letters that tags avoid because they look like digits; other letters stand for themselves."""
OTHERS = {"digit": string.digits, "letter": string.ascii_uppercase, "": "3K -"}
MAX_ALTERNATIVES = 1
LONG_ENOUGH = 5
"""A match of at least this many letters and digits may have a letter for a digit: L2-2 is no
LZ-2."""


def is_credible(pattern: regex.Pattern[str], read: str, reading: str) -> bool:
    """Tells if ``read`` stands for ``reading``, a match of the pattern of the same length.

    Characters that the pattern spells out may be misread anywhere. Where it takes any digit or
    any letter,
    SOIL is not 5011, 10-1023 not IO-1023, SOD962 not SO0962: at most half of the characters are
    corrected, one of each run of digits or letters was read as such, and a character that
    belongs to its neighbour's run as read stays there.
    """
    swapped = {at for at, char in enumerate(read) if char != reading[at]}
    count = sum(char.isalnum() for char in reading)
    if len(swapped) > max(1, count // 2):
        return False
    if swapped and len(_runs(reading)) == 1 and len(swapped) > max(1, (count - 1) // 2):
        return False
    free = {at for at in swapped if not _is_spelt_out(pattern, reading, at)}
    runs = _runs(reading)
    if len(runs) == 1 and free == swapped and not _has_safe_ends(read, runs[0], free):
        return False
    return all(_stands_out(read, reading, at, count) for at in free) and all(
        _is_run_read(run, free, reading, count) for run in runs if free & set(run)
    )


def _has_safe_ends(read: str, run: list[int], free: set[int]) -> bool:
    """Tells if both ends may be corrected: B12 is a room and not 812, but no room is 12O."""
    return all(read[at] in DIGIT_LIKE for at in {run[0], run[-1]} & free)


def _stands_out(read: str, reading: str, at: int, count: int) -> bool:
    """Tells if the character as read is odd among its neighbours, or like a digit anyway.

    The last letter of a short tag names a part of its thing: U10B is not U108.
    """
    belongs = any(
        read[near] == reading[near] and _kind(read[near]) == _kind(read[at])
        for near in (at - 1, at + 1)
        if 0 <= near < len(read)
    )
    if reading[at].isdigit():
        is_suffix = count < LONG_ENOUGH and at == len(read) - 1
        return read[at] in DIGIT_LIKE or not (belongs or is_suffix)
    return reading[at].isalpha() and count >= LONG_ENOUGH and not belongs


def _is_run_read(run: list[int], free: set[int], reading: str, count: int) -> bool:
    if len(run) == 1:
        return reading[run[0]].isdigit() and count >= LONG_ENOUGH
    return not set(run) <= free


def _runs(reading: str) -> list[list[int]]:
    """Returns the positions of each maximal run of digits or of letters."""
    kinds = groupby(range(len(reading)), key=lambda at: _kind(reading[at]))
    return [list(run) for kind, run in kinds if kind]


def _kind(char: str) -> str:
    return "digit" if char.isdigit() else "letter" if char.isalpha() else ""


def _is_spelt_out(pattern: regex.Pattern[str], reading: str, at: int) -> bool:
    """Tells if the pattern wants this very character, or this or one other, of its kind.

    A class such as [A-D] takes any letter as much as [A-Z] does.
    """
    others = OTHERS[_kind(reading[at])]
    fitting = (
        pattern.fullmatch(reading[:at] + other + reading[at + 1 :], timeout=MAX_PATTERN_SECONDS)
        for other in others
        if other != reading[at]
    )
    return sum(map(bool, fitting)) <= MAX_ALTERNATIVES
