"""Tells letters from digits that look alike by the width of their ink.

In most fonts all digits are equally wide, an O is far wider and an I far narrower. On eight
drawings an O of such fonts has 1.35 to 1.56 times the width of the line's other digits and a 0 at
most 1.14; an I has at most .28 and a 1 at least .37. Nothing is changed in fonts whose O is as
narrow as a 0.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from tilescout_local.engines.ink_extent import Extent, inked
from tilescout_local.engines.recognition import Reading

PLAIN_DIGITS = set("23456789")
MIN_O_WIDTH = 1.3
"""The width of an O, in widths of a digit."""
MIN_O_RATIO = 0.85
"""The width of an O, in heights of the line."""
MAX_I_WIDTH = 0.3


def with_letters_by_width(reading: Reading, ink: Extent, shape: tuple[int, int]) -> Reading:
    """Returns the reading with an O for each 0 that is as wide as one, and an I for each 1 that is
    as narrow as one beside a letter.

    ``shape`` is the height and width of the line's box in pixels. Nothing is changed where the
    letters touch each other, or no digit from 2 to 9 tells how wide digits are.
    """
    letters = [letter for letter in reading.text if letter != " "]
    widths = [(right - left) * shape[1] for left, right in ink.letters]
    known = [
        width for letter, width in zip(letters, widths, strict=False) if letter in PLAIN_DIGITS
    ]
    if len(letters) != len(widths) or not known:
        return reading
    digit, height = median(known), (ink.bottom - ink.top) * shape[0]
    wide = [
        "O" if letter == "0" and _is_o(width, digit, height) else letter
        for letter, width in zip(letters, widths, strict=True)
    ]
    narrow = [width <= MAX_I_WIDTH * digit for width in widths]
    return replace(reading, text=_spaced(reading.text, _with_i(wide, narrow)))


def _is_o(width: float, digit: float, height: float) -> bool:
    return width >= MIN_O_WIDTH * digit and width >= MIN_O_RATIO * height


def _with_i(letters: Sequence[str], is_narrow: Sequence[bool]) -> list[str]:
    """Returns the letters, I for a narrow 1 before an O."""
    following = [*letters[1:], ""]
    return [
        "I" if letter == "1" and narrow and after == "O" else letter
        for letter, after, narrow in zip(letters, following, is_narrow, strict=True)
    ]


def _spaced(text: str, letters: Sequence[str]) -> str:
    """Returns ``letters`` with the spaces of ``text``."""
    remaining = iter(letters)
    return "".join(letter if letter == " " else next(remaining) for letter in text)


MIN_LETTER_HEIGHT = 0.6
"""The height of a letter's mark, in heights of its line; dots are lower."""
MIDDLE = 0.1
"""The recogniser sees a letter's middle to so much of its height."""
MIN_HEIGHT_PX = 8
MIN_SAMPLES, MIN_SURE_O = 5, 3
"""Letters of one kind from which an image tells how wide they are."""
MIN_APART = 0.07
"""The widths of O and of 0 must differ by so much of a digit's width, to be told apart by them."""
MAX_SPREAD = 0.05
"""The median deviation of the widths of letters of one kind, in widths of a digit."""
MIN_ONE_SHARE = 0.7
"""A 1 of a stroke font has a foot or a flag, and is nearly as wide as other digits."""
MAX_I_SHARE = 0.6
"""The width of an I, in widths of a 1."""
DOUBTFUL = set("O0Il|")
ENDS = ("", " ", "/")
ONE_O = re.compile(r"(?<![0-9A-Z])1/O(?=[0-9]|\b)")
SURE = 0.1
"""The share of the way from one width to the other that a letter must be away from the middle."""


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """A reading with the width of each letter but spaces, in px to a part of a pixel.

    A width is None where letters touch each other.
    """

    reading: Reading
    widths: tuple[float | None, ...] = ()

    @property
    def told(self) -> list[str]:
        return [letter for letter in self.reading.text if letter != " "]

    @property
    def letters(self) -> list[tuple[str, float]]:
        """The letters whose width is known, with it."""
        pairs = zip(self.told, self.widths, strict=True)
        return [(letter, width) for letter, width in pairs if width is not None]


def measured(reading: Reading, ink: Extent, crop: NDArray[np.uint8], around: int) -> MeasuredLine:
    """Returns the reading with the widths of its letters.

    ``crop`` (rows, columns, BGR) shows the line's box and ``around`` more pixels on each side. A
    letter is a mark of ink in which the recogniser saw one letter. Columns at its sides are grey,
    and count by how dark they are.
    """
    height, width = (side - 2 * around for side in crop.shape[:2])
    top, bottom = (round(around + at * height) for at in (ink.top, ink.bottom))
    if bottom - top < MIN_HEIGHT_PX:
        return MeasuredLine(reading, (None,) * len(reading.columns))
    rows = slice(max(0, top - 1), max(0, bottom) + 1)
    middles = [around + (at + 0.5) / reading.length * width for at in reading.columns]
    labels, stats = _marks(inked(crop)[rows])
    tall = np.flatnonzero(stats[1:, 3] >= MIN_LETTER_HEIGHT * (bottom - top)) + 1
    slack = MIDDLE * (bottom - top)
    own = _marks_of(middles, stats[tall, 0], stats[tall, 0] + stats[tall, 2], slack)
    dark = _darkness(crop)[rows]
    widths = (None if at is None else _width(dark, labels, int(tall[at])) for at in own)
    return MeasuredLine(reading, tuple(widths))


def _marks_of(
    middles: Sequence[float], left: NDArray[np.int32], right: NDArray[np.int32], slack: float
) -> list[int | None]:
    """Returns the mark at the middle of each letter, None where it is not the letter's alone."""
    apart = np.abs((left + right) / 2 - np.array(middles)[:, None])
    near = apart <= (right - left) / 2 + slack
    nearest = np.where(near, apart, np.inf).argmin(axis=1) if len(left) else np.zeros(0, int)
    found = [int(mark) if near[at, mark] else None for at, mark in enumerate(nearest)]
    times = Counter(found)
    return [mark if times[mark] == 1 else None for mark in found] or [None] * len(middles)


def _marks(ink: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _darkness(crop: NDArray[np.uint8]) -> NDArray[np.float64]:
    grey = crop.min(axis=2)
    paper = int(np.bincount(grey.ravel()).argmax())
    return np.asarray(np.abs(grey.astype(np.float64) - paper), np.float64)


def _width(dark: NDArray[np.float64], labels: NDArray[np.int32], mark: int) -> float:
    own = cv2.dilate((labels == mark).astype(np.uint8), np.ones((3, 3), np.uint8))
    columns = (dark * own).max(axis=0)
    full = float(np.percentile(columns[columns > 0], 75))
    return float(np.minimum(1.0, columns / full).sum())


class WidthsOfImage:
    """The widths of the letters of an image, in widths of a digit from 2 to 9.

    An O and a 0 of a stroke font differ by a tenth of their width, and a 1 and an I by half of it.
    Those whose neighbours leave no doubt tell how wide each is on this image, and the others are
    judged by that. Nothing is changed where the two are equally wide, or fonts are mixed.
    """

    def __init__(self, lines: Sequence[MeasuredLine]) -> None:
        self._share = _shares(lines)
        seen = [(line, unit) for line in lines if (unit := self._unit(line)) is not None]
        zeros = [share for line, unit in seen for share in _sure(line, unit, "0", str.isdigit)]
        ohs = [share for line, unit in seen for share in _sure(line, unit, "O", str.isalpha)]
        self._zero, self._oh = _typical(zeros, MIN_SAMPLES), _typical(ohs, MIN_SURE_O)

    def corrected(self, line: MeasuredLine) -> Reading:
        """Returns the reading of a line with the letters that their widths tell."""
        unit = self._unit(line)
        if unit is None:
            return line.reading
        told = list(line.reading.text)
        places = [at for at, letter in enumerate(told) if letter != " "]
        for judge in (self._one_or_i, self._zero_or_oh):
            for at, width in zip(places, line.widths, strict=True):
                if width is not None:
                    told[at] = judge(told, at, width / unit)
        return replace(line.reading, text=ONE_O.sub("I/O", "".join(told)))

    def _unit(self, line: MeasuredLine) -> float | None:
        """Returns the width of a digit in a line, by all letters whose share is known; None where
        they do not agree."""
        known = [w / self._share[letter] for letter, w in line.letters if letter in self._share]
        unit = median(known) if known else 0.0
        agrees = median(abs(each - unit) for each in known) <= MAX_SPREAD * unit if known else False
        return unit if agrees else None

    def _one_or_i(self, told: Sequence[str], at: int, share: float) -> str:
        """Returns the letter, an I for a 1 that is half as wide as others."""
        one = self._share.get("1", 0.0)
        is_narrow = one >= MIN_ONE_SHARE and share <= MAX_I_SHARE * one
        return "I" if told[at] == "1" and is_narrow else told[at]

    def _zero_or_oh(self, told: Sequence[str], at: int, share: float) -> str:
        """Returns the letter, O or 0 where its width tells and its neighbours leave it open."""
        if self._zero is None or self._oh is None or self._oh - self._zero < MIN_APART:
            return told[at]
        way = (share - self._zero) / (self._oh - self._zero) - 0.5
        if told[at] == "0" and way > SURE and _may_be_oh(told, at):
            return "O"
        return "0" if told[at] == "O" and way < -SURE and _may_be_zero(told, at) else told[at]


def _may_be_oh(told: Sequence[str], at: int) -> bool:
    """Tells if an O may stand for a 0: before a digit after an I alone, as C0603 is a size."""
    before, after = _beside(told, at)
    follows_i = before == "I" or "".join(told[max(0, at - 2) : at]) in ("I/", "1/")
    return follows_i if after.isdigit() else not before.isdigit()


def _may_be_zero(told: Sequence[str], at: int) -> bool:
    """Tells if a 0 may stand for an O: at the end of a word or beside a digit, but not in IO."""
    before, after = _beside(told, at)
    return before != "I" and (after.isdigit() or before.isdigit() or after in ENDS)


def _beside(told: Sequence[str], at: int) -> tuple[str, str]:
    return told[at - 1] if at else "", told[at + 1] if at + 1 < len(told) else ""


def _shares(lines: Sequence[MeasuredLine]) -> dict[str, float]:
    """Returns the width of each letter that is seen often beside digits, in widths of a digit."""
    seen = defaultdict(list)
    for line in lines:
        digits = [width for letter, width in line.letters if letter in PLAIN_DIGITS]
        if len(digits) >= 2:
            for letter, width in line.letters:
                seen[letter].append(width / median(digits))
    typical = {letter: _typical(shares, MIN_SAMPLES) for letter, shares in seen.items()}
    return {letter: share for letter, share in typical.items() if share and letter not in DOUBTFUL}


def _sure(
    line: MeasuredLine, unit: float, wanted: str, is_kind: Callable[[str], bool]
) -> Iterator[float]:
    """Yields the shares of the letters that stand between two of their own kind."""
    told = line.told
    for at, width in enumerate(line.widths[1:-1], start=1):
        is_sure = told[at] == wanted and is_kind(told[at - 1]) and is_kind(told[at + 1])
        if is_sure and width is not None:
            yield width / unit


def _typical(shares: Sequence[float], least: int) -> float | None:
    """Returns the median of at least so many shares that are alike."""
    if len(shares) < least:
        return None
    middle = median(shares)
    return middle if median(abs(share - middle) for share in shares) <= MAX_SPREAD else None
